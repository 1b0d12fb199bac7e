// The outcome of a backtest as one HTML page, which loads nothing and runs no script.
#pragma once

#include <cstddef>
#include <vector>

#include "exporter/backtest/entity_files.h"
#include "exporter/backtest/summary.h"

namespace exporter {

/// What the page shows at most of one detector: entities with a chart, and rows of its tables; the
/// ones of the highest severity.
inline constexpr std::size_t kReportEntities = 12, kReportRows = 100;

/// Writes the page: a table of detectors, and of each its incidents, its alerts with the features
/// to blame, and its worst entities over time. Errors: the sink's.
/// @pre not empty
Status write_report(const std::vector<DetectorOutcome>& outcomes, const TextSink& sink);

}  // namespace exporter
