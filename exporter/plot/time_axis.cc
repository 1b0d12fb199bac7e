#include "exporter/plot/time_axis.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace exporter::plot {
namespace {

constexpr std::int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour, kWeek = 7 * kDay;
constexpr std::array<std::int64_t, 19> kSteps{
    kMinute,   2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute, kHour,
    2 * kHour, 3 * kHour,   6 * kHour,   12 * kHour,   kDay,         2 * kDay,     kWeek,
    2 * kWeek, 4 * kWeek,   13 * kWeek,  26 * kWeek,   52 * kWeek};
// The first Monday of unix time, so that weeks begin with theirs.
constexpr std::int64_t kMonday = 4 * kDay;

std::int64_t step_for(double span, std::size_t most) {
  const double least = span / static_cast<double>(most - 1);
  for (const std::int64_t step : kSteps) {
    if (static_cast<double>(step) >= least) return step;
  }
  const auto longest = static_cast<double>(kSteps.back());
  return kSteps.back() * static_cast<std::int64_t>(std::ceil(least / longest));
}

std::string label(std::int64_t seconds, bool with_year) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds at{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at - day).count();
  if (minutes != 0) return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
  const std::chrono::year_month_day date{day};
  const auto month = kMonths[static_cast<unsigned>(date.month()) - 1];
  return fmt::format("{} {}{}", month, static_cast<unsigned>(date.day()),
                     with_year ? fmt::format(", {}", static_cast<int>(date.year())) : "");
}

int year_of(std::int64_t seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(seconds)};
  return static_cast<int>(
      std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(at)}.year());
}

}  // namespace

Ticks time_ticks(Range seconds, std::size_t most) {
  const std::int64_t step = step_for(seconds.span(), most);
  const std::int64_t origin = step % kWeek == 0 ? kMonday : 0;
  const auto first = static_cast<std::int64_t>(
      std::ceil((seconds.least - static_cast<double>(origin)) / static_cast<double>(step)));
  Ticks ticks;
  int year = 0;
  for (std::int64_t at = origin + first * step;
       static_cast<double>(at) <= seconds.most && ticks.values.size() < most; at += step) {
    const bool midnight = at % kDay == 0;
    ticks.values.push_back(static_cast<double>(at));
    ticks.labels.push_back(label(at, midnight && year_of(at) != year));
    if (midnight) year = year_of(at);
  }
  return ticks;
}

}  // namespace exporter::plot
