#include "exporter/http/worker_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace exporter {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue, Work work, int niceness)
    : size_(threads), queue_limit_(queue), work_(std::move(work)), niceness_(niceness) {
  threads_.reserve(size_);
  for (std::size_t i = 0; i < size_; ++i) threads_.emplace_back([this] { run(); });
}

bool WorkerPool::submit(std::unique_ptr<ServerConnection>& connection) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || busy_ + queue_.size() >= size_ + queue_limit_) return false;
    queue_.push_back(std::move(connection));
  }
  ready_.notify_one();
  return true;
}

bool WorkerPool::relaxed() const {
  const std::lock_guard lock(mutex_);
  return !stopping_ && queue_.empty() && busy_ * 2 <= size_;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  ready_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::run() {
  if (niceness_ != 0) {
    // Linux has a niceness for each thread. Where it may not be changed the pool runs as it is.
    const auto self = static_cast<id_t>(gettid());
    (void)setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + niceness_);
  }
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    auto connection = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    lock.unlock();
    work_(std::move(connection));
    lock.lock();
    --busy_;
  }
}

}  // namespace exporter
