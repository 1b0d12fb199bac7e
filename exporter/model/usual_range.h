// UsualRange: what rows trained on hold of a context column, and how clearly a value leaves that.
#pragma once

#include <span>
#include <vector>

#include "exporter/features/context.h"

namespace exporter {

/// What the rows trained on hold of a context column.
struct UsualRange {
  double low = 0, high = 0;
  double width = 0;  ///< of the range it counts as; infinite for a column left to the forest

  /// Returns gap / (gap + width), the probability that a cut over a range of that width stretched
  /// to hold the value parts it from the rows; 0 inside the range and for NaN.
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
