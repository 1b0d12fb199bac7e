#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "exporter/config/named_list.h"
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

Scope read_scope(MapReader& reader) {
  std::string word = "auto";
  reader.text("scope", word);
  if (word != "auto" && word != "entity" && word != "shared") {
    reader.wrong("scope", fmt::format("want auto, entity or shared, got {}", shown(word)));
  }
  if (word == "entity") return Scope::entity;
  return word == "shared" ? Scope::shared : Scope::automatic;
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

/// `N/duration`: alerts that are accepted, and in how long. Stands instead of a sensitivity.
void read_alert_budget(MapReader& reader, DetectorSpec& detector) {
  constexpr double kMostPerDay = 1000;
  std::string text;
  reader.text("alert_budget", text);
  if (text.empty()) return;
  if (reader.find("sensitivity") != nullptr) {
    reader.wrong("alert_budget",
                 "`sensitivity` is there too: a budget chooses it; keep one of the two");
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  double alerts = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + slash, alerts);
  const bool counted = error == std::errc() && stop == text.data() + slash && alerts > 0;
  const auto length = parse_duration(slash < text.size() ? text.substr(slash + 1) : "");
  const double days = length ? to_seconds(*length) / to_seconds(Duration(hours(24))) : 0;
  if (!counted || !(days > 0) || !(alerts / days <= kMostPerDay) || !(alerts / days > 0)) {
    reader.wrong("alert_budget",
                 fmt::format("want alerts per time like 1/7d, above 0 and at most {}/1d, got {}",
                             kMostPerDay, shown(text)));
    return;
  }
  detector.alert_budget = alerts / days;
}

/// The default of `forget` leaves room for slow detectors.
AbsenceConfig read_absence(const Node* node, const std::string& path, Duration interval,
                           Problems& problems) {
  AbsenceConfig absence;
  MapReader reader(node, path, problems);
  std::uint64_t after = absence.after;
  reader.whole("after", after, 1, 1000);
  absence.after = after;
  const Duration noticed = interval * static_cast<Duration::rep>(absence.after);
  const std::size_t before = reader.problems().size();
  absence.forget = std::max(absence.forget, 2 * noticed);
  reader.duration("forget", absence.forget, Duration::zero(), 5 * kYear);
  if (reader.problems().size() == before && absence.forget < noticed) {
    reader.wrong("forget", fmt::format("{} is shorter than {} intervals (`after`), {}: no absence "
                                       "would ever be told",
                                       format_duration(absence.forget), absence.after,
                                       format_duration(noticed)));
  }
  reader.finish();
  return absence;
}

/// Metrics tell a detector's queries apart by `feature`, and call the presence query `presence`.
void check_presence_name(MapReader& reader, const DetectorSpec& detector) {
  const auto taken = [](const FeatureSpec& feature) { return feature.name == kPresenceQuery; };
  if (!detector.presence.empty() && std::ranges::any_of(detector.features, taken)) {
    reader.wrong("presence",
                 "a feature has the name that metrics give to this query, presence; "
                 "give the feature another one");
  }
}

DetectorSpec read_detector(const Node& node, const std::string& path,
                           const std::filesystem::path& folder, Problems& problems) {
  DetectorSpec detector;
  MapReader reader(&node, path, problems);
  read_name(reader, detector.name, "-", "letters, digits, _ and -");
  read_by(reader, detector.by);
  read_schedule(reader, detector);
  detector.scope = read_scope(reader);
  read_calendar(reader, folder, detector);
  reader.number("sensitivity", detector.sensitivity, 0, 1);
  read_alert_budget(reader, detector);
  reader.duration("novelty", detector.novelty, Duration::zero(), kYear);
  std::uint64_t hysteresis = detector.hysteresis;
  reader.whole("hysteresis", hysteresis, 1, 1000);
  detector.hysteresis = hysteresis;
  read_query(reader, "presence", detector.presence);
  detector.absence =
      read_absence(reader.find("absence"), reader.path_of("absence"), detector.interval, problems);
  reader.require("features");
  if (const Node* features = reader.find("features")) {
    detector.features = read_named_list<FeatureSpec>(
        *features, reader.path_of("features"), "feature", kMaxFeatures, problems, read_feature);
  }
  check_presence_name(reader, detector);
  detector.forest = read_forest(reader.find("forest"), reader.path_of("forest"), problems);
  reader.finish();
  return detector;
}

}  // namespace

std::vector<DetectorSpec> read_detectors(const Node* node, const std::filesystem::path& folder,
                                         Problems& problems) {
  if (node == nullptr) return {};
  const auto read = [&](const Node& entry, const std::string& path, Problems& found) {
    return read_detector(entry, path, folder, found);
  };
  return read_named_list<DetectorSpec>(*node, "detectors", "detector", kMaxDetectors, problems,
                                       read);
}

}  // namespace exporter::config
