#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/packs/packs.h"

using namespace exporter;

namespace {

const std::string kPrometheus = "prometheus: {url: http://localhost:9090}\n";

std::vector<std::string> detectors_of(const std::string& text) {
  const auto config = parse_config(kPrometheus + text, "config.yaml");
  if (!config) FAIL(config.error().message);
  std::vector<std::string> names;
  for (const DetectorSpec& detector : config->detectors) names.push_back(detector.name);
  return names;
}

}  // namespace

TEST_CASE("every pack is readable, and all of them can be used at once") {
  const std::string all = pack_names();
  const auto names = detectors_of("packs: [" + all + "]\n");
  CHECK(names.size() >= packs().size());
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK(std::ranges::is_sorted(packs(), {}, &Pack::name));
  for (const Pack& pack : packs()) {
    INFO(pack.name);
    const auto own = detectors_of("packs: [" + std::string(pack.name) + "]\n");
    CHECK_FALSE(own.empty());
    // Who has two packs tells their detectors apart by the pack's name.
    for (const std::string& name : own) CHECK(name.starts_with(pack.name));
    CHECK(pack.yaml.starts_with("# "));
  }
}

TEST_CASE("features of packs say what is worth telling") {
  for (const Pack& pack : packs()) {
    INFO(pack.name);
    const auto config =
        parse_config(kPrometheus + "packs: [" + std::string(pack.name) + "]\n", "config.yaml");
    REQUIRE(config);
    for (const DetectorSpec& detector : config->detectors) {
      for (const FeatureSpec& feature : detector.features) {
        INFO(feature.name);
        CHECK((feature.min_deviation > 0 || feature.min_deviation_ratio > 0));
      }
    }
  }
}

TEST_CASE("a detector of the file takes the place of a pack's") {
  const std::string own =
      "detectors: [{name: node, by: [host], features: [{name: a, query: b}]}]\n";
  CHECK(detectors_of("packs: [node, go]\n" + own) == std::vector<std::string>{"node", "go"});
  const auto config = parse_config(kPrometheus + "packs: [node]\n" + own, "config.yaml");
  REQUIRE(config);
  CHECK(config->detectors.front().by == std::vector<std::string>{"host"});
}

TEST_CASE("the configuration written out holds the detectors of packs") {
  const auto config = parse_config(kPrometheus + "packs: [redis]\n", "config.yaml");
  REQUIRE(config);
  const auto again = parse_config(to_yaml(*config), "config.yaml");
  REQUIRE(again);
  CHECK(to_yaml(*again) == to_yaml(*config));
  CHECK(again->detectors.front().name == "redis");
}
