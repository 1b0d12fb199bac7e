// The line of values over time: reduced to what pixels can show, broken where values are missing.
#pragma once

#include <span>

#include "exporter/plot/frame.h"
#include "exporter/plot/svg.h"

namespace exporter::plot {

/// Returns the path of a line. Of the points on one column of pixels it keeps the first, the
/// lowest, the highest and the last, so that its size is bounded by the frame's width and no peak
/// is lost. Values beyond the frame are drawn at its edge.
/// @param times   ascending, in units of frame.x
/// @param values  [times]; NaN: missing
/// @param gap     times further apart than this are not joined
Path time_line(const Frame& frame, std::span<const double> times, std::span<const float> values,
               double gap);

}  // namespace exporter::plot
