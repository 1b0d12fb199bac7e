// Times as requests give them and answers show them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exporter/clock.h"

namespace exporter {

/// Converts unix seconds, rounded to the millisecond; nothing outside of the years 1 to 9999.
std::optional<TimePoint> time_from_seconds(double seconds);

/// Reads RFC 3339 (`2026-03-01T12:00:00.5+01:00`) or unix seconds as a decimal number, as
/// Prometheus' API does; nothing for any other text, an impossible date, or a year before 1.
std::optional<TimePoint> parse_time(std::string_view text);

/// Writes RFC 3339 in UTC, whole seconds.
std::string to_rfc3339(TimePoint at);

}  // namespace exporter
