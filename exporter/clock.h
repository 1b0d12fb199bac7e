// Clock: the one seam towards time; tests pass a fake.
#pragma once

#include <chrono>
#include <stop_token>

namespace exporter {

/// A point in Unix time with the resolution of Prometheus, one millisecond.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;
using SteadyPoint = std::chrono::steady_clock::time_point;

/// Returns Unix seconds, fractions kept.
inline double to_seconds(TimePoint at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}
/// Returns seconds, fractions kept.
template <typename Rep, typename Period>
double to_seconds(std::chrono::duration<Rep, Period> length) {
  return std::chrono::duration<double>(length).count();
}

/// Tells the time and sleeps. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual SteadyPoint steady_now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
  SteadyPoint steady_now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace exporter
