// UsualRange: what rows trained on hold of a context column, and how clearly a value leaves that.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "exporter/features/context.h"

namespace exporter {

/// What the rows trained on hold of a context column.
struct UsualRange {
  double low = 0, high = 0;
  double width = 0;  ///< of the range it counts as; infinite for a column left to the forest
  /// Where the feature itself would be 0, when it never was and never had the other sign; else NaN.
  /// NaN for wide entities too: one of many metrics is 0 for the first time nearly every day.
  double zero = std::numeric_limits<double>::quiet_NaN();

  /// Returns gap / (gap + width), the probability that a cut over a range of that width stretched
  /// to hold the value parts it from the rows; 0 inside the range and for NaN. A feature that
  /// drops to 0 for the first time counts as three widths away at least: traffic that varies
  /// tenfold is nearly there by its range alone, and yet none is no little.
  double separation(double value) const;
};

/// Learns the range of each column. Columns that were constant count as of some width: a constant
/// that moves is judged by its value and means, the forest having no cut for it. Of an entity that
/// is not wide every other column counts by its own range.
/// @param rows  [n x columns] context rows
std::vector<UsualRange> usual_ranges(const ContextModel& context,
                                     const forest::ConstMatrixRef& rows);

/// Returns the separation of the most displaced column.
/// @param row  [columns]
double separation(std::span<const UsualRange> ranges, std::span<const double> row);

}  // namespace exporter
