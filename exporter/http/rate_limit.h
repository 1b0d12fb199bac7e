// RateLimiter: a token bucket over all requests, as `rate_limit` of the web config file asks for.
#pragma once

#include <chrono>
#include <mutex>

namespace exporter {

/// Starts full and gains one token per interval, up to `burst`. Safe from any thread.
class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// @param interval  one token's time; 0 or less: no limit
  /// @param burst     tokens the bucket holds; 0 or less refuses everything
  RateLimiter(std::chrono::nanoseconds interval, long long burst)
      : interval_(interval), burst_(static_cast<double>(burst)), tokens_(burst_) {}

  /// Takes a token; false when there is none. `now` never goes back.
  bool allow(Time now);

 private:
  const std::chrono::nanoseconds interval_;
  const double burst_;
  std::mutex mutex_;
  double tokens_;
  Time last_{};
};

}  // namespace exporter
