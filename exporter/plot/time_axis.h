// Marks of a time axis at round times of the day and dates, in UTC.
#pragma once

#include <cstddef>

#include "exporter/plot/range.h"
#include "exporter/plot/ticks.h"

namespace exporter::plot {

/// Returns marks at multiples of a minute, an hour, a day, a week and the like: times of the day as
/// `14:30`, midnights and longer steps as `Mar 3`, the first of a year with it.
/// @param seconds  unix seconds, a usable range within the years 1 to 9999
/// @param most     no more than so many marks, at least 2
Ticks time_ticks(Range seconds, std::size_t most);

}  // namespace exporter::plot
