#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "exporter/features/season.h"
#include "exporter/promql/series.h"

using namespace exporter;

namespace {

constexpr Duration kDay = std::chrono::hours(24);
constexpr Duration kWeek = 7 * kDay;
const std::vector<Duration> kPeriods{kDay, kWeek};

TimeGrid grid(int days) {
  return {TimePoint{std::chrono::hours(24 * 20000)}, std::chrono::minutes(5),
          static_cast<std::size_t>(days) * 288};
}

LocalPoint utc(TimePoint at) { return Calendar().season_time(at); }

SeasonProfile fit(const TimeGrid& grid, const std::vector<double>& values) {
  std::vector<LocalPoint> times;
  for (std::size_t t = 0; t < grid.size; ++t) times.push_back(utc(grid.at(t)));
  return fit_season({.times = times, .step = grid.step, .values = values}, kPeriods);
}

// A small deterministic jitter, so that spreads are not zero.
double jitter(std::size_t t) { return 0.05 * std::sin(static_cast<double>(t) * 12.9898); }

std::vector<double> values(const TimeGrid& g, double (*course)(double day)) {
  std::vector<double> made(g.size);
  for (std::size_t t = 0; t < g.size; ++t)
    made[t] = course(static_cast<double>(t) / 288.0) + jitter(t);
  return made;
}

double daily(double day) { return 10 + 5 * std::sin(2 * std::numbers::pi * day); }

}  // namespace

TEST_CASE("a daily course is learned, and the expectation follows it") {
  const TimeGrid g = grid(8);
  const SeasonProfile season = fit(g, values(g, daily));
  REQUIRE(season.period == kDay);
  CHECK(season.bins.size() == 96);
  CHECK(season.expected(utc(g.start + std::chrono::hours(6))) == Approx(15).margin(0.1));
  CHECK(season.expected(utc(g.start + 30 * kDay + std::chrono::hours(18))) ==
        Approx(5).margin(0.1));
  CHECK(season.usual_deviation(utc(g.start)) < 0.2);
}

TEST_CASE("a weekly course is learned where the days differ") {
  const TimeGrid g = grid(28);
  const auto v = values(g, [](double day) { return std::fmod(day, 7.0) < 2 ? 1.0 : daily(day); });
  CHECK(fit(g, v).period == kWeek);
}

TEST_CASE("a feature without a season gets none: noise is not mistaken for one") {
  const TimeGrid g = grid(8);
  std::vector<double> noise(g.size);
  for (std::size_t t = 0; t < g.size; ++t)
    noise[t] = std::fmod(std::sin(static_cast<double>(t) * 78.233) * 43758.5453, 1.0);
  const SeasonProfile season = fit(g, noise);
  CHECK(season.period == Duration{0});
  CHECK(season.expected(utc(g.at(3))) == season.level);
}

TEST_CASE("a season needs its period in each half of the history") {
  const TimeGrid g = grid(1);
  CHECK(fit(g, values(g, daily)).period == Duration{0});
}

TEST_CASE("gaps do not bend the expectation") {
  const TimeGrid g = grid(8);
  auto v = values(g, daily);
  for (std::size_t t = 0; t < g.size; t += 3) v[t] = std::numeric_limits<double>::quiet_NaN();
  CHECK(fit(g, v).expected(utc(g.start + std::chrono::hours(6))) == Approx(15).margin(0.1));
}

TEST_CASE("constant and empty histories have a usable profile") {
  const TimeGrid g = grid(4);
  const SeasonProfile constant = fit(g, std::vector<double>(g.size, 3.0));
  CHECK(constant.expected(utc(g.at(0))) == 3);
  CHECK(constant.usual_deviation(utc(g.at(0))) > 0);
  const std::vector<double> nothing(g.size, std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(fit(g, nothing).level));
}

TEST_CASE("the deviation is learned per time of day, floored at half of the usual one") {
  const TimeGrid g = grid(20);
  std::vector<double> v(g.size);
  for (std::size_t t = 0; t < g.size; ++t) {
    const double day = static_cast<double>(t) / 288.0;
    const double noisy = std::fmod(day, 1.0) < 0.5 ? 20.0 : 0.0;
    v[t] = daily(day) * 10 + (1 + noisy) * jitter(t * t);
  }
  const SeasonProfile season = fit(g, v);
  REQUIRE(season.period == kDay);
  const double calm = season.usual_deviation(utc(g.start + std::chrono::hours(18)));
  const double loud = season.usual_deviation(utc(g.start + std::chrono::hours(6)));
  CHECK(loud > 1.5 * calm);
  CHECK(calm >= 0.5 * season.spread);
}

TEST_CASE("a feature that only switches between two values never deviates, not by a rounding") {
  const TimeGrid g = grid(8);
  std::vector<double> v(g.size);
  for (std::size_t t = 0; t < g.size; ++t) v[t] = t % 288 < 144 ? 0.1 : 0.3;
  const SeasonProfile season = fit(g, v);
  REQUIRE(season.period == kDay);
  for (const int hour : {3, 6, 15, 21}) {
    const TimePoint at = g.start + std::chrono::hours(hour);
    CHECK(season.expected(utc(at)) == (hour < 12 ? 0.1 : 0.3));
  }
}

TEST_CASE("median ignores what is not finite") {
  std::vector<double> v{std::numeric_limits<double>::quiet_NaN(), 3, 1,
                        std::numeric_limits<double>::infinity(),  2, 4};
  CHECK(median_in_place(v) == 2.5);
  std::vector<double> none{std::numeric_limits<double>::quiet_NaN()};
  CHECK(std::isnan(median_in_place(none)));
}
