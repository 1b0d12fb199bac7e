#include "exporter/icalendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace exporter {
namespace {

using forest::Error;
using forest::ErrorKind;
using forest::Result;
using std::chrono::days;

Error fault(std::size_t line, std::string_view what) {
  return {ErrorKind::config, fmt::format("line {}: {}", line, what)};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

// NAME;PARAMETERS:VALUE
struct Property {
  std::size_t line = 0;
  std::string name, value;
};

// Takes the lines of a text, those that continue one joined to it.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  std::optional<Property> next() {
    std::string line;
    while (line.empty() && !rest_.empty()) {
      first_ = ++number_;
      line = take();
      for (; rest_.starts_with(' ') || rest_.starts_with('\t'); ++number_) {
        rest_.remove_prefix(1);
        line += take();
      }
    }
    if (line.empty()) return std::nullopt;
    const std::size_t colon = value_at(line);
    const std::size_t name_end = std::min(line.find(';'), colon);
    return Property{.line = first_,
                    .name = upper(line.substr(0, name_end)),
                    .value = line.substr(std::min(colon + 1, line.size()))};
  }

 private:
  std::string_view take() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  // The colon before the value; one in a quoted parameter is not it.
  static std::size_t value_at(std::string_view line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"') quoted = !quoted;
      if (line[i] == ':' && !quoted) return i;
    }
    return line.size();
  }

  std::string_view rest_;
  std::size_t number_ = 0, first_ = 0;
};

Result<Day> read_day(const Property& property) {
  const std::string& text = property.value;
  if (text.find('T') != std::string::npos) {
    return fault(property.line, fmt::format("{} has a time of day: {}; holidays are whole days",
                                            property.name, text.substr(0, 40)));
  }
  auto day = text.size() == 8
                 ? parse_day(text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6))
                 : parse_day(text.substr(0, 40));
  if (!day) return fault(property.line, fmt::format("{}: {}", property.name, day.error().message));
  return day;
}

// `P3D` or `P1W`: what an event of whole days can last.
Result<days> read_duration(const Property& property) {
  const std::string& text = property.value;
  int count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data() + std::min<std::size_t>(1, text.size()), end, count);
  const bool whole = text.starts_with('P') && error == std::errc() && end - stop == 1 &&
                     (*stop == 'D' || *stop == 'W') && count > 0 && count <= 366;
  if (!whole) {
    return fault(property.line,
                 fmt::format("DURATION: want whole days like P1D, got {}", text.substr(0, 40)));
  }
  return days(*stop == 'W' ? 7 * count : count);
}

struct Event {
  std::size_t line = 0;
  std::optional<Day> start, end;
  days lasts{1};
  bool cancelled = false;
};

std::optional<Error> take_property(const Property& property, Event& event) {
  if (property.name == "DTSTART" || property.name == "DTEND") {
    auto day = read_day(property);
    if (!day) return std::move(day).error();
    (property.name == "DTSTART" ? event.start : event.end) = *day;
  } else if (property.name == "DURATION") {
    const auto lasts = read_duration(property);
    if (!lasts) return lasts.error();
    event.lasts = *lasts;
  } else if (property.name == "STATUS") {
    event.cancelled = upper(property.value) == "CANCELLED";
  } else if (property.name == "RRULE" || property.name == "RDATE") {
    return fault(property.line,
                 fmt::format("{}: repeated events are not read; export the file with each date "
                             "as an event of its own",
                             property.name));
  }
  return std::nullopt;
}

std::optional<Error> add_days(const Event& event, std::vector<Day>& holidays) {
  if (!event.start) return fault(event.line, "event without DTSTART");
  const Day end = event.end.value_or(*event.start + event.lasts);
  if (end < *event.start) return fault(event.line, "event ends before it starts");
  if (event.cancelled) return std::nullopt;
  // An end on the first day is what some programs write for one day.
  const Day last = std::max(end, *event.start + days(1));
  if (last - *event.start > days(366)) return fault(event.line, "event of more than a year");
  for (Day day = *event.start; day < last; day += days(1)) holidays.push_back(day);
  if (holidays.size() > kMaxHolidays) {
    return fault(event.line, fmt::format("more than {} days", kMaxHolidays));
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<Day>> parse_icalendar(std::string_view text) {
  std::vector<Day> holidays;
  std::vector<std::string> inside;  // components, outermost first
  Event event;
  Lines lines(text);
  std::size_t last_line = 1;
  for (auto property = lines.next(); property; property = lines.next()) {
    last_line = property->line;
    const std::string component = upper(property->value);
    if (property->name == "BEGIN") {
      if (inside.empty() && component != "VCALENDAR") break;
      if (inside.size() == 8) return fault(property->line, "components nested too deep");
      inside.push_back(component);
      if (component == "VEVENT") event = {.line = property->line, .start = {}, .end = {}};
    } else if (inside.empty()) {
      break;
    } else if (property->name == "END") {
      if (component != inside.back()) {
        return fault(property->line, fmt::format("END:{} where END:{} is due",
                                                 component.substr(0, 40), inside.back()));
      }
      inside.pop_back();
      if (component == "VCALENDAR" && inside.empty()) return holidays;
      if (component != "VEVENT") continue;
      if (auto error = add_days(event, holidays)) return *std::move(error);
    } else if (inside.back() == "VEVENT") {
      if (auto error = take_property(*property, event)) return *std::move(error);
    }
  }
  return fault(last_line, inside.empty() ? "not an iCalendar file: want BEGIN:VCALENDAR first"
                                         : "ends before END:VCALENDAR");
}

Result<std::vector<Day>> load_icalendar(const std::filesystem::path& path) {
  const auto unreadable = [&](int why) {
    return Error{ErrorKind::config,
                 fmt::format("{}: cannot read the file: {}", path.string(),
                             std::error_code(why, std::generic_category()).message())};
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(errno);
  std::string text(kMaxCalendarBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) return unreadable(errno);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxCalendarBytes) {
    return Error{ErrorKind::config,
                 fmt::format("{}: larger than {} MiB", path.string(), kMaxCalendarBytes >> 20)};
  }
  auto holidays = parse_icalendar(text);
  if (!holidays) return std::move(holidays).error().in(path.string());
  return holidays;
}

}  // namespace exporter
