#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "exporter/config/sections.h"
#include "exporter/icalendar.h"

namespace exporter::config {
namespace {

bool is_file(std::string_view entry) {
  return entry.empty() || std::isdigit(static_cast<unsigned char>(entry.front())) == 0 ||
         entry.ends_with(".ics");
}

// Days and files, as `holidays` lists them.
std::vector<Day> read_holidays(MapReader& reader, const std::filesystem::path& folder,
                               std::vector<std::string>& entries) {
  std::vector<Day> days;
  const auto listed = reader.texts("holidays", "[2026-12-25, holidays.ics]");
  if (listed.size() > kMaxHolidayEntries) {
    reader.wrong("holidays", fmt::format("more than {} entries", kMaxHolidayEntries));
    return days;
  }
  for (const Node* item : listed) {
    if (!is_file(item->text)) {
      const auto day = parse_day(item->text);
      if (!day) {
        reader.wrong("holidays",
                     fmt::format("{}, or the path of an .ics file", day.error().message));
        continue;
      }
      days.push_back(*day);
      entries.push_back(item->text);
      continue;
    }
    const std::filesystem::path file = (folder / item->text).lexically_normal();
    const auto found = load_icalendar(file);
    if (!found) {
      reader.wrong("holidays", found.error().message);
      continue;
    }
    days.insert(days.end(), found->begin(), found->end());
    entries.push_back(file.string());
  }
  if (days.size() > kMaxHolidays) {
    reader.wrong("holidays", fmt::format("more than {} days", kMaxHolidays));
    days.clear();
  }
  return days;
}

}  // namespace

void read_calendar(MapReader& reader, const std::filesystem::path& folder, DetectorSpec& detector) {
  reader.text("timezone", detector.timezone);
  auto days = read_holidays(reader, folder, detector.holidays);
  if (detector.timezone == "UTC" && days.empty()) return;
  auto calendar = Calendar::make(detector.timezone, std::move(days));
  if (!calendar) {
    reader.wrong("timezone", calendar.error().message);
    return;
  }
  detector.calendar = std::make_shared<const Calendar>(*std::move(calendar));
}

}  // namespace exporter::config
