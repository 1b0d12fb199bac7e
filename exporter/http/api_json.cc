#include "exporter/http/api_json.h"

#include <array>
#include <charconv>
#include <cmath>

#include "exporter/utf8.h"

namespace exporter {
namespace {

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const Rune rune = rune_at(text, i);
    if (!rune.valid) {
      out += "\xef\xbf\xbd";
    } else if (rune.code == '"' || rune.code == '\\') {
      out += '\\';
      out += text[i];
    } else if (rune.code < 0x20) {
      out += "\\u00";
      out += kHex[rune.code >> 4];
      out += kHex[rune.code & 15];
    } else {
      out += text.substr(i, rune.bytes);
    }
    i += rune.bytes;
  }
  out += '"';
}

template <typename T>
std::string_view special(T number) {
  if (std::isnan(number)) return "\"NaN\"";
  return number > 0 ? "\"+Inf\"" : "\"-Inf\"";
}

}  // namespace

void JsonText::comma() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

JsonText& JsonText::raw(std::string_view bytes) {
  comma();
  text_ += bytes;
  return *this;
}

JsonText& JsonText::open(char bracket) { return raw({&bracket, 1}); }

JsonText& JsonText::close(char bracket) {
  text_ += bracket;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  comma();
  append_string(text_, name);
  text_ += ':';
  return *this;
}

JsonText& JsonText::value(std::string_view text) {
  comma();
  append_string(text_, text);
  return *this;
}

JsonText& JsonText::value(double number) {
  if (!std::isfinite(number)) return raw(special(number));
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), end});
}

JsonText& JsonText::value(float number) {
  if (!std::isfinite(number)) return raw(special(number));
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), end});
}

JsonText& JsonText::whole(unsigned long long number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), end});
}

JsonText& JsonText::value(bool flag) { return raw(flag ? "true" : "false"); }

JsonText& JsonText::value(TimePoint at) {
  std::array<char, 64> digits;
  const double seconds = static_cast<double>(at.time_since_epoch().count()) / 1000;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), seconds, std::chars_format::fixed)
          .ptr;
  return raw({digits.data(), end});
}

JsonText& JsonText::null() { return raw("null"); }

}  // namespace exporter
