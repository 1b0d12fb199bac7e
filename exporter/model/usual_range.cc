#include "exporter/model/usual_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace exporter {
namespace {

// A constant counts as if it had moved by this many usual deviations; a normal feature does.
constexpr double kConstantWidth = 10;

// The separation of a value three widths away.
constexpr double kDropped = 0.75;

// A usual deviation of a constant feature: a hundredth of its value, or 1 for a constant 0; in
// units of its column.
double unit_of_constant(const SeasonProfile& profile) {
  const double unit = profile.level != 0 ? std::abs(profile.level) / 100 : 1;
  return std::max(1.0, unit / profile.spread);
}

// A constant that moves is judged once, by its value and means; what follows from them is left to
// the forest.
double width_of_constant(const ContextModel& context, const ContextColumn& column) {
  switch (column.kind) {
    case ContextKind::relation: return kConstantWidth;
    case ContextKind::change:
    case ContextKind::deviation: return std::numeric_limits<double>::infinity();
    default: return kConstantWidth * unit_of_constant(context.season[column.feature]);
  }
}

// Where a value column has the feature's 0, outside of the range; NaN for all others.
double zero_of(const ContextModel& context, const ContextColumn& column, const UsualRange& range) {
  if (column.kind != ContextKind::value) return std::numeric_limits<double>::quiet_NaN();
  const SeasonProfile& season = context.season[column.feature];
  const double zero = -season.level / season.spread;
  return zero < range.low || zero > range.high ? zero : std::numeric_limits<double>::quiet_NaN();
}

UsualRange range_of(const ContextModel& context, std::size_t column,
                    const forest::ConstMatrixRef& rows) {
  UsualRange range{.low = std::numeric_limits<double>::infinity(),
                   .high = -std::numeric_limits<double>::infinity(),
                   .width = std::numeric_limits<double>::infinity()};
  for (const double value : rows.col(static_cast<Eigen::Index>(column))) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  if (range.low > range.high) return range;  // never a value
  const ContextColumn& of = context.columns[column];
  const bool wide = context.feature_count() >= kWideFeatures;
  if (!wide) range.zero = zero_of(context, of, range);
  if (range.low == range.high) {
    range.width = width_of_constant(context, of);
  } else if (!wide) {
    range.width = range.high - range.low;
  }
  return range;
}

}  // namespace

double UsualRange::separation(double value) const {
  const double gap = std::max(low - value, value - high);
  const double part = gap > 0 && std::isfinite(width) ? gap / (gap + width) : 0;
  const bool dropped = (zero < low && value <= zero) || (zero > high && value >= zero);
  return dropped ? std::max(part, kDropped) : part;
}

std::vector<UsualRange> usual_ranges(const ContextModel& context,
                                     const forest::ConstMatrixRef& rows) {
  std::vector<UsualRange> ranges;
  ranges.reserve(context.columns.size());
  for (std::size_t c = 0; c < context.columns.size(); ++c) {
    ranges.push_back(range_of(context, c, rows));
  }
  return ranges;
}

double separation(std::span<const UsualRange> ranges, std::span<const double> row) {
  double most = 0;
  for (std::size_t c = 0; c < ranges.size(); ++c) {
    most = std::max(most, ranges[c].separation(row[c]));
  }
  return most;
}

}  // namespace exporter
