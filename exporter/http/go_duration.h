// Durations as Go writes them: the web config file's `interval`.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace exporter {

/// Reads `1.5s`, `1h30m`, `-250ms`, `0`; units ns, us, µs, ms, s, m, h (no d). Nothing when it is
/// not of that form or beyond 292 years. Source: Go, time.ParseDuration.
std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

}  // namespace exporter
