#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "exporter/detector/detector.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

using Rows = std::vector<std::vector<double>>;

struct World : TwoHosts {
  Detector detector{two_features(), LimitsConfig{}, Duration{0}, source, store, clock, Observer{}};

  World() { detector.train({}); }
  void step() {
    clock.advance(detector.spec().interval);
    detector.cycle(0, {});
  }
  void displace(const std::string& feature, const std::string& name) {
    source->set(feature, host(name), [](TimePoint) { return 90.0; });
  }
  Result<std::vector<RowVerdict>> predict(const Rows& rows, std::optional<TimePoint> time) const {
    return detector.predict({.entity = host("x"), .time = time, .explain = true, .rows = rows});
  }
};

}  // namespace

TEST_CASE("a batch holds what was seen and what was expected of every entity") {
  World world;
  world.displace("b", "y");
  world.step();
  const auto batch = world.detector.batch();
  CHECK(batch->features == std::vector<std::string>{"a", "b"});
  REQUIRE(batch->values.rows() == 2);
  REQUIRE(batch->expected.rows() == 2);
  CHECK(batch->values(0, 0) == noise(10, 12.9898)(batch->at));
  CHECK(batch->values(1, 1) == 90);
  CHECK(batch->expected(1, 0) == Approx(10).margin(0.2));
  CHECK(batch->expected(1, 1) == Approx(50).margin(0.2));
}

TEST_CASE("a batch says why an entity is detected, and for as long as it is active") {
  World world;
  world.step();
  world.displace("b", "y");
  world.step();
  auto batch = world.detector.batch();
  CHECK(batch->scores[0].contributions.empty());
  REQUIRE(batch->scores[1].detected);
  REQUIRE_FALSE(batch->scores[1].contributions.empty());
  CHECK(batch->scores[1].contributions[0].feature == 1);
  CHECK(batch->scores[1].contributions[0].share > 0.8);

  world.source->set("b", host("y"), noise(50, 78.233));
  world.step();
  batch = world.detector.batch();
  CHECK_FALSE(batch->scores[1].detected);
  CHECK(batch->scores[1].active);
  CHECK_FALSE(batch->scores[1].contributions.empty());
}

TEST_CASE("an entity without any data in a cycle leaves its place in values to the next") {
  World world;
  for (const char* feature : {"a", "b"}) {
    world.source->set(feature, host("x"), [](TimePoint) { return kGap; });
  }
  world.step();
  const auto batch = world.detector.batch();
  REQUIRE(batch->scores.size() == 1);
  REQUIRE(batch->values.rows() == 1);
  CHECK(batch->scores[0].entity == host("y"));
  CHECK(batch->values(0, 1) == noise(50, 78.233)(batch->at));
}

TEST_CASE("when a whole fleet is anomalous, the worst are explained") {
  DetectorSpec spec = two_features();
  spec.forest.trees = 5;
  spec.history = std::chrono::hours(5);
  TwoHosts world;
  const int hosts = 2 * static_cast<int>(kExplainedPerCycle) + 30;
  for (int i = 0; i < hosts; ++i) add_host(*world.source, std::to_string(i));
  Detector detector(spec, LimitsConfig{}, Duration{0}, world.source, world.store, world.clock,
                    Observer{});
  detector.train({});
  for (int i = 0; i < hosts; ++i) {
    world.source->set("a", host(std::to_string(i)),
                      [=](TimePoint) { return 30.0 + 20 * ((i * 7) % hosts); });
  }
  world.clock.advance(spec.interval);
  detector.cycle(0, {});
  std::vector<double> explained, others;
  const auto batch = detector.batch();
  for (const EntityScore& score : batch->scores) {
    if (!score.detected) continue;
    (score.contributions.empty() ? others : explained).push_back(score.severity());
  }
  CHECK(explained.size() == kExplainedPerCycle);
  CHECK(others.size() > kExplainedPerCycle);
  CHECK(*std::ranges::min_element(explained) >= *std::ranges::max_element(others));
}

TEST_CASE("a prediction with reasons names every feature") {
  World world;
  world.step();
  const auto verdicts = world.predict({{90, 50}, {10, kGap}}, std::nullopt);
  REQUIRE(verdicts);
  const auto& reasons = (*verdicts)[0].reasons;
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].feature == "a");
  CHECK(reasons[0].value == 90);
  CHECK(reasons[0].expected == Approx(10).margin(0.2));
  CHECK(reasons[0].contribution > 0.8);
  CHECK(reasons[0].contribution + reasons[1].contribution == Approx(1));
  CHECK(std::isnan((*verdicts)[1].reasons[1].value));
  CHECK((*verdicts)[1].reasons[1].contribution < 0.1);
}

TEST_CASE("a prediction at the time of a cycle is what the cycle found") {
  World world;
  for (int i = 0; i < 10; ++i) world.step();
  const auto earlier = world.detector.batch();
  world.step();
  world.step();
  const auto batch = world.detector.batch();
  for (const auto& each : {earlier, batch}) {
    const Rows rows{{each->values(0, 0), each->values(0, 1)}};
    const auto verdicts = world.predict(rows, each->at);
    REQUIRE(verdicts);
    CHECK((*verdicts)[0].score == each->scores[0].score);
    CHECK((*verdicts)[0].threshold == each->scores[0].threshold);
  }
  CHECK(world.predict({{10, 50}}, earlier->at + std::chrono::seconds(59)));
  const auto now = world.predict({{batch->values(0, 0), batch->values(0, 1)}}, std::nullopt);
  CHECK((*now)[0].score == batch->scores[0].score);
}

TEST_CASE("a prediction outside of what is kept names the range") {
  World world;
  const Rows rows{{10, 50}};
  CHECK(world.predict(rows, world.clock.now()).error().label() == "time");
  world.step();
  const TimePoint now = world.clock.now();
  CHECK(world.predict(rows, now));
  const auto ahead = world.predict(rows, now + std::chrono::seconds(1));
  REQUIRE_FALSE(ahead);
  CHECK(ahead.error().label() == "time");
  CHECK(ahead.error().kind == ErrorKind::request);
  CHECK(ahead.error().message ==
        R"(time 2024-10-04T10:01:01Z is outside of what is kept of entity {instance="x"}: )"
        "2024-10-04T06:51:00Z to 2024-10-04T10:01:00Z");
  CHECK(world.predict(rows, now - std::chrono::hours(1)));
  CHECK_FALSE(world.predict(rows, now - std::chrono::hours(5)));
  CHECK_FALSE(world.predict(rows, TimePoint::max()));
  CHECK_FALSE(world.predict(rows, TimePoint::min()));
}

TEST_CASE("a detector remembers its cycles, over a reload too") {
  World world;
  CHECK_FALSE(world.detector.last_cycle());
  world.step();
  world.step();
  REQUIRE(world.detector.last_cycle());
  CHECK(world.detector.last_cycle()->at == world.clock.now());
  CHECK(world.detector.last_cycle()->error.empty());
  CHECK(world.detector.history().of(host("x"), 10).size() == 2);
  world.source->fail(Error{ErrorKind::upstream, "refused", "connection"});
  world.step();
  CHECK(world.detector.last_cycle()->error == "feature a: refused");
  CHECK(world.detector.history().steps() == 2);

  Detector after(world.detector.spec(), LimitsConfig{}, Duration{0}, world.source, world.store,
                 world.clock, Observer{});
  after.inherit(world.detector);
  CHECK(after.history().of(host("x"), 10).size() == 2);
  CHECK(after.last_cycle());
}
