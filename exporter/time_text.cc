#include "exporter/time_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>

namespace exporter {
namespace {

using namespace std::chrono;

constexpr double kFirstSecond = -62135596800;  // 0001-01-01
constexpr double kLastSecond = 253402300799;   // 9999-12-31T23:59:59

/// Takes one thing after the other off the front of a text; after the first that is not there,
/// nothing more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = take();
      if (c < '0' || c > '9') good_ = false;
      value = value * 10 + (c - '0');
    }
    return good_ ? value : 0;
  }
  char one_of(std::string_view allowed) {
    const char c = take();
    if (allowed.find(c) == std::string_view::npos) good_ = false;
    return c;
  }
  /// Takes `.` and digits if they are next; returns the first three as milliseconds.
  int fraction() {
    if (rest_.empty() || rest_.front() != '.') return 0;
    rest_.remove_prefix(1);
    int value = 0;
    int weight = 100;
    bool any = false;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value += weight * (take() - '0');
      weight /= 10;
      any = true;
    }
    good_ = good_ && any;
    return value;
  }

 private:
  char take() {
    if (rest_.empty()) {
      good_ = false;
      return '\0';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  bool good_ = true;
};

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  const int years = in.digits(4);
  in.one_of("-");
  const int months = in.digits(2);
  in.one_of("-");
  const int days = in.digits(2);
  in.one_of("Tt ");
  const int hour = in.digits(2);
  in.one_of(":");
  const int minute = in.digits(2);
  in.one_of(":");
  const int second = in.digits(2);
  const int millisecond = in.fraction();
  const char zone = in.one_of("Zz+-");
  int offset = 0;
  if (zone == '+' || zone == '-') {
    const int zone_hours = in.digits(2);
    in.one_of(":");
    const int zone_minutes = in.digits(2);
    if (zone_hours > 23 || zone_minutes > 59) return std::nullopt;
    offset = (zone_hours * 60 + zone_minutes) * (zone == '-' ? -1 : 1);
  }
  const year_month_day date{year(years), month(static_cast<unsigned>(months)),
                            day(static_cast<unsigned>(days))};
  if (!in.good() || !in.at_end() || !date.ok() || years < 1 || hour > 23 || minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  return TimePoint(sys_days(date)) + hours(hour) + minutes(minute - offset) + seconds(second) +
         milliseconds(millisecond);
}

}  // namespace

std::optional<TimePoint> time_from_seconds(double seconds) {
  if (!(seconds >= kFirstSecond && seconds <= kLastSecond)) return std::nullopt;
  return TimePoint(milliseconds(std::llround(seconds * 1000)));
}

std::optional<TimePoint> parse_time(std::string_view text) {
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, seconds);
  if (error == std::errc() && parsed == end) return time_from_seconds(seconds);
  return parse_rfc3339(text);
}

std::string to_rfc3339(TimePoint at) {
  // Not by the system's clock: its nanoseconds end in the year 2262.
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace exporter
