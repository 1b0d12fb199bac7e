#include "exporter/calendar.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "exporter/time_text.h"

namespace exporter {
namespace {

using forest::Error;
using forest::ErrorKind;
using forest::Result;
using std::chrono::days;
using std::chrono::floor;

// Rules of zones are known for these years; before and after, the nearest known offset holds.
constexpr Day kFirst = std::chrono::year{1970} / 1 / 1, kLast = std::chrono::year{2100} / 1 / 1;

}  // namespace

Result<Calendar> Calendar::make(const std::string& timezone, std::vector<Day> holidays) {
  Calendar calendar;
  calendar.offsets_.clear();
  try {
    const date::time_zone* zone = date::locate_zone(timezone);
    for (date::sys_seconds at = kFirst; at < kLast;) {
      const auto info = zone->get_info(at);
      calendar.offsets_.push_back({.from = at, .offset = info.offset});
      if (info.end <= at) break;
      at = info.end;
    }
  } catch (const std::exception&) {
    return Error{ErrorKind::config,
                 fmt::format("no time zone of this name: {}; want one of the system's time zone "
                             "database (package tzdata), like Europe/Berlin",
                             timezone)};
  }
  std::ranges::sort(holidays);
  holidays.erase(std::unique(holidays.begin(), holidays.end()), holidays.end());
  calendar.holidays_ = std::move(holidays);
  return calendar;
}

Duration Calendar::utc_offset(TimePoint at) const {
  const auto next = std::ranges::upper_bound(offsets_, at, {}, &Offset::from);
  return next == offsets_.begin() ? next->offset : std::prev(next)->offset;
}

LocalPoint Calendar::season_time(TimePoint at) const {
  const LocalPoint shown{(at + utc_offset(at)).time_since_epoch()};
  const Day day{floor<days>(shown).time_since_epoch()};
  if (!std::ranges::binary_search(holidays_, day)) return shown;
  return shown + (std::chrono::Sunday - std::chrono::weekday(day));
}

Result<Day> parse_day(std::string_view text) {
  const auto midnight = text.size() == std::string_view("2026-12-25").size()
                            ? parse_time(std::string(text) + "T00:00:00Z")
                            : std::nullopt;
  if (!midnight) {
    return Error{ErrorKind::config,
                 fmt::format("not a date: {}; want a form like 2026-12-25", text)};
  }
  return floor<days>(*midnight);
}

}  // namespace exporter
