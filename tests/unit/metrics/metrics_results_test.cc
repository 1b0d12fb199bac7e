#include <algorithm>
#include <catch2/catch.hpp>

#include "exporter/metrics/results.h"
#include "exporter/metrics/scrape_body.h"
#include "exposition_reader.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

// One detector over hosts x and y; x is displaced when asked.
struct World : TwoHosts {
  std::shared_ptr<Detector> detector = make_detector(two_features());

  std::shared_ptr<Detector> make_detector(const DetectorSpec& spec) const {
    Observer observer;
    observer.render = [name = spec.name](const ScoreBatch& batch) {
      return std::make_shared<const RenderedScores>(render_scores(name, batch));
    };
    return std::make_shared<Detector>(spec, LimitsConfig{}, Duration{0}, source, store, clock,
                                      observer);
  }
  void step() {
    clock.advance(detector->spec().interval);
    detector->cycle(0, {});
  }
  std::string scrape() const {
    const DetectorList detectors{detector};
    const auto body =
        scrape_body({detector_states(detectors)}, latest_results(detectors), {.names = {}});
    return join_blocks(body.blocks);
  }
};

}  // namespace

TEST_CASE("a scrape has the verdict on each entity, of one instant") {
  World world;
  world.detector->train({});
  world.step();
  world.source->set("a", host("x"), [](TimePoint) { return 90.0; });
  world.step();
  const std::string text = world.scrape();
  const std::string x = R"({detector="test",instance="x",job=""} )";
  CHECK_THAT(text, Catch::Contains("anomaly_active" + x + "1\n"));
  CHECK_THAT(text, Catch::Contains("anomaly_detected" + x + "1\n"));
  CHECK_THAT(text, Catch::Contains("anomaly_feature_coverage_ratio" + x + "1\n"));
  CHECK_THAT(text, Catch::Contains("anomaly_score_threshold" + x));
  CHECK_THAT(text, Catch::Contains("anomaly_severity_ratio" + x));
  CHECK_THAT(text, Catch::Contains(R"(anomaly_active{detector="test",instance="y",job=""} 0)"));
  CHECK_THAT(text, Catch::Contains(R"(anomaly_entities{detector="test"} 2)"));
  CHECK_THAT(text, Catch::Contains(R"(anomaly_entities_active{detector="test"} 1)"));
  CHECK_THAT(
      text, Catch::Contains(R"(anomaly_exporter_detector_state{detector="test",state="ready"} 1)"));
}

TEST_CASE("an entity that is gone leaves the next scrape, and old batches leave it whole") {
  World world;
  world.detector->train({});
  world.step();
  for (const char* feature : {"a", "b"}) {
    world.source->set(feature, host("x"), [](TimePoint) { return kGap; });
  }
  world.step();
  const std::string x = R"({detector="test",instance="x",job=""} )";
  CHECK_THAT(world.scrape(), !Catch::Contains("anomaly_score" + x));
  CHECK_THAT(world.scrape(), Catch::Contains(R"(anomaly_score{detector="test",instance="y")"));
  CHECK_THAT(world.scrape(), Catch::Contains("anomaly_entity_absent" + x + "0\n"));
  world.step();
  world.step();
  CHECK_THAT(world.scrape(), Catch::Contains("anomaly_entity_absent" + x + "1\n"));
  CHECK_THAT(world.scrape(), Catch::Contains(R"(anomaly_entities_absent{detector="test"} 1)"));
  world.clock.advance(std::chrono::minutes(6));
  CHECK_THAT(world.scrape(), !Catch::Contains("anomaly_score"));
  CHECK_THAT(world.scrape(), Catch::Contains(R"(state="stale"} 1)"));
}

TEST_CASE("before training there are entities but no scores") {
  World world;
  world.step();
  CHECK_THAT(world.scrape(), !Catch::Contains("anomaly_score"));
  CHECK_THAT(world.scrape(), Catch::Contains(R"(anomaly_entities{detector="test"} 2)"));
  CHECK_THAT(world.scrape(), Catch::Contains(R"(state="warming"} 1)"));
}

TEST_CASE("results are those of the published batch, and go over to the next definition") {
  World world;
  world.detector->train({});
  world.step();
  const auto results = latest_results({world.detector});
  REQUIRE(results.size() == 1);
  CHECK(results[0] == world.detector->batch()->rendered);
  CHECK(latest_results({world.detector})[0] == results[0]);

  const auto next = world.make_detector(two_features());
  CHECK(latest_results({next}).empty());
  next->inherit(*world.detector);
  CHECK(latest_results({next})[0] == results[0]);
  world.step();
  CHECK(latest_results({world.detector})[0] != results[0]);
}

TEST_CASE("results come by name of their detectors") {
  World world;
  DetectorList detectors;
  for (const char* name : {"b", "c", "a"}) {
    auto spec = two_features();
    spec.name = name;
    detectors.push_back(world.make_detector(spec));
    world.clock.advance(spec.interval);
    detectors.back()->cycle(0, {});
  }
  const auto results = latest_results(detectors);
  REQUIRE(results.size() == 3);
  CHECK(results[0] == detectors[2]->batch()->rendered);
  CHECK(results[1] == detectors[0]->batch()->rendered);
  CHECK(results[2] == detectors[1]->batch()->rendered);
}

TEST_CASE("the entities of all detectors together stay under the limit of series") {
  Config config;
  config.limits.series = 140;
  config.limits.entities_per_detector = 15;
  CHECK(limits_per_detector(config).entities_per_detector == 15);
  config.detectors.resize(2);
  CHECK(limits_per_detector(config).entities_per_detector == 10);
  config.detectors.resize(50);
  CHECK(limits_per_detector(config).entities_per_detector == 1);
}

TEST_CASE("each detector has an equal share of the series for features") {
  Config config;
  config.detectors.resize(4);
  CHECK(render_limits(config).series == 25'000);
  CHECK(render_limits(config).feature_series == 500);
  CHECK(expected_series(config, 100, 5) == 100 * (kSeriesPerEntity + 10));
  CHECK(expected_series(config, 101, 5) == 101 * kSeriesPerEntity);
}
