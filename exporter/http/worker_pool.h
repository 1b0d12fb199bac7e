// WorkerPool: a fixed number of threads and a bounded queue of connections with a complete request.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "exporter/http/connection.h"

namespace exporter {

/// Runs one function on connections. Safe from any thread.
class WorkerPool {
 public:
  using Work = std::function<void(std::unique_ptr<ServerConnection>)>;

  /// @param queue     connections that may wait while every thread is busy
  /// @param niceness  added to the threads' niceness: who computes long gives way to who does not
  WorkerPool(std::size_t threads, std::size_t queue, Work work, int niceness = 0);
  ~WorkerPool() { stop(); }

  /// Takes the connection and returns true, or leaves it and returns false: every thread is busy,
  /// the queue is full.
  bool submit(std::unique_ptr<ServerConnection>& connection);
  /// Whether a worker may wait a moment for its client's next request: half of the threads must be
  /// free for others.
  bool relaxed() const;
  /// Ends the threads after their current connection; waiting ones are closed.
  void stop();

 private:
  void run();

  const std::size_t size_, queue_limit_;
  const Work work_;
  const int niceness_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::unique_ptr<ServerConnection>> queue_;
  std::size_t busy_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace exporter
