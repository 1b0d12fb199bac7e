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
