#include "exporter/metrics/label_text.h"

#include "exporter/utf8.h"

namespace exporter {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 && c != '\\' && c != '\n' && c != '"';
}

}  // namespace

bool append_escaped(std::string& out, std::string_view text, bool quotes) {
  bool repaired = false;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_plain(text[end])) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) break;
    const auto rune = rune_at(text, at);
    if (!rune.valid) {
      out += kReplacement;
      repaired = true;
    } else if (rune.code == '\\') {
      out += "\\\\";
    } else if (rune.code == '\n') {
      out += "\\n";
    } else if (rune.code == '"' && quotes) {
      out += "\\\"";
    } else {
      out.append(text, at, rune.bytes);
    }
    at += rune.bytes;
  }
  return repaired;
}

std::string legal_name(std::string_view name, bool colons) {
  std::string legal;
  for (const char c : name) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
    const bool digit = c >= '0' && c <= '9';
    if (digit && legal.empty()) legal += '_';
    legal += letter || digit ? c : '_';
  }
  return legal.empty() ? "_" : legal;
}

}  // namespace exporter
