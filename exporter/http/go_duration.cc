#include "exporter/http/go_duration.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

namespace exporter {
namespace {

/// Longer names first where one begins another.
constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{{{"ns", 1.0},
                                                                     {"us", 1e3},
                                                                     {"\xc2\xb5s", 1e3},
                                                                     {"\xce\xbcs", 1e3},
                                                                     {"ms", 1e6},
                                                                     {"s", 1e9},
                                                                     {"m", 6e10},
                                                                     {"h", 3.6e12}}};
constexpr double kMost = 9.2e18;  // nanoseconds in 64 bits

/// Takes `12`, `1.5`, `.5` or `1.` from the front; nothing without a digit.
std::optional<double> take_number(std::string_view& text) {
  double value = 0, unit = 1;
  bool digits = false, fraction = false;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      if (fraction) unit /= 10;
      value = fraction ? value + (c - '0') * unit : value * 10 + (c - '0');
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  return digits ? std::optional(value) : std::nullopt;
}

std::optional<double> take_unit(std::string_view& text) {
  for (const auto& [name, nanoseconds] : kUnits) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return nanoseconds;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = number ? take_unit(text) : std::nullopt;
    if (!unit) return std::nullopt;
    total += *number * *unit;
    if (!(total < kMost)) return std::nullopt;
  }
  const auto count = static_cast<std::int64_t>(std::llround(total));
  return std::chrono::nanoseconds(negative ? -count : count);
}

}  // namespace exporter
