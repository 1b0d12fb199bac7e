#include "exporter/detector/scheduler.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "exporter/hash.h"
#include "exporter/log.h"

namespace exporter {
namespace {

TimePoint floor_to_grid(TimePoint at, Duration interval, Duration offset) {
  return TimePoint{(at - offset).time_since_epoch() / interval * interval + offset};
}

// What only our own code can break must not end the daemon.
template <typename Action>
void guarded(const char* what, const Detector& detector, Action action) {
  try {
    action();
  } catch (const std::exception& failure) {
    log::error("Internal error",
               {{"during", what}, {"detector", detector.spec().name}, {"err", failure.what()}});
  }
}

}  // namespace

Duration deadline_offset(const DetectorSpec& spec) {
  const auto third =
      static_cast<std::uint64_t>(std::max<Duration::rep>(1, spec.interval.count() / 3));
  return Duration{static_cast<Duration::rep>(Fnv1a().add(spec.name).value() % third)};
}

Scheduler::Scheduler(std::size_t workers, const Clock& clock) : clock_(clock) {
  for (std::size_t i = 0; i < workers; ++i) {
    threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }
  threads_.emplace_back([this](std::stop_token stop) { train(stop); });
}

Scheduler::~Scheduler() { stop(); }

void Scheduler::stop() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Scheduler::set(std::vector<std::shared_ptr<Detector>> detectors) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& detector : detectors) {
      if (std::ranges::find(detectors_, detector) != detectors_.end()) continue;
      const auto& spec = detector->spec();
      cycles_.push({.deadline = clock_.steady_now(),
                    .slot = floor_to_grid(clock_.now(), spec.interval, deadline_offset(spec)),
                    .missed = 0,
                    .detector = detector});
    }
    detectors_ = std::move(detectors);
    check_training_ = true;
  }
  cycle_due_.notify_all();
  training_due_.notify_all();
}

Scheduler::Due Scheduler::next_after(const Due& served) const {
  const auto& spec = served.detector->spec();
  const TimePoint now = clock_.now();
  // Also right when the wall clock was set back: the grid continues from the new now.
  const TimePoint slot = floor_to_grid(now, spec.interval, deadline_offset(spec)) + spec.interval;
  const auto passed = (slot - served.slot) / spec.interval - 1;
  return {.deadline = clock_.steady_now() + (slot - now),
          .slot = slot,
          .missed = static_cast<std::size_t>(std::max<Duration::rep>(0, passed)),
          .detector = served.detector};
}

void Scheduler::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (cycles_.empty()) {
      cycle_due_.wait(lock, stop, [&] { return !cycles_.empty(); });
      continue;
    }
    const SteadyPoint deadline = cycles_.top().deadline;
    if (deadline > clock_.steady_now()) {
      // Wakes early when another worker took this cycle or a sooner one came.
      cycle_due_.wait_until(lock, stop, deadline,
                            [&] { return cycles_.empty() || cycles_.top().deadline < deadline; });
      continue;
    }
    Due due = cycles_.top();
    cycles_.pop();
    if (std::ranges::find(detectors_, due.detector) == detectors_.end()) continue;
    lock.unlock();
    guarded("cycle", *due.detector, [&] { due.detector->cycle(due.missed, stop); });
    lock.lock();
    cycles_.push(next_after(due));
    check_training_ = true;
    cycle_due_.notify_one();
    training_due_.notify_one();
  }
}

void Scheduler::train(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    training_due_.wait(lock, stop, [&] { return check_training_; });
    check_training_ = false;
    for (const auto& detector : std::vector(detectors_)) {
      // A reload may have taken it out meanwhile; its successor keeps its own model file.
      if (std::ranges::find(detectors_, detector) == detectors_.end()) continue;
      lock.unlock();
      if (!stop.stop_requested()) {
        guarded("training", *detector, [&] { detector->train(stop); });
      }
      lock.lock();
    }
  }
}

}  // namespace exporter
