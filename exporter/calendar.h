// Calendar: what day and what time of day it is where the watched things are.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/clock.h"
#include "forest/result.h"

namespace exporter {

/// A day of the calendar, as days since 1970-01-01.
using Day = std::chrono::sys_days;

/// A time as the clock on the wall and the calendar beside it show it.
using LocalPoint = std::chrono::local_time<Duration>;

/// Tells local time, daylight saving included, and holidays. A plain value: rules are read from the
/// system's time zone database once, by make(); every call is safe from any thread. The default one
/// is UTC without holidays.
class Calendar {
 public:
  Calendar() = default;
  /// @param timezone  an IANA name like Europe/Berlin
  /// @param holidays  in any order, repetitions allowed
  /// Errors: config, when the database has no such zone, or is missing itself.
  static forest::Result<Calendar> make(const std::string& timezone, std::vector<Day> holidays);

  /// Returns local time minus UTC at an instant.
  Duration utc_offset(TimePoint at) const;
  /// Returns local time; of a holiday, the same time on the Sunday of its week: that is how people
  /// live it.
  LocalPoint season_time(TimePoint at) const;
  /// Returns the holidays, ascending.
  std::span<const Day> holidays() const { return holidays_; }

  friend bool operator==(const Calendar&, const Calendar&) = default;

 private:
  // The offset from a time on, up to the next entry's.
  struct Offset {
    TimePoint from;
    Duration offset{0};
    friend bool operator==(const Offset&, const Offset&) = default;
  };
  std::vector<Offset> offsets_ = {{TimePoint::min(), Duration{0}}};  // ascending, never empty
  std::vector<Day> holidays_;                                        // ascending
};

/// Reads `2026-12-25`. Errors: config, naming the text and the form.
forest::Result<Day> parse_day(std::string_view text);

}  // namespace exporter
