// HistoryRows: the history of one entity as training takes it.
#pragma once

#include <optional>
#include <vector>

#include "exporter/features/context.h"

namespace exporter {

/// The part of a history from its first to its last value: what lies before the first row of a
/// young entity is no half to judge a season on. Refers to the caller's matrix.
struct HistoryRows {
  TimeGrid grid;
  forest::ConstMatrixRef raw;         ///< [grid.size x features], NaN for a gap
  std::vector<Eigen::Index> present;  ///< rows with at least one value, ascending
};

/// Fewer rows with a value are no history: the entity gets no model yet.
inline constexpr std::size_t kMinTrainingRows = 32;

/// @param raw  [grid.size x features], NaN for a gap
/// @return     nothing when fewer than kMinTrainingRows rows have a value
std::optional<HistoryRows> history_rows(const TimeGrid& grid, const forest::ConstMatrixRef& raw);

/// Builds the context rows of the rows with a value: [present x columns].
forest::Matrix context_rows_of(const ContextModel& context, const HistoryRows& history);

/// Copies rows of a matrix, in the order given.
forest::Matrix rows_of(const forest::ConstMatrixRef& all, const std::vector<Eigen::Index>& chosen);

}  // namespace exporter
