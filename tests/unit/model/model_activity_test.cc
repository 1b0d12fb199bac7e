#include <catch2/catch.hpp>

#include "exporter/model/activity.h"

using namespace exporter;

namespace {

constexpr ActivityRule kRule{.novelty = std::chrono::hours(24), .hysteresis = 3};

TimePoint minute(int n) {
  return TimePoint{std::chrono::hours(24 * 20000) + std::chrono::minutes(n)};
}

}  // namespace

TEST_CASE("an entity becomes active when it is detected and nothing like it was seen lately") {
  Activity activity;
  CHECK_FALSE(activity.update(kRule, minute(0), 0.5, false));
  CHECK(activity.update(kRule, minute(1), 0.8, true));
  CHECK(activity.active);
}

TEST_CASE("an alert starts once and ends after hysteresis cycles without detection") {
  Activity activity;
  CHECK(activity.update(kRule, minute(0), 0.8, true));
  CHECK_FALSE(activity.update(kRule, minute(1), 0.9, true));
  activity.update(kRule, minute(2), 0.5, false);
  activity.update(kRule, minute(3), 0.5, false);
  CHECK(activity.active);
  activity.update(kRule, minute(4), 0.8, true);
  activity.update(kRule, minute(5), 0.5, false);
  activity.update(kRule, minute(6), 0.5, false);
  CHECK(activity.active);
  activity.update(kRule, minute(7), 0.5, false);
  CHECK_FALSE(activity.active);
}

TEST_CASE("a detection that is no higher than a recent non-active score is no news") {
  Activity activity;
  activity.update(kRule, minute(0), 0.85, false);
  CHECK_FALSE(activity.update(kRule, minute(600), 0.8, true));
  CHECK_FALSE(activity.active);
  CHECK(activity.update(kRule, minute(601), 0.86, true));
}

TEST_CASE("what happened one novelty ago to the minute counts") {
  Activity activity;
  for (const int start : {0, 17, 59}) {
    activity = {};
    activity.update(kRule, minute(start), 0.85, false);
    CHECK_FALSE(activity.update(kRule, minute(start + 24 * 60), 0.85, true));
  }
}

TEST_CASE("an excess is the way from the usual score to 1") {
  CHECK(excess_of(0.5, 0.5) == 0);
  CHECK(excess_of(0.75, 0.5) == 0.5);
  CHECK(excess_of(0.25, 0.5) == -0.5);
  CHECK(excess_of(1, 1) == 0);
}

TEST_CASE("scores older than novelty are forgotten") {
  Activity activity;
  activity.update(kRule, minute(0), 0.85, false);
  CHECK(activity.update(kRule, minute(26 * 60), 0.8, true));
  CHECK_FALSE(Activity{}.update(kRule, minute(0), 0.85, false));
}

TEST_CASE("a long pause forgets everything at once") {
  Activity activity;
  activity.update(kRule, minute(0), 0.99, false);
  CHECK(activity.update(kRule, minute(100 * 24 * 60), 0.7, true));
}

TEST_CASE("what follows an alert that ended is news only when it is worse") {
  Activity activity;
  const ActivityRule rule{.novelty = std::chrono::hours(24), .hysteresis = 1};
  CHECK(activity.update(rule, minute(0), 0.95, true));
  activity.update(rule, minute(1), 0.5, false);
  CHECK_FALSE(activity.update(rule, minute(2), 0.9, true));
  CHECK(activity.update(rule, minute(3), 0.96, true));
  activity.update(rule, minute(4), 0.5, false);
  CHECK(activity.update(rule, minute(26 * 60), 0.7, true));
}

TEST_CASE("forgetting the scores keeps the alert") {
  Activity activity;
  activity.update(kRule, minute(0), 0.95, false);
  activity.update(kRule, minute(1), 0.97, true);
  activity.forget_scores();
  CHECK(activity.active);
  activity.update({.novelty = std::chrono::minutes(5), .hysteresis = 1}, minute(2), 0.1, false);
  CHECK(
      activity.update({.novelty = std::chrono::minutes(5), .hysteresis = 1}, minute(3), 0.6, true));
}
