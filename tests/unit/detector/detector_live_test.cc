#include <catch2/catch.hpp>
#include <cmath>

#include "exporter/detector/live.h"

using namespace exporter;

namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

TimePoint minute(int n) { return TimePoint{kMinute * n}; }

}  // namespace

TEST_CASE("the window is the steps right before a time, gaps included") {
  RecentRows recent;
  CHECK(recent.window(minute(1), kMinute, 1).rows() == 0);
  for (const int i : {0, 1, 4}) {
    recent.push(minute(i), std::vector<double>{static_cast<double>(i)}, true);
  }
  CHECK(recent.newest() == minute(4));
  const forest::Matrix window = recent.window(minute(6), kMinute, 1);
  REQUIRE(window.rows() == 6);
  CHECK(window(0, 0) == 0);
  CHECK(window(1, 0) == 1);
  CHECK(std::isnan(window(2, 0)));
  CHECK(window(4, 0) == 4);
  CHECK(std::isnan(window(5, 0)));
  const forest::Matrix earlier = recent.window(minute(4), kMinute, 1);
  REQUIRE(earlier.rows() == 4);
  CHECK(std::isnan(earlier(3, 0)));
}

TEST_CASE("recent rows are kept up to a number, and a window is at most a context long") {
  RecentRows recent;
  const int count = static_cast<int>(RecentRows::kKept) + 30;
  for (int i = 0; i < count; ++i) {
    recent.push(minute(i), std::vector<double>{static_cast<double>(i)}, true);
  }
  CHECK(recent.times().size() == RecentRows::kKept);
  const forest::Matrix window = recent.window(minute(count), kMinute, 1);
  REQUIRE(window.rows() == static_cast<Eigen::Index>(kContextWindow));
  CHECK(window(window.rows() - 1, 0) == count - 1);
  CHECK(recent.window(minute(count + 10'000), kMinute, 1).rows() == 0);
}

TEST_CASE("rows of an anomaly are gaps of the usual window alone") {
  RecentRows recent;
  for (int i = 0; i < 10; ++i) {
    recent.push(minute(i), std::vector<double>{static_cast<double>(i)}, i != 4);
  }
  CHECK(recent.has_anomaly(minute(10), kMinute));
  CHECK_FALSE(recent.has_anomaly(minute(4), kMinute));
  CHECK(recent.window(minute(10), kMinute, 1)(4, 0) == 4);
  const forest::Matrix usual = recent.usual_window(minute(10), kMinute, 1);
  REQUIRE(usual.rows() == 10);
  CHECK(std::isnan(usual(4, 0)));
  CHECK(usual(5, 0) == 5);
}
