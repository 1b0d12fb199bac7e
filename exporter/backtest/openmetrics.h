// The results of a backtest as OpenMetrics with timestamps, for `promtool tsdb create-blocks-from
// openmetrics`: dashboards get a past.
#pragma once

#include <cstddef>
#include <vector>

#include "exporter/backtest/entity_files.h"
#include "exporter/backtest/replay.h"

namespace exporter {

/// Writes the series that /metrics would have shown, by family, then by series, times ascending.
/// Contributions are left out, and the values of features where entities x features are more than
/// the limit. Errors: the sink's.
/// @param feature_series  limits.feature_series of each detector
Status write_openmetrics(const std::vector<const DetectorReplay*>& replays,
                         std::size_t feature_series, const TextSink& sink);

}  // namespace exporter
