#include "exporter/http/api_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace exporter {
namespace {

using forest::Error;
using forest::ErrorKind;

constexpr std::size_t kMaxMatches = 32;
constexpr std::size_t kMaxOffset = 1'000'000'000;
constexpr double kLastSecond = 1e11;  // beyond it a time has no milliseconds that fit

Error wrong(const std::string& name, const std::string& message) {
  return Error{ErrorKind::request, name + ": " + message, name};
}

// `*` stands for any text. Goes back to the last star only: at most text x pattern steps.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> flag(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::optional<TimePoint> unix_time(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(std::abs(seconds) <= kLastSecond)) return std::nullopt;
  return TimePoint{Duration{static_cast<Duration::rep>(std::llround(seconds * 1000))}};
}

// Reads one parameter; returns what it should have been, or nothing.
std::optional<std::string> read_one(const std::string& name, const std::string& text,
                                    ApiQuery& query) {
  if (name == "detector") {
    query.detector = text;
  } else if (name == "match") {
    const auto sign = text.find('=');
    if (sign == 0 || sign == std::string::npos) {
      return "must be label=value, with * for any text, for example instance=web-*";
    }
    if (query.labels.size() == kMaxMatches) return fmt::format("at most {} times", kMaxMatches);
    query.labels.push_back({text.substr(0, sign), text.substr(sign + 1)});
  } else if (name == "active" || name == "detected") {
    const auto given = flag(text);
    if (!given) return "must be true or false";
    (name == "active" ? query.active : query.detected) = given;
  } else if (name == "state") {
    if (text != "ready" && text != "warming") return "must be ready or warming";
    query.ready = text == "ready";
  } else if (name == "sort") {
    if (text == "severity") {
      query.order = EntityOrder::severity;
    } else if (text == "score") {
      query.order = EntityOrder::score;
    } else if (text == "entity") {
      query.order = EntityOrder::entity;
    } else {
      return "must be severity, score or entity";
    }
  } else if (name == "limit") {
    const auto given = whole_number(text);
    if (!given || *given < 1 || *given > ApiQuery::kMaxLimit) {
      return fmt::format("must be a whole number from 1 to {}", ApiQuery::kMaxLimit);
    }
    query.limit = *given;
  } else if (name == "offset") {
    const auto given = whole_number(text);
    if (!given || *given > kMaxOffset) {
      return fmt::format("must be a whole number from 0 to {}", kMaxOffset);
    }
    query.offset = *given;
  } else if (name == "since") {
    query.since = unix_time(text);
    if (!query.since) return "must be unix seconds";
  }
  return std::nullopt;
}

}  // namespace

bool LabelMatch::matches(const Labels& labels) const {
  return matches_pattern(labels.get(label), pattern);
}

bool ApiQuery::wants(const Labels& entity) const {
  return std::ranges::all_of(labels,
                             [&](const LabelMatch& match) { return match.matches(entity); });
}

forest::Result<ApiQuery> read_api_query(const HttpRequest& request,
                                        std::span<const std::string_view> known) {
  ApiQuery query;
  for (auto at = request.query.begin(); at != request.query.end(); ++at) {
    const auto& [name, text] = *at;
    if (std::ranges::find(known, name) == known.end()) {
      return wrong(name, known.empty() ? "unknown parameter; this route has none"
                                       : fmt::format("unknown parameter; this route has {}",
                                                     fmt::join(known, ", ")));
    }
    if (name != "match" && request.query.count(name) > 1) return wrong(name, "given twice");
    if (const auto problem = read_one(name, text, query)) return wrong(name, *problem);
  }
  return query;
}

HttpResponse api_query_error(const Error& error) {
  return error_response(422, error.message,
                        {{{"query", error.reason}, error.message, "value_error"}});
}

}  // namespace exporter
