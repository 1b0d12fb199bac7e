#include "exporter/http/rate_limit.h"

#include <algorithm>

namespace exporter {

bool RateLimiter::allow(Time now) {
  if (interval_.count() <= 0) return true;
  const std::lock_guard lock(mutex_);
  if (last_ == Time{}) last_ = now;
  const std::chrono::duration<double, std::nano> passed = now - last_;
  tokens_ =
      std::min(burst_, tokens_ + passed / std::chrono::duration<double, std::nano>(interval_));
  last_ = std::max(last_, now);
  if (tokens_ < 1) return false;
  --tokens_;
  return true;
}

}  // namespace exporter
