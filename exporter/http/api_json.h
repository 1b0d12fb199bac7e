// JsonText: writes JSON from front to back, without a tree.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "exporter/clock.h"

namespace exporter {

/// Appends to one text; commas are its own business. The caller opens and closes in order and
/// writes a key before each value of an object.
class JsonText {
 public:
  JsonText& open(char bracket);   ///< `{` or `[`
  JsonText& close(char bracket);  ///< `}` or `]`
  JsonText& key(std::string_view name);
  /// Bytes that are no UTF-8 become U+FFFD.
  JsonText& value(std::string_view text);
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  /// The shortest digits that read back equal; `"NaN"`, `"+Inf"` and `"-Inf"` are strings, as in
  /// the query API.
  JsonText& value(double number);
  JsonText& value(float number);
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) JsonText& value(T number) { return whole(number); }
  JsonText& value(bool flag);
  /// Unix seconds with milliseconds, as the query API takes them.
  JsonText& value(TimePoint at);
  JsonText& null();

  std::string take() && { return std::move(text_); }

 private:
  JsonText& whole(unsigned long long number);
  JsonText& raw(std::string_view bytes);
  void comma();

  std::string text_;
};

}  // namespace exporter
