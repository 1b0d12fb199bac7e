#include <catch2/catch.hpp>

#include "exporter/http/rate_limit.h"

using exporter::RateLimiter;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

const RateLimiter::Time kStart{std::chrono::hours(1)};

}  // namespace

TEST_CASE("a bucket gives its burst at once and then one token per interval", "[http]") {
  RateLimiter limiter(milliseconds(100), 3);
  for (int i = 0; i < 3; ++i) CHECK(limiter.allow(kStart));
  CHECK_FALSE(limiter.allow(kStart));
  CHECK_FALSE(limiter.allow(kStart + milliseconds(99)));
  CHECK(limiter.allow(kStart + milliseconds(100)));
  CHECK_FALSE(limiter.allow(kStart + milliseconds(150)));
  CHECK(limiter.allow(kStart + milliseconds(200)));
}

TEST_CASE("a long rest fills the bucket to its burst and no further", "[http]") {
  RateLimiter limiter(milliseconds(1), 2);
  CHECK(limiter.allow(kStart));
  const auto later = kStart + std::chrono::hours(5);
  CHECK(limiter.allow(later));
  CHECK(limiter.allow(later));
  CHECK_FALSE(limiter.allow(later));
}

TEST_CASE("a burst of 0 refuses everything, an interval of 0 nothing", "[http]") {
  RateLimiter closed(milliseconds(1), 0);
  CHECK_FALSE(closed.allow(kStart));
  CHECK_FALSE(closed.allow(kStart + std::chrono::hours(1)));
  RateLimiter open(nanoseconds(0), 0);
  for (int i = 0; i < 10; ++i) CHECK(open.allow(kStart));
  RateLimiter negative(nanoseconds(-5), 0);
  CHECK(negative.allow(kStart));
}

TEST_CASE("time that goes back gives no tokens", "[http]") {
  RateLimiter limiter(milliseconds(100), 1);
  CHECK(limiter.allow(kStart));
  CHECK_FALSE(limiter.allow(kStart - std::chrono::seconds(50)));
  CHECK_FALSE(limiter.allow(kStart + milliseconds(50)));
}
