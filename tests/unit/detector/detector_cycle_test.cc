#include <catch2/catch.hpp>

#include "exporter/detector/cycle.h"
#include "exporter/detector/training.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

// A source with two hosts, and a model of both trained on ten hours.
struct World {
  FakeSource source;
  DetectorSpec spec = two_features();
  TrainedModel model;
  LiveState live;
  TimePoint now = kStart + std::chrono::hours(10);
  CycleReport report;

  World() {
    add_host(source, "x");
    add_host(source, "y");
    spec.sensitivity = 0.4;  // far from the chance of a noisy row
    TrainingReport training;
    model = *run_training(spec, {}, {.first = kStart, .last = now, .full = true, .entities = {}},
                          nullptr, source, {}, training);
  }
  Result<ScoreBatch> cycle() {
    now += spec.interval;
    report = {};
    return run_cycle(spec, {}, &model, live, source, now, {}, report);
  }
  // Adds `by` to feature a of host x from now on, until `for_rows` rows later.
  void displace(double by, int for_rows) {
    const TimePoint from = now, until = now + spec.interval * for_rows;
    source.set("a", host("x"), [=, usual = noise(10, 12.9898)](TimePoint at) {
      return usual(at) + (at > from && at <= until ? by : 0);
    });
  }
};

}  // namespace

TEST_CASE("a cycle scores each entity and finds usual rows usual") {
  World world;
  const auto batch = world.cycle();
  REQUIRE(batch);
  REQUIRE(batch->scores.size() == 2);
  CHECK(batch->entities == 2);
  for (const EntityScore& each : batch->scores) {
    CHECK(each.score > 0);
    CHECK(each.score < each.threshold);
    CHECK(each.severity() < 0);
    CHECK(each.ready);
    CHECK(each.coverage == 1);
    CHECK_FALSE(each.detected);
  }
}

TEST_CASE("the first cycle reads a window, the later ones an instant") {
  World world;
  REQUIRE(world.cycle());
  CHECK(world.source.grids().back().size == kContextWindow + 1);
  REQUIRE(world.cycle());
  CHECK(world.source.grids().back() == TimeGrid{world.now, world.spec.interval, 1});
}

TEST_CASE("a displaced feature makes its entity active, and no other; both end with it") {
  World world;
  REQUIRE(world.cycle());
  world.displace(30, 40);
  const auto first = world.cycle();
  REQUIRE(first);
  CHECK(first->scores[0].detected);
  CHECK(first->scores[0].active);
  CHECK_FALSE(first->scores[1].active);
  CHECK(world.report.alerts_started == 1);
  for (int i = 0; i < 39; ++i) {
    const auto during = world.cycle();
    CHECK(during->scores[0].active);
    CHECK(world.report.alerts_started == 0);
  }
  // The first row after it is usual again: the reference is what came before the incident.
  CHECK_FALSE(world.cycle()->scores[0].detected);
  for (std::size_t i = 2; i <= world.spec.hysteresis; ++i) {
    const auto after = world.cycle();
    INFO(after->scores[0].score << " of " << after->scores[0].threshold);
    CHECK(after->scores[0].active == (i < world.spec.hysteresis));
  }
}

TEST_CASE("an entity that lacks a feature is scored on the rest, one that is gone is left out") {
  World world;
  REQUIRE(world.cycle());
  world.source.set("a", host("x"), [](TimePoint) { return kGap; });
  const auto partial = world.cycle();
  REQUIRE(partial->scores.size() == 2);
  CHECK(partial->scores[0].coverage == 0.5);
  world.source.set("b", host("x"), [](TimePoint) { return kGap; });
  const auto gone = world.cycle();
  REQUIRE(gone->scores.size() == 1);
  CHECK(gone->scores[0].entity == host("y"));
}

TEST_CASE("a new entity is counted, and scored once it has a model") {
  World world;
  add_host(world.source, "new");
  const auto batch = world.cycle();
  CHECK(batch->entities == 3);
  CHECK(batch->scores.size() == 2);
  CHECK(world.report.entities_skipped.at("no_model") == 1);
}

TEST_CASE("entities beyond the limit are left out and counted") {
  World world;
  world.report = {};
  LimitsConfig limits;
  limits.entities_per_detector = 1;
  const auto batch = run_cycle(world.spec, limits, &world.model, world.live, world.source,
                               world.now, {}, world.report);
  REQUIRE(batch);
  CHECK(batch->scores.size() == 1);
  CHECK(world.report.entities_skipped.at("limit") == 1);
}

TEST_CASE("a failed query fails the cycle, names the feature and leaves the state alone") {
  World world;
  REQUIRE(world.cycle());
  const TimePoint last = world.live.last;
  world.source.fail(Error{ErrorKind::upstream, "timeout: 30s", "timeout"});
  const auto batch = world.cycle();
  REQUIRE_FALSE(batch);
  CHECK(batch.error().message == "feature a: timeout: 30s");
  CHECK(world.live.last == last);
  REQUIRE(world.report.queries.size() == 1);
  CHECK(world.report.queries[0].error->label() == "timeout");

  world.source.fail(std::nullopt);
  REQUIRE(world.cycle());
  CHECK(world.source.grids().back().size == 2);
}

TEST_CASE("no series at all is an error of its own while nobody is known, not a batch of nothing") {
  World world;
  for (const char* name : {"x", "y"}) {
    for (const char* feature : {"a", "b"}) {
      world.source.set(feature, host(name), [](TimePoint) { return kGap; });
    }
  }
  world.model.entities.clear();
  const auto batch = world.cycle();
  REQUIRE_FALSE(batch);
  CHECK(batch.error().label() == "no_data");
}

TEST_CASE("a warming entity is scored but never detected") {
  World world;
  auto young = std::make_shared<EntityModel>(*world.model.find(host("x")));
  young->ready = false;
  world.model.entities[host("x")] = young;
  REQUIRE(world.cycle());
  world.displace(30, 10);
  const auto batch = world.cycle();
  CHECK(batch->scores[0].score > batch->scores[0].threshold);
  CHECK_FALSE(batch->scores[0].ready);
  CHECK_FALSE(batch->scores[0].detected);
  CHECK_FALSE(batch->scores[0].active);
}

TEST_CASE("evaluation times lie on the grid, behind the offset") {
  DetectorSpec spec = two_features();
  const TimePoint now = kStart + std::chrono::seconds(95);
  CHECK(evaluation_time(spec, Duration{0}, now) == kStart + std::chrono::seconds(60));
  CHECK(evaluation_time(spec, std::chrono::seconds(30), now) == kStart + std::chrono::seconds(60));
  CHECK(evaluation_time(spec, std::chrono::seconds(36), now) == kStart);
}
