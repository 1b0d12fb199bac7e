#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "exporter/config/named_list.h"
#include "exporter/config/query_check.h"
#include "exporter/config/sections.h"

namespace exporter::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kYear = hours(24 * 365);

void read_by(MapReader& reader, std::vector<std::string>& by) {
  constexpr std::array<std::string_view, 5> kOurs{"detector", "feature", "model", "state",
                                                  "reason"};
  reader.require("by");
  const std::size_t before = reader.problems().size();
  for (const Node* item : reader.texts("by", "[instance]")) {
    const std::string& label = item->text;
    if (label.starts_with("__")) {
      reader.wrong(
          "by",
          fmt::format("{}: labels that start with __ are internal and cannot tell entities apart",
                      shown(label)));
    } else if (!is_name(label)) {
      reader.wrong("by",
                   fmt::format("not a label name: {}; want letters, digits and _", shown(label)));
    } else if (std::find(by.begin(), by.end(), label) != by.end()) {
      reader.wrong("by", fmt::format("duplicate label: {}", label));
    }
    by.push_back(label);
  }
  for (const std::string_view ours : kOurs) {
    const auto has = [&](const std::string& label) {
      return std::find(by.begin(), by.end(), label) != by.end();
    };
    if (has(std::string(ours)) && has(fmt::format("exported_{}", ours))) {
      reader.wrong("by", fmt::format("{0} is written exported_{0}, which is listed too", ours));
    }
  }
  const bool given = reader.find("by") != nullptr;
  if (given && by.empty() && reader.problems().size() == before) {
    reader.wrong("by", "empty; want the labels that tell entities apart, like [instance]");
  }
  if (by.size() > kMaxLabels) reader.wrong("by", fmt::format("more than {} labels", kMaxLabels));
}

FeatureSpec read_feature(const Node& node, const std::string& path, Problems& problems) {
  FeatureSpec feature;
  MapReader reader(&node, path, problems);
  read_name(reader, feature.name, "", "letters, digits and _");
  reader.require("query");
  if (const Node* query = reader.find("query")) {
    const auto first = query->text.find_first_not_of(" \t\r\n");
    if (query->kind == Node::Kind::scalar && first == std::string::npos) {
      reader.wrong("query", "empty; want PromQL");
    } else if (query->kind != Node::Kind::scalar) {
      reader.wrong(
          "query",
          fmt::format("want PromQL text, got {}; a query that starts with {{ or [ needs quotes",
                      word_of(*query)));
    } else {
      feature.query =
          query->text.substr(first, query->text.find_last_not_of(" \t\r\n") - first + 1);
    }
    if (feature.query.size() > kMaxQueryBytes) {
      reader.wrong("query", fmt::format("longer than {} bytes", kMaxQueryBytes));
    }
    const std::string own = own_output_in(feature.query);
    if (!own.empty()) {
      reader.wrong(
          "query",
          fmt::format("it reads this exporter's own results: {}; scores must not train a detector",
                      shown(own)));
    }
  }
  std::string missing = "gap";
  reader.text("missing", missing);
  if (missing != "gap" && missing != "zero") {
    reader.wrong("missing", fmt::format("want gap or zero, got {}", shown(missing)));
  }
  feature.missing = missing == "zero" ? MissingPolicy::zero : MissingPolicy::gap;
  reader.finish();
  return feature;
}

/// Explicit periods must fit; the default ones that do not are left out.
void read_season(MapReader& reader, DetectorSpec& detector) {
  const auto fault = [&](Duration period) -> std::string {
    if (period.count() <= 0 || period % detector.interval != Duration::zero()) {
      return fmt::format("not a multiple of the interval, {}", format_duration(detector.interval));
    }
    if (period > detector.history)
      return fmt::format("longer than the history, {}", format_duration(detector.history));
    return {};
  };
  if (reader.find("season") == nullptr) {
    std::erase_if(detector.season, [&](Duration period) { return !fault(period).empty(); });
    return;
  }
  detector.season.clear();
  for (const Node* item : reader.texts("season", "[1d, 1w]")) {
    const auto period = parse_duration(item->text);
    const std::string what = period ? fault(*period) : period.error().message;
    if (!what.empty()) {
      reader.wrong("season", period ? fmt::format("{}: {}", shown(item->text), what) : what);
    } else if (std::find(detector.season.begin(), detector.season.end(), *period) !=
               detector.season.end()) {
      reader.wrong("season", fmt::format("duplicate period: {}", shown(item->text)));
    } else {
      detector.season.push_back(*period);
    }
  }
  if (detector.season.size() > kMaxSeasons)
    reader.wrong("season", fmt::format("more than {} periods", kMaxSeasons));
  std::sort(detector.season.begin(), detector.season.end());
}

void read_schedule(MapReader& reader, DetectorSpec& detector) {
  const std::size_t before = reader.problems().size();
  reader.duration("interval", detector.interval, seconds(1), hours(24));
  reader.duration("history", detector.history, seconds(1), 5 * kYear);
  reader.duration("retrain", detector.retrain, seconds(1), kYear);
  reader.find("season");
  if (reader.problems().size() != before) return;
  const auto not_below_interval = [&](std::string_view key, Duration value) {
    if (value >= detector.interval) return;
    reader.wrong(key, fmt::format("{} is shorter than the interval, {}", format_duration(value),
                                  format_duration(detector.interval)));
  };
  not_below_interval("history", detector.history);
  not_below_interval("retrain", detector.retrain);
  read_season(reader, detector);
}

ForestConfig read_forest(const Node* node, const std::string& path, Problems& problems) {
  ForestConfig forest;
  MapReader reader(node, path, problems);
  std::uint64_t trees = forest.trees;
  std::uint64_t sample = forest.sample;
  reader.whole("trees", trees, 1, kMaxTrees);
  reader.whole("sample", sample, 2, kMaxSample);
  reader.whole("seed", forest.seed, 0, UINT64_MAX);
  reader.finish();
  forest.trees = trees;
  forest.sample = sample;
  return forest;
}

DetectorSpec read_detector(const Node& node, const std::string& path, Problems& problems) {
  DetectorSpec detector;
  MapReader reader(&node, path, problems);
  read_name(reader, detector.name, "-", "letters, digits, _ and -");
  read_by(reader, detector.by);
  read_schedule(reader, detector);
  reader.number("sensitivity", detector.sensitivity, 0, 1);
  reader.duration("novelty", detector.novelty, Duration::zero(), kYear);
  std::uint64_t hysteresis = detector.hysteresis;
  reader.whole("hysteresis", hysteresis, 1, 1000);
  detector.hysteresis = hysteresis;
  reader.require("features");
  if (const Node* features = reader.find("features")) {
    detector.features = read_named_list<FeatureSpec>(
        *features, reader.path_of("features"), "feature", kMaxFeatures, problems, read_feature);
  }
  detector.forest = read_forest(reader.find("forest"), reader.path_of("forest"), problems);
  reader.finish();
  return detector;
}

}  // namespace

std::vector<DetectorSpec> read_detectors(const Node* node, Problems& problems) {
  if (node == nullptr) return {};
  return read_named_list<DetectorSpec>(*node, "detectors", "detector", kMaxDetectors, problems,
                                       read_detector);
}

}  // namespace exporter::config
