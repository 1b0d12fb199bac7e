#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "exporter/config/named_list.h"
#include "exporter/config/query_check.h"
#include "exporter/config/sections.h"

namespace exporter::config {
namespace {

std::optional<double> number_in(const Node& node) {
  double value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, value);
  if (node.quoted || error != std::errc() || stop != end || !std::isfinite(value)) return {};
  return value == 0 ? 0 : value;  // -0 is written 0
}

/// A number, or one of the spellings of infinity in YAML and Prometheus.
std::optional<double> bound_in(const Node& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const std::string_view word : {".inf", "+.inf", "Inf", "+Inf", "inf", "+inf"}) {
    if (node.text == word) return kInfinity;
  }
  for (const std::string_view word : {"-.inf", "-Inf", "-inf"}) {
    if (node.text == word) return -kInfinity;
  }
  return number_in(node);
}

void read_deviation(MapReader& reader, std::string_view key, double& out) {
  const Node* node = reader.find(key);
  if (node == nullptr) return;
  const auto value = node->kind == Node::Kind::scalar ? number_in(*node) : std::nullopt;
  if (!value || *value < 0) {
    reader.wrong(key, fmt::format("want a number, 0 or more, got {}",
                                  node->kind == Node::Kind::scalar ? shown(node->text)
                                                                   : std::string(word_of(*node))));
    return;
  }
  out = *value;
}

void read_direction(MapReader& reader, Direction& out) {
  std::string word = "both";
  reader.text("direction", word);
  if (word == "up") out = Direction::up;
  if (word == "down") out = Direction::down;
  if (word != "both" && word != "up" && word != "down") {
    reader.wrong("direction", fmt::format("want both, up or down, got {}", shown(word)));
  }
}

void read_range(MapReader& reader, FeatureSpec& feature) {
  const Node* node = reader.find("range");
  if (node == nullptr) return;
  const std::size_t before = reader.problems().size();
  const auto ends = reader.texts("range", "[0, 1]");
  if (reader.problems().size() != before) return;
  const auto low = ends.size() == 2 ? bound_in(*ends[0]) : std::nullopt;
  const auto high = ends.size() == 2 ? bound_in(*ends[1]) : std::nullopt;
  if (!low || !high || !(*low < *high)) {
    reader.wrong("range",
                 "want [lowest, highest], two numbers, the lower one first; -inf or inf "
                 "leaves an end open");
    return;
  }
  feature.range = ValueRange{*low, *high};
  if (feature.missing == MissingPolicy::zero && !feature.range->contains(0)) {
    reader.wrong("range", "`missing: zero` reads a missing value as 0, which lies outside of it");
  }
}

}  // namespace

void read_query(MapReader& reader, std::string_view key, std::string& out) {
  const Node* query = reader.find(key);
  if (query == nullptr) return;
  const auto first = query->text.find_first_not_of(" \t\r\n");
  if (query->kind == Node::Kind::scalar && first == std::string::npos) {
    reader.wrong(key, "empty; want PromQL");
  } else if (query->kind != Node::Kind::scalar) {
    reader.wrong(
        key, fmt::format("want PromQL text, got {}; a query that starts with {{ or [ needs quotes",
                         word_of(*query)));
  } else {
    out = query->text.substr(first, query->text.find_last_not_of(" \t\r\n") - first + 1);
  }
  if (out.size() > kMaxQueryBytes) {
    reader.wrong(key, fmt::format("longer than {} bytes", kMaxQueryBytes));
  }
  const std::string own = own_output_in(out);
  if (!own.empty()) {
    reader.wrong(
        key,
        fmt::format("it reads this exporter's own results: {}; scores must not train a detector",
                    shown(own)));
  }
}

FeatureSpec read_feature(const Node& node, const std::string& path, Problems& problems) {
  FeatureSpec feature;
  MapReader reader(&node, path, problems);
  read_name(reader, feature.name, "", "letters, digits and _");
  reader.require("query");
  read_query(reader, "query", feature.query);
  std::string missing = "gap";
  reader.text("missing", missing);
  if (missing != "gap" && missing != "zero") {
    reader.wrong("missing", fmt::format("want gap or zero, got {}", shown(missing)));
  }
  feature.missing = missing == "zero" ? MissingPolicy::zero : MissingPolicy::gap;
  read_direction(reader, feature.direction);
  read_deviation(reader, "min_deviation", feature.min_deviation);
  read_deviation(reader, "min_deviation_ratio", feature.min_deviation_ratio);
  read_range(reader, feature);
  reader.finish();
  return feature;
}

}  // namespace exporter::config
