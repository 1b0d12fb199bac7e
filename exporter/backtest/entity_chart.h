// The picture of one entity over a backtest: score and threshold, alerts, features as they were and
// as they were expected.
#pragma once

#include <cstddef>
#include <string>

#include "exporter/backtest/summary.h"

namespace exporter {

/// Features drawn at most: those that the entity's alerts blame most, then in config order.
inline constexpr std::size_t kChartFeatures = 6;

/// Returns an inline `<svg>` that takes its colours from chart_style(). Its size does not grow with
/// the length of the range.
/// @param track  its place in DetectorReplay::tracks
std::string entity_chart(const DetectorOutcome& outcome, std::size_t track);

/// Returns what the lines and shades of entity_chart() mean, as HTML.
std::string chart_legend(bool has_incidents);

/// CSS of the charts, for light and dark; needs the variables of page_opening().
extern const std::string_view kChartStyle;

}  // namespace exporter
