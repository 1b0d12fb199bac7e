#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "exporter/model/entity_training.h"

using namespace exporter;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

DetectorSpec spec() {
  DetectorSpec made;
  made.name = "test";
  made.by = {"instance"};
  made.interval = std::chrono::minutes(5);
  made.features = {{"a", "a", MissingPolicy::gap}, {"b", "b", MissingPolicy::gap}};
  return made;
}

TimeGrid days(int count) {
  return {TimePoint{std::chrono::hours(24 * 20000)}, std::chrono::minutes(5),
          static_cast<std::size_t>(count) * 288};
}

// Two features with a daily season and noise.
forest::Matrix history(const TimeGrid& grid) {
  forest::Matrix raw(static_cast<Eigen::Index>(grid.size), 2);
  for (Eigen::Index i = 0; i < raw.rows(); ++i) {
    const double t = static_cast<double>(i);
    const double season = 5 * std::sin(2 * std::numbers::pi * t / 288);
    raw.row(i) << 10 + season + 0.3 * std::sin(t * 12.9898), 40 + 3 * season + std::cos(t * 78.233);
  }
  return raw;
}

double score(const EntityModel& model, const TimeGrid& grid, const forest::Matrix& raw,
             Eigen::Index row, std::vector<double> values) {
  const auto window = static_cast<Eigen::Index>(kContextWindow);
  return score_row(model, grid.at(static_cast<std::size_t>(row)),
                   raw.middleRows(row - window, window), values)
      ->score;
}

}  // namespace

TEST_CASE("a usual row scores below the threshold, a displaced feature above it") {
  const TimeGrid grid = days(6);
  const forest::Matrix raw = history(grid);
  const auto model = train_entity(spec(), grid, raw);
  REQUIRE(model);
  CHECK(model->ready);
  const double limit = threshold_of(*model, spec());
  CHECK(score(*model, grid, raw, 1000, {raw(1000, 0), raw(1000, 1)}) < limit);
  CHECK(score(*model, grid, raw, 1000, {raw(1000, 0), raw(1000, 1) + 40}) > limit);
}

TEST_CASE("traffic that varies tenfold and drops to nothing is over the threshold") {
  const TimeGrid grid = days(6);
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  double walk = 0;
  for (const double sign : {1.0, -1.0}) {
    forest::Matrix raw = history(grid);
    for (Eigen::Index i = 0; i < raw.rows(); ++i) {
      walk = 0.95 * walk + 0.2 * normal(random);
      raw(i, 0) = sign * 200 * std::exp(walk);
    }
    const auto model = train_entity(spec(), grid, raw);
    const double limit = threshold_of(*model, spec());
    CHECK(score(*model, grid, raw, 1000, {0, raw(1000, 1)}) > limit);
    CHECK(score(*model, grid, raw, 1000, {sign * 100, raw(1000, 1)}) < limit);
  }
  // One that has been 0 before may be so again.
  forest::Matrix raw = history(grid);
  for (Eigen::Index i = 0; i < raw.rows(); ++i) raw(i, 0) = i % 7 < 2 ? 0 : 50 + normal(random);
  const auto model = train_entity(spec(), grid, raw);
  CHECK(score(*model, grid, raw, 1000, {0, raw(1000, 1)}) < threshold_of(*model, spec()));
}

TEST_CASE("a value usual at another time of day is anomalous at this one") {
  const TimeGrid grid = days(6);
  const forest::Matrix raw = history(grid);
  const auto model = train_entity(spec(), grid, raw);
  REQUIRE(model);
  // Row 1080 is 18:00, the lowest hour; 15 and 55 are what 06:00 has.
  CHECK(score(*model, grid, raw, 1080, {15, 55}) > threshold_of(*model, spec()));
}

TEST_CASE("the score grows with the distance, far beyond the training range too") {
  const TimeGrid grid = days(6);
  const forest::Matrix raw = history(grid);
  const auto model = train_entity(spec(), grid, raw);
  const double near = score(*model, grid, raw, 1000, {raw(1000, 0) + 20, raw(1000, 1)});
  const double far = score(*model, grid, raw, 1000, {raw(1000, 0) + 2000, raw(1000, 1)});
  CHECK(far > near);
  CHECK(far <= 1);
}

TEST_CASE("a partial row is scored on what it has") {
  const TimeGrid grid = days(6);
  const forest::Matrix raw = history(grid);
  const auto model = train_entity(spec(), grid, raw);
  const forest::Matrix no_window(0, 2);
  const auto half = score_row(*model, grid.last(), no_window, std::vector<double>{10, kNaN});
  REQUIRE(half);
  CHECK(half->coverage == 0.5);
  CHECK(half->score > 0);
  CHECK_FALSE(score_row(*model, grid.last(), no_window, std::vector<double>{kNaN, kNaN}));
}

TEST_CASE("sensitivity moves the threshold from the usual score towards 1") {
  auto model = train_entity(spec(), days(1), history(days(1)));
  REQUIRE(model);
  model->usual_score = 0.6;
  DetectorSpec chosen = spec();
  chosen.sensitivity = 0;
  CHECK(threshold_of(*model, chosen) == 0.6);
  chosen.sensitivity = 0.5;
  CHECK(threshold_of(*model, chosen) == Approx(0.8));
}

TEST_CASE("an alert budget chooses the sensitivity: the lowest that would have kept to it") {
  auto model = train_entity(spec(), days(6), history(days(6)));
  REQUIRE(model);
  model->usual_score = 0.6;
  model->alert_rates.per_day.fill(0);
  for (std::size_t i = 0; i < AlertRates::kSteps / 2; ++i) model->alert_rates.per_day[i] = 1;
  DetectorSpec chosen = spec();
  chosen.alert_budget = 2;
  CHECK(threshold_of(*model, chosen) == 0.6);
  chosen.alert_budget = 0.1;
  CHECK(threshold_of(*model, chosen) == Approx(0.8));
}

TEST_CASE("an entity warms until its rows span the shortest season") {
  CHECK(train_entity(spec(), days(1), history(days(1)))->ready);
  const TimeGrid grid{days(1).start, std::chrono::minutes(5), 280};
  const auto model = train_entity(spec(), grid, history(grid));
  REQUIRE(model);
  CHECK_FALSE(model->ready);
  CHECK(std::isfinite(model->usual_score));
}

TEST_CASE("too few rows give no model; rows without any value do not count") {
  const TimeGrid grid{days(1).start, std::chrono::minutes(5), 100};
  forest::Matrix raw = history(grid);
  raw.bottomRows(70).setConstant(kNaN);
  CHECK_FALSE(train_entity(spec(), grid, raw));
  raw = history(grid);
  raw.bottomRows(60).setConstant(kNaN);
  const auto model = train_entity(spec(), grid, raw);
  REQUIRE(model);
  CHECK(model->rows == 40);
  CHECK(model->last == grid.at(39));
}

TEST_CASE("about one row in a hundred of unseen usual days is above the usual score") {
  const TimeGrid grid = days(8);
  const forest::Matrix raw = history(days(10));
  const auto model = train_entity(spec(), grid, raw.topRows(static_cast<Eigen::Index>(grid.size)));
  REQUIRE(model);
  const TimeGrid all = days(10);
  const forest::Matrix rows = context_rows(model->context, all, raw);
  std::size_t above = 0;
  const Eigen::Index first = static_cast<Eigen::Index>(grid.size);
  for (Eigen::Index t = first; t < rows.rows(); ++t) {
    above += score(*model, all, raw, t, {raw(t, 0), raw(t, 1)}) > model->usual_score ? 1 : 0;
  }
  const double share = static_cast<double>(above) / static_cast<double>(rows.rows() - first);
  CHECK(share < 0.05);
}
