#include <catch2/catch.hpp>

#include "exporter/detector/cycle.h"
#include "exporter/detector/detector.h"
#include "exporter/detector/training.h"
#include "exporter/detector/valid_values.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

DetectorSpec ranged() {
  DetectorSpec spec = two_features();
  spec.features[0].range = ValueRange{0, 100};
  return spec;
}

}  // namespace

TEST_CASE("a value outside of its range becomes a gap, the ends belong to it") {
  std::vector<double> row{100.5, 1e9};
  CHECK(drop_invalid(ranged(), row) == 1);
  CHECK(std::isnan(row[0]));
  CHECK(row[1] == 1e9);
  for (const double valid : {0.0, 100.0}) {
    std::vector<double> kept{valid, kGap};
    CHECK(drop_invalid(ranged(), kept) == 0);
    CHECK(kept[0] == valid);
  }
}

TEST_CASE("broken values lower the coverage, are counted, and are nobody's anomaly") {
  TwoHosts world;
  std::vector<CycleReport> cycles;
  Detector detector(ranged(), LimitsConfig{}, Duration{0}, world.source, world.store, world.clock,
                    Observer{.cycle = [&](const CycleReport& each) { cycles.push_back(each); },
                             .training = {},
                             .state = {}});
  detector.train({});
  const auto step = [&] {
    world.clock.advance(detector.spec().interval);
    detector.cycle(0, {});
  };
  step();
  CHECK(cycles.back().values_dropped.empty());
  world.source->set("a", host("x"), [](TimePoint) { return -1.0; });
  step();
  const auto batch = detector.batch();
  CHECK(batch->scores[0].coverage == 0.5);
  CHECK_FALSE(batch->scores[0].detected);
  CHECK(std::isnan(batch->values(0, 0)));
  CHECK(cycles.back().values_dropped == std::map<std::string, std::size_t>{{"a", 1}});

  const std::vector<std::vector<double>> rows{{-1, 50}, {kGap, 50}};
  const auto verdicts = detector.predict({.entity = host("x"), .rows = rows});
  REQUIRE(verdicts);
  CHECK((*verdicts)[0].score == (*verdicts)[1].score);
}

TEST_CASE("training does not learn from values outside of their range") {
  FakeSource source;
  source.set("a", host("x"), [usual = noise(10, 12.9898)](TimePoint at) {
    return at < kStart + std::chrono::hours(3) ? 1e9 : usual(at);
  });
  source.set("b", host("x"), noise(50, 78.233));
  TrainingReport report;
  const TrainingPlan plan{
      .first = kStart, .last = kStart + std::chrono::hours(10), .full = true, .entities = {}};
  const auto model = run_training(ranged(), {}, plan, nullptr, source, {}, report);
  REQUIRE(model);
  CHECK(model->find(host("x"))->context.season[0].level == Approx(10).margin(0.5));
  CHECK(model->find(host("x"))->context.season[0].spread < 2);
}
