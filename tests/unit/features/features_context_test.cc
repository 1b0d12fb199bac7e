#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "exporter/features/context.h"

using namespace exporter;

namespace {

const TimeGrid kGrid{TimePoint{std::chrono::hours(24 * 20000)}, std::chrono::minutes(1), 600};

forest::Matrix history() {
  forest::Matrix raw(static_cast<Eigen::Index>(kGrid.size), 2);
  for (Eigen::Index i = 0; i < raw.rows(); ++i) {
    raw.row(i) << 10 + std::sin(static_cast<double>(i) * 12.9898),
        100 + std::cos(static_cast<double>(i) * 78.233);
  }
  return raw;
}

std::size_t column_of(const ContextModel& model, const ContextColumn& wanted) {
  const auto found = std::ranges::find(model.columns, wanted);
  REQUIRE(found != model.columns.end());
  return static_cast<std::size_t>(found - model.columns.begin());
}

std::vector<double> filled(const ContextModel& model, const forest::Matrix& window,
                           const std::vector<double>& raw, TimePoint at = kGrid.last()) {
  std::vector<double> row(model.columns.size());
  model.fill(at, window, raw, row);
  return row;
}

}  // namespace

TEST_CASE("a context row holds value, change, rolling means and deviations of each feature") {
  const ContextModel model = fit_context(kGrid, history(), {});
  REQUIRE(model.columns.size() == 2 * (2 + 2 * kScales.size()));
  const double level = model.season[0].level, unit = model.season[0].spread;
  forest::Matrix window(6, 2);
  window << 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0;
  const auto row = filled(model, window, {16, 0});
  const auto at = [&](ContextKind kind, std::uint8_t scale = 0) {
    return row[column_of(model, {0, kind, scale})];
  };
  CHECK(at(ContextKind::value) == Approx((16 - level) / unit));
  CHECK(at(ContextKind::change) == Approx(10 / unit));
  CHECK(at(ContextKind::mean, 0) == Approx((9 - level) / unit));  // of 5, 6, 16
  CHECK(at(ContextKind::deviation, 0) == Approx(std::sqrt(74.0 / 3) / unit));
  CHECK(at(ContextKind::mean, 3) == Approx((37.0 / 7 - level) / unit));
}

TEST_CASE("without a past the columns that need it are missing") {
  const ContextModel model = fit_context(kGrid, history(), {});
  const auto row = filled(model, forest::Matrix(0, 2), {11, 102});
  CHECK(std::isfinite(row[column_of(model, {0, ContextKind::value})]));
  CHECK(std::isnan(row[column_of(model, {0, ContextKind::change})]));
  CHECK(std::isnan(row[column_of(model, {0, ContextKind::deviation, 3})]));
}

TEST_CASE("rows built from history equal rows built live, bit for bit") {
  forest::Matrix raw = history();
  raw(40, 0) = raw(140, 1) = raw(141, 1) = std::numeric_limits<double>::quiet_NaN();
  const ContextModel model = fit_context(kGrid, raw, {});
  const forest::Matrix rows = context_rows(model, kGrid, raw);
  for (const Eigen::Index at : {0, 1, 2, 41, 100, 142, 190, 191, 192, 300, 599}) {
    const auto past = std::min<Eigen::Index>(at, static_cast<Eigen::Index>(kContextWindow));
    const auto row = filled(model, raw.middleRows(at - past, past), {raw(at, 0), raw(at, 1)},
                            kGrid.at(static_cast<std::size_t>(at)));
    for (std::size_t c = 0; c < row.size(); ++c) {
      const double from_history = rows(at, static_cast<Eigen::Index>(c));
      CHECK((row[c] == from_history || (std::isnan(row[c]) && std::isnan(from_history))));
    }
  }
}

TEST_CASE("a wide entity has no relation") {
  forest::Matrix raw(static_cast<Eigen::Index>(kGrid.size), kWideFeatures);
  for (Eigen::Index f = 0; f < raw.cols(); ++f) raw.col(f) = history().col(f % 2);
  CHECK(fit_context(kGrid, raw, {}).relation.size() == 0);
  // b follows a: a relation.
  forest::Matrix few = history();
  few.col(1) = 2 * few.col(0) + 0.1 * few.col(1);
  CHECK(fit_context(kGrid, few, {}).relation.size() > 0);
}

TEST_CASE("a feature that never had a value takes no part") {
  forest::Matrix raw = history();
  raw.col(1).setConstant(std::numeric_limits<double>::quiet_NaN());
  const ContextModel model = fit_context(kGrid, raw, {});
  for (const ContextColumn& column : model.columns) CHECK(column.feature == 0);
}

namespace {

// Busy from 8 to 18 by the clock on the wall, and not on days off.
double office(LocalPoint at, bool day_off) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto hour = std::chrono::floor<std::chrono::hours>(at - day).count();
  return !day_off && hour >= 8 && hour < 18 ? 100 : 10;
}

double jitter(std::size_t t) { return 0.5 * std::sin(static_cast<double>(t) * 12.9898); }

bool is_weekend(const Calendar& calendar, TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(calendar.season_time(at));
  return std::chrono::weekday(day).iso_encoding() > 5;
}

}  // namespace

TEST_CASE("a season follows the clocks of its zone when they change") {
  const auto berlin = std::make_shared<const Calendar>(*Calendar::make("Europe/Berlin", {}));
  // Two weeks up to and one after 2026-03-29, when 02:00 becomes 03:00.
  const TimePoint change = TimePoint{Day{std::chrono::year{2026} / 3 / 29}};
  const TimeGrid grid{change - std::chrono::hours(24 * 14), std::chrono::minutes(15), 21 * 96};
  const auto local = [&](TimePoint at) { return berlin->season_time(at); };
  forest::Matrix raw(static_cast<Eigen::Index>(grid.size), 1);
  for (std::size_t t = 0; t < grid.size; ++t) {
    raw(static_cast<Eigen::Index>(t), 0) = office(local(grid.at(t)), false) + jitter(t);
  }
  const std::vector<Duration> day{std::chrono::hours(24)};
  const TimePoint before = change - std::chrono::hours(24 * 3),
                  after = change + std::chrono::hours(24 * 3);
  const ContextModel right = fit_context(grid, raw, day, ColumnLayout::own, berlin);
  const ContextModel wrong = fit_context(grid, raw, day);
  // 8:30 by the clock: 7:30 UTC in winter, 6:30 UTC in summer.
  const auto winter = before + std::chrono::minutes(450),
             summer = after + std::chrono::minutes(390);
  CHECK(right.expected(0, winter) == Approx(100).margin(2));
  CHECK(right.expected(0, summer) == Approx(100).margin(2));
  CHECK(wrong.expected(0, summer) == Approx(10).margin(2));
}

TEST_CASE("a holiday is expected to be like a Sunday") {
  const Day wednesday{std::chrono::year{2026} / 5 / 20};
  const auto with = std::make_shared<const Calendar>(*Calendar::make("Europe/Berlin", {wednesday}));
  const TimeGrid grid{TimePoint{wednesday} - std::chrono::hours(24 * 28), std::chrono::hours(1),
                      28 * 24};
  forest::Matrix raw(static_cast<Eigen::Index>(grid.size), 1);
  for (std::size_t t = 0; t < grid.size; ++t) {
    raw(static_cast<Eigen::Index>(t), 0) =
        office(with->season_time(grid.at(t)), is_weekend(*with, grid.at(t))) + jitter(t);
  }
  const std::vector<Duration> week{std::chrono::hours(24 * 7)};
  const ContextModel model = fit_context(grid, raw, week, ColumnLayout::own, with);
  const TimePoint noon = TimePoint{wednesday} + std::chrono::hours(10);
  CHECK(model.expected(0, noon) == Approx(10).margin(2));
  CHECK(model.expected(0, noon + std::chrono::hours(24)) == Approx(100).margin(2));
  const auto without = std::make_shared<const Calendar>(*Calendar::make("Europe/Berlin", {}));
  CHECK(fit_context(grid, raw, week, ColumnLayout::own, without).expected(0, noon) ==
        Approx(100).margin(2));
}
