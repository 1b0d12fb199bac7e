#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "exporter/config/config.h"
#include "exporter/config/sections.h"
#include "exporter/utf8.h"

namespace exporter {
namespace {

constexpr std::string_view kSecret = "<secret>";

bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords{"true", "false", "null", "yes", "no",
                                                   "on",   "off",   "y",    "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '/'; };
  return !lower.empty() && letter(lower.front()) &&
         std::find(kWords.begin(), kWords.end(), lower) == kWords.end() &&
         lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-./") == std::string::npos;
}

/// Writes text as a YAML scalar: plain, else in single quotes, else escaped in double quotes.
std::string scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  bool printable = true;
  for (std::size_t at = 0; at < text.size() && printable; at += rune_at(text, at).bytes) {
    printable = is_printable(rune_at(text, at));
  }
  std::string out(1, printable ? '\'' : '"');
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = rune_at(text, at);
    if (printable) {
      if (rune.code == '\'') out += '\'';
      out += text.substr(at, rune.bytes);
    } else if (rune.code == '\n') {
      out += "\\n";
    } else if (rune.code == '"' || rune.code == '\\') {
      out += '\\';
      out += static_cast<char>(rune.code);
    } else if (!is_printable(rune)) {
      out += fmt::format("\\u{:04x}", rune.code);
    } else {
      out += text.substr(at, rune.bytes);
    }
    at += rune.bytes;
  }
  return out + (printable ? '\'' : '"');
}

class Writer {
 public:
  void section(int depth, std::string_view key) { line(depth, fmt::format("{}:", key)); }
  void text(int depth, std::string_view key, std::string_view value) {
    if (!value.empty()) line(depth, fmt::format("{}: {}", key, scalar(value)));
  }
  void secret(int depth, std::string_view key, std::string_view value) {
    if (!value.empty()) text(depth, key, kSecret);
  }
  void duration(int depth, std::string_view key, Duration value) {
    line(depth, fmt::format("{}: {}", key, format_duration(value)));
  }
  template <typename T>
  void bare(int depth, std::string_view key, T value) {
    line(depth, fmt::format("{}: {}", key, value));
  }
  void list(int depth, std::string_view key, const std::vector<std::string>& values) {
    std::vector<std::string> items;
    std::transform(values.begin(), values.end(), std::back_inserter(items),
                   [](const auto& v) { return scalar(v); });
    line(depth, fmt::format("{}: [{}]", key, fmt::join(items, ", ")));
  }
  /// Turns the two spaces before the next line's key into `- `.
  void item() { item_ = true; }
  std::string take() { return std::move(out_); }

 private:
  void line(int depth, std::string_view content) {
    const std::string indent(static_cast<std::size_t>(depth) * 2 - (item_ ? 2 : 0), ' ');
    out_ += fmt::format("{}{}{}\n", indent, item_ ? "- " : "", content);
    item_ = false;
  }
  std::string out_;
  bool item_ = false;
};

void write_header(Writer& out, const HttpHeader& header) {
  out.section(2, scalar(header.name));
  if (!header.values.empty()) out.list(3, "values", header.values);
  if (!header.secrets.empty()) {
    out.list(3, "secrets", std::vector<std::string>(header.secrets.size(), std::string(kSecret)));
  }
  if (!header.files.empty()) out.list(3, "files", header.files);
}

void write_prometheus(Writer& out, const PrometheusConfig& prometheus) {
  out.section(0, "prometheus");
  out.text(1, "url", config::masked_url(prometheus.url));
  out.duration(1, "query_offset", prometheus.query_offset);
  out.duration(1, "timeout", prometheus.timeout);
  out.text(1, "http_method", prometheus.http_method);
  if (const auto& auth = prometheus.basic_auth) {
    out.section(1, "basic_auth");
    out.text(2, "username", auth->username);
    out.text(2, "username_file", auth->username_file);
    out.secret(2, "password", auth->password);
    out.text(2, "password_file", auth->password_file);
  }
  if (const auto& auth = prometheus.authorization) {
    out.section(1, "authorization");
    out.text(2, "type", auth->type);
    if (auth->credentials_file.empty()) out.text(2, "credentials", kSecret);
    out.text(2, "credentials_file", auth->credentials_file);
  }
  const TlsConfig& tls = prometheus.tls_config;
  out.section(1, "tls_config");
  out.text(2, "ca_file", tls.ca_file);
  out.text(2, "cert_file", tls.cert_file);
  out.text(2, "key_file", tls.key_file);
  out.text(2, "server_name", tls.server_name);
  out.bare(2, "insecure_skip_verify", tls.insecure_skip_verify);
  out.text(1, "proxy_url", config::masked_url(prometheus.proxy_url));
  out.bare(1, "follow_redirects", prometheus.follow_redirects);
  if (!prometheus.http_headers.empty()) out.section(1, "http_headers");
  for (const HttpHeader& header : prometheus.http_headers) write_header(out, header);
}

/// Writes alerts a day in the form of `alert_budget`: one alert in so long where that says the
/// same.
std::string budget_text(double per_day) {
  const double milliseconds = to_seconds(Duration(std::chrono::hours(24))) * 1000 / per_day;
  if (milliseconds <= 1e13) {
    const Duration each(std::llround(milliseconds));
    const double days = to_seconds(each) / to_seconds(Duration(std::chrono::hours(24)));
    if (1 / days == per_day) return fmt::format("1/{}", format_duration(each));
  }
  return fmt::format("{}/1d", per_day);
}

void write_feature(Writer& out, const FeatureSpec& feature) {
  out.item();
  out.text(4, "name", feature.name);
  out.text(4, "query", feature.query);
  out.text(4, "missing", feature.missing == MissingPolicy::zero ? "zero" : "gap");
  constexpr std::array<std::string_view, 3> kDirections{"both", "up", "down"};
  out.text(4, "direction", kDirections[static_cast<std::size_t>(feature.direction)]);
  out.bare(4, "min_deviation", feature.min_deviation);
  out.bare(4, "min_deviation_ratio", feature.min_deviation_ratio);
  if (feature.range) {
    out.bare(4, "range", fmt::format("[{}, {}]", feature.range->low, feature.range->high));
  }
}

void write_detector(Writer& out, const DetectorSpec& detector) {
  out.item();
  out.text(2, "name", detector.name);
  out.list(2, "by", detector.by);
  out.duration(2, "interval", detector.interval);
  out.duration(2, "history", detector.history);
  out.duration(2, "retrain", detector.retrain);
  constexpr std::array<std::string_view, 3> kScopes{"auto", "entity", "shared"};
  out.text(2, "scope", kScopes[static_cast<std::size_t>(detector.scope)]);
  std::vector<std::string> season;
  for (const Duration period : detector.season) season.push_back(format_duration(period));
  out.bare(2, "season", fmt::format("[{}]", fmt::join(season, ", ")));
  out.text(2, "timezone", detector.timezone);
  out.list(2, "holidays", detector.holidays);
  if (detector.alert_budget) {
    out.text(2, "alert_budget", budget_text(*detector.alert_budget));
  } else {
    out.bare(2, "sensitivity", detector.sensitivity);
  }
  out.duration(2, "novelty", detector.novelty);
  out.bare(2, "hysteresis", detector.hysteresis);
  out.text(2, "presence", detector.presence);
  out.section(2, "absence");
  out.bare(3, "after", detector.absence.after);
  out.duration(3, "forget", detector.absence.forget);
  out.section(2, "features");
  for (const FeatureSpec& feature : detector.features) write_feature(out, feature);
  out.section(2, "forest");
  out.bare(3, "trees", detector.forest.trees);
  out.bare(3, "sample", detector.forest.sample);
  out.bare(3, "seed", detector.forest.seed);
}

}  // namespace

std::string to_yaml(const Config& config) {
  Writer out;
  write_prometheus(out, config.prometheus);
  if (!config.detectors.empty()) out.section(0, "detectors");
  for (const DetectorSpec& detector : config.detectors) write_detector(out, detector);
  if (!config.models.empty()) out.section(0, "models");
  for (const ModelSpec& model : config.models) {
    out.item();
    out.text(2, "name", model.name);
    out.text(2, "file", model.file.string());
  }
  out.section(0, "state");
  out.text(1, "dir", config.state.dir.string());
  out.section(0, "runtime");
  out.bare(1, "workers", config.runtime.workers);
  out.section(0, "http");
  out.bare(1, "threads", config.http.threads);
  out.section(0, "limits");
  out.bare(1, "entities_per_detector", config.limits.entities_per_detector);
  out.bare(1, "series", config.limits.series);
  out.bare(1, "feature_series", config.limits.feature_series);
  out.bare(1, "training_samples", config.limits.training_samples);
  return out.take();
}

}  // namespace exporter
