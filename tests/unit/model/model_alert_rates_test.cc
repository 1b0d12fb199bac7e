#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "exporter/model/alert_rates.h"

using namespace exporter;

namespace {

constexpr ActivityRule kRule{.novelty = std::chrono::hours(24), .hysteresis = 3};

struct History {
  std::vector<TimePoint> times;
  std::vector<double> scores;

  // Scores of quiet days, and one peak a day of 0.7, 0.71, ...
  explicit History(int days) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> quiet(0.3, 0.5);
    for (int minute = 0; minute < days * 24 * 60; ++minute) {
      const int day = minute / (24 * 60);
      times.push_back(TimePoint{std::chrono::minutes(minute)});
      scores.push_back(minute % (24 * 60) == 700 ? 0.7 + 0.01 * day : quiet(random));
    }
  }
};

}  // namespace

TEST_CASE("the rate is that of the alerts that the threshold would have let through") {
  const History history(20);
  const AlertRates rates = alert_rates(history.times, history.scores, 0.5, kRule);
  CHECK(rates.per_day[10] == Approx(1).epsilon(0.01));  // over 0.58: every peak
  CHECK(rates.per_day[60] == 0);                        // over 0.97
  CHECK(std::is_sorted(rates.per_day.rbegin(), rates.per_day.rend()));
}

TEST_CASE("a budget gets the lowest sensitivity that keeps to it") {
  const History history(20);
  const AlertRates rates = alert_rates(history.times, history.scores, 0.5, kRule);
  const double loose = rates.sensitivity_for(2), tight = rates.sensitivity_for(0.2);
  CHECK(loose == 0);
  CHECK(tight > loose);
  // A threshold that 4 of the 20 peaks exceed.
  CHECK(0.5 + tight * 0.5 == Approx(0.85).margin(0.02));
  CHECK(rates.sensitivity_for(0) > tight);
}

TEST_CASE("scores that are missing are passed over, and no history has no alerts") {
  History history(5);
  for (std::size_t i = 0; i < history.scores.size(); i += 2) {
    history.scores[i] = std::numeric_limits<double>::quiet_NaN();
  }
  const AlertRates rates = alert_rates(history.times, history.scores, 0.5, kRule);
  CHECK(std::isfinite(rates.per_day[0]));
  CHECK(alert_rates({}, {}, 0.5, kRule).per_day[0] == 0);
}
