#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "exporter/config/config.h"

using namespace std::chrono_literals;
using exporter::DetectorSpec;
using Change = std::function<void(DetectorSpec&)>;

namespace {

DetectorSpec example() {
  DetectorSpec spec;
  spec.name = "node";
  spec.by = {"job", "instance"};
  spec.features = {{"a", "up", exporter::MissingPolicy::gap},
                   {"b", "down", exporter::MissingPolicy::gap}};
  spec.forest.sample = 256;
  return spec;
}

DetectorSpec changed(const Change& change) {
  DetectorSpec spec = example();
  change(spec);
  return spec;
}

}  // namespace

TEST_CASE("what a model depends on changes both checksums", "[config]") {
  const std::vector<Change> changes{
      [](DetectorSpec& s) { s.by = {"instance"}; },
      [](DetectorSpec& s) { s.by = {"jobinstance"}; },
      [](DetectorSpec& s) { s.interval = 2min; },
      [](DetectorSpec& s) { s.season = {24h}; },
      [](DetectorSpec& s) { s.season = {}; },
      [](DetectorSpec& s) { s.features[0].name = std::string("c"); },
      [](DetectorSpec& s) { s.features[0].query = std::string("up2"); },
      [](DetectorSpec& s) { s.features[0].missing = exporter::MissingPolicy::zero; },
      [](DetectorSpec& s) { std::swap(s.features[0], s.features[1]); },
      [](DetectorSpec& s) { s.features.pop_back(); },
      [](DetectorSpec& s) { s.forest.trees = 101; },
      [](DetectorSpec& s) { s.scope = exporter::Scope::shared; },
      [](DetectorSpec& s) { s.timezone = "Europe/Berlin"; },
      [](DetectorSpec& s) {
        s.calendar = std::make_shared<const exporter::Calendar>(
            *exporter::Calendar::make("UTC", {exporter::Day{}}));
      },
      [](DetectorSpec& s) { s.forest.sample = 255; },
      [](DetectorSpec& s) { s.forest.seed = 17; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO("change " << i);
    CHECK(changed(changes[i]).training_checksum() != example().training_checksum());
    CHECK(changed(changes[i]).checksum() != example().checksum());
  }
}

TEST_CASE("other edits keep the model and change the whole checksum", "[config]") {
  const std::vector<Change> changes{
      [](DetectorSpec& s) { s.name = std::string("host"); },
      [](DetectorSpec& s) { s.history = 48h; },
      [](DetectorSpec& s) { s.retrain = 2h; },
      [](DetectorSpec& s) { s.sensitivity = 0.3; },
      [](DetectorSpec& s) { s.novelty = 1h; },
      [](DetectorSpec& s) { s.hysteresis = 4; },
      [](DetectorSpec& s) { s.alert_budget = 0.5; },
      [](DetectorSpec& s) { s.presence = "up"; },
      [](DetectorSpec& s) { s.absence.after = 4; },
      [](DetectorSpec& s) { s.absence.forget = 48h; },
      [](DetectorSpec& s) { s.features[0].direction = exporter::Direction::up; },
      [](DetectorSpec& s) { s.features[0].min_deviation = 1; },
      [](DetectorSpec& s) { s.features[0].min_deviation_ratio = 1; },
      [](DetectorSpec& s) {
        s.features[0].range = exporter::ValueRange{0, 1};
      },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO("change " << i);
    CHECK(changed(changes[i]).training_checksum() == example().training_checksum());
    CHECK(changed(changes[i]).checksum() != example().checksum());
  }
}

TEST_CASE("text that moves from one part to the next is another checksum", "[config]") {
  const auto a = changed([](DetectorSpec& s) { s.by = {"ab", "c"}; });
  const auto b = changed([](DetectorSpec& s) { s.by = {"a", "bc"}; });
  CHECK(a.training_checksum() != b.training_checksum());
}

// FNV-1a 64 of `2:by1:23:job8:instance8:interval7:60000ms...`, computed apart from this code.
TEST_CASE("checksums stay the same from version to version, as saved models name them",
          "[config]") {
  CHECK(example().training_checksum() == 0x40321c926d4b3269ULL);
  CHECK(example().checksum() == 0x1f57804874a20fc0ULL);
}

TEST_CASE("every later edit has a checksum of its own", "[config]") {
  const auto at = [](std::size_t feature, double least, double ratio) {
    return changed([=](DetectorSpec& s) {
             s.features[feature].min_deviation = least;
             s.features[feature].min_deviation_ratio = ratio;
           })
        .checksum();
  };
  const std::set<std::uint64_t> all{at(0, 1, 0), at(0, 0, 1), at(1, 1, 0), at(1, 0, 1),
                                    at(0, 2, 0)};
  CHECK(all.size() == 5);
}
