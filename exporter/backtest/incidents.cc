#include "exporter/backtest/incidents.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "exporter/csv/field.h"
#include "exporter/csv/text.h"
#include "exporter/time_text.h"

namespace exporter {
namespace {

constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 20;
constexpr std::size_t kFields = 4;

/// Takes text apart from its left end.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    skip_blanks();
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool ended() {
    skip_blanks();
    return text_.empty();
  }
  std::string take_name() {
    skip_blanks();
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    const auto end = std::ranges::find_if_not(text_, is_part);
    std::string name(text_.begin(), end);
    text_.remove_prefix(name.size());
    return name;
  }
  /// Takes a quoted value; nothing when it never ends.
  std::optional<std::string> take_value() {
    if (!take('"')) return std::nullopt;
    std::string value;
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\') text_.remove_prefix(1);
      if (text_.empty()) return std::nullopt;
      value += text_.front();
      text_.remove_prefix(1);
    }
    if (!take('"')) return std::nullopt;
    return value;
  }

 private:
  void skip_blanks() {
    while (text_.starts_with(' ')) text_.remove_prefix(1);
  }
  std::string_view text_;
};

// Reads `{a="1", b="2"}`; the braces may be left out.
std::optional<Labels> parse_selector(std::string_view text) {
  Scanner scanner(text);
  const bool braces = scanner.take('{');
  std::vector<Labels::Pair> pairs;
  while (!scanner.ended() && !(braces && scanner.take('}'))) {
    std::string name = scanner.take_name();
    if (name.empty() || !scanner.take('=')) return std::nullopt;
    auto value = scanner.take_value();
    if (!value) return std::nullopt;
    pairs.emplace_back(std::move(name), *std::move(value));
    static_cast<void>(scanner.take(','));
  }
  if (!scanner.ended()) return std::nullopt;
  return Labels(std::move(pairs));
}

/// Reads records of a CSV text.
class Records {
 public:
  Records(std::string text, std::string_view name)
      : text_(std::move(text)), name_(name), next_(text_.data()) {}

  bool ended() const { return next_ == text_.data() + text_.size(); }
  /// Reads the next record; a blank line has one empty field.
  Result<std::vector<std::string>> read() {
    line_ = next_line_;
    std::vector<std::string> fields;
    csv::Field field;
    do {
      const auto scan = csv::scan_field(next_, text_.data() + text_.size(), true, ',', field);
      if (scan != csv::Scan::done) return fault(csv::words_of(scan));
      fields.push_back(csv::unquoted(field));
      next_ = field.next;
      next_line_ += field.line_ends;
    } while (field.ending == csv::Ending::delimiter);
    ++next_line_;
    return fields;
  }
  Error fault(std::string_view what) const {
    return {ErrorKind::data, fmt::format("{}:{}: {}", name_, line_, what)};
  }

 private:
  const std::string text_;
  const std::string_view name_;
  const char* next_;
  std::uint64_t line_ = 1, next_line_ = 1;
};

Result<Incident> parse_record(const std::vector<std::string>& fields, const Records& records) {
  if (fields.size() < kFields - 1 || fields.size() > kFields) {
    return records.fault(fmt::format("{} fields; a row is entity,start,end,name", fields.size()));
  }
  const auto match = parse_selector(fields[0]);
  if (!match) {
    return records.fault(
        fmt::format("not an entity of the form {{instance=\"db-1\"}}: {}", csv::shown(fields[0])));
  }
  Incident incident{.match = *match, .start = {}, .end = {}, .name = {}};
  for (const auto& [text, time] :
       {std::pair(&fields[1], &incident.start), {&fields[2], &incident.end}}) {
    const auto parsed = parse_time(*text);
    if (!parsed) {
      return records.fault(fmt::format("neither RFC 3339 nor unix seconds: {}", csv::shown(*text)));
    }
    *time = *parsed;
  }
  if (incident.end < incident.start) return records.fault("the end lies before the start");
  if (fields.size() == kFields) incident.name = fields[3];
  return incident;
}

}  // namespace

bool Incident::concerns(const Labels& entity) const {
  return std::ranges::all_of(
      match.pairs(), [&](const auto& pair) { return entity.get(pair.first) == pair.second; });
}

Result<std::vector<Incident>> parse_incidents(std::string_view text, std::string_view name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<Incident> incidents;
  Records records(std::string(text), name);
  for (bool first = true; !records.ended(); first = false) {
    const auto fields = records.read();
    if (!fields) return fields.error();
    const bool blank = fields->size() == 1 && fields->front().empty();
    if (blank || (first && fields->front() == "entity")) continue;
    auto incident = parse_record(*fields, records);
    if (!incident) return std::move(incident).error();
    incidents.push_back(*std::move(incident));
  }
  return incidents;
}

Result<std::vector<Incident>> read_incidents(const std::filesystem::path& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) {
    return Error{ErrorKind::data,
                 path.string() + ": cannot be read" + (failed ? ": " + failed.message() : "")};
  }
  if (size > kMostBytes) {
    return Error{ErrorKind::data, path.string() + ": too large for a list of incidents (64 MiB)"};
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return parse_incidents(text, path.string());
}

Result<std::vector<Incident>> fetch_incidents(const SeriesSource& source,
                                              const std::string& selector, const TimeGrid& grid,
                                              const std::vector<std::string>& by,
                                              std::stop_token stop) {
  const auto frame = source.fetch(selector, grid, stop);
  if (!frame) return frame.error();
  std::vector<Incident> incidents;
  for (std::size_t s = 0; s < frame->labels.size(); ++s) {
    const Labels& labels = frame->labels[s];
    bool runs = false;
    for (std::size_t t = 0; t < grid.size; ++t) {
      const bool fires = !std::isnan(frame->at(s, t));
      if (fires && !runs) {
        incidents.push_back({.match = labels.project(by),
                             .start = grid.at(t),
                             .end = grid.at(t),
                             .name = std::string(labels.get("alertname"))});
      }
      if (fires) incidents.back().end = grid.at(t);
      runs = fires;
    }
  }
  std::ranges::stable_sort(incidents, {}, &Incident::start);
  return incidents;
}

}  // namespace exporter
