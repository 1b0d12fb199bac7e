// iCalendar files of holidays.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

#include "exporter/calendar.h"

namespace exporter {

/// Bounds of a file: its bytes, and the days that its events cover.
inline constexpr std::size_t kMaxCalendarBytes = 4 << 20;
inline constexpr std::size_t kMaxHolidays = 100'000;

/// Reads the days that the all-day events of an iCalendar text cover, in the order of the file;
/// cancelled events are left out. Source: RFC 5545, sections 3.1 (lines), 3.6.1 (events; without
/// an end an event lasts one day).
/// Errors: config, `line N: what is wrong`: no iCalendar text, an event without a date or with a
/// time of day, one that ends before it starts, and one that repeats (RRULE, RDATE): such a file
/// must be exported with its dates written out.
forest::Result<std::vector<Day>> parse_icalendar(std::string_view text);

/// The same from a file. Errors are prefixed with its path.
forest::Result<std::vector<Day>> load_icalendar(const std::filesystem::path& path);

}  // namespace exporter
