#include <catch2/catch.hpp>
#include <functional>
#include <limits>

#include "exporter/detector/cycle.h"
#include "exporter/detector/training.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

FeatureSpec feature(Direction direction, double least = 0, double ratio = 0) {
  return {.name = "f",
          .query = "f",
          .direction = direction,
          .min_deviation = least,
          .min_deviation_ratio = ratio};
}

// Two hosts of two trained features; feature a moves around 10 by 1, b around 50.
struct World {
  FakeSource source;
  DetectorSpec spec = two_features();
  TrainedModel model;
  LiveState live;
  TimePoint now = kStart + std::chrono::hours(10);
  CycleReport report;
  Explainers explainers{kExplainerBytes};

  explicit World(const std::function<void(FeatureSpec&)>& limit) {
    add_host(source, "x");
    add_host(source, "y");
    spec.sensitivity = 0.4;
    limit(spec.features[0]);
    TrainingReport training;
    model = *run_training(spec, {}, {.first = kStart, .last = now, .full = true, .entities = {}},
                          nullptr, source, {}, training);
    REQUIRE(cycle());
  }
  Result<ScoreBatch> cycle(Explainers* why = nullptr) {
    now += spec.interval;
    report = {};
    return run_cycle(spec, {}, &model, live, source, now, {}, report, why);
  }
  EntityScore score_of_x(Explainers* why = nullptr) { return cycle(why)->scores[0]; }
  void set_a(double level) {
    source.set("a", host("x"), [usual = noise(10, 12.9898), from = now, level](TimePoint at) {
      return at > from ? level : usual(at);
    });
  }
};

void no_limit(FeatureSpec&) {}
void only_up(FeatureSpec& a) { a.direction = Direction::up; }
void only_down(FeatureSpec& a) { a.direction = Direction::down; }

}  // namespace

TEST_CASE("a feature without limits may deviate as it likes") {
  CHECK(judge_deviation(feature(Direction::both), {1, 1, 0}) == Suppression::none);
  CHECK(judge_deviation(feature(Direction::both), {kGap, kGap, 0}) == Suppression::none);
}

TEST_CASE("a direction asks for the side of the expectation") {
  CHECK(judge_deviation(feature(Direction::up), {2, 1, 0}) == Suppression::none);
  CHECK(judge_deviation(feature(Direction::up), {0, 1, 0}) == Suppression::direction);
  CHECK(judge_deviation(feature(Direction::up), {1, 1, 0}) == Suppression::direction);
  CHECK(judge_deviation(feature(Direction::down), {0, 1, 0}) == Suppression::none);
  CHECK(judge_deviation(feature(Direction::down), {2, 1, 0}) == Suppression::direction);
  CHECK(judge_deviation(feature(Direction::up), {kGap, 1, 0}) == Suppression::direction);
}

TEST_CASE("to be on one side takes more than noise, unless both sides will do") {
  CHECK(judge_deviation(feature(Direction::up), {13, 10, 1}) == Suppression::direction);
  CHECK(judge_deviation(feature(Direction::up), {13.1, 10, 1}) == Suppression::none);
  CHECK(judge_deviation(feature(Direction::down), {7, 10, 1}) == Suppression::direction);
  CHECK(judge_deviation(feature(Direction::down), {6.9, 10, 1}) == Suppression::none);
  CHECK(judge_deviation(feature(Direction::both, 0.5), {11, 10, 1}) == Suppression::none);
}

TEST_CASE("both minimum deviations must be reached, each end included") {
  const auto both = Direction::both;
  CHECK(judge_deviation(feature(both, 2), {8, 10, 0}) == Suppression::none);
  CHECK(judge_deviation(feature(both, 2), {11.9, 10, 0}) == Suppression::min_deviation);
  CHECK(judge_deviation(feature(both, 0, 0.5), {-15, -10, 0}) == Suppression::none);
  CHECK(judge_deviation(feature(both, 0, 0.5), {14.9, 10, 0}) == Suppression::min_deviation_ratio);
  CHECK(judge_deviation(feature(both, 2, 0.5), {13, 10, 0}) == Suppression::min_deviation_ratio);
  CHECK(judge_deviation(feature(both, 0, 0.5), {1, 0, 0}) == Suppression::none);
}

TEST_CASE("a row passes by a feature that has a real part in it, not by one that moved by chance") {
  const std::vector features{feature(Direction::up), feature(Direction::both)};
  const std::vector<Deviation> row{{0, 10, 1}, {5, 4, 1}};
  const auto judge = [&](double a, double b) {
    return judge_row(features, row, std::vector{a, b});
  };
  CHECK(judge(0.95, 0.05) == Suppression::direction);
  CHECK(judge(0.7, 0.3) == Suppression::none);
  CHECK(judge(0, 1) == Suppression::none);
  CHECK(judge(0, 0) == Suppression::none);
}

TEST_CASE("a fall of a feature that may only rise is scored but not detected, and says so") {
  World fallen(only_up);
  fallen.set_a(-20);
  for (Explainers* why : {static_cast<Explainers*>(nullptr), &fallen.explainers}) {
    const auto verdict = fallen.score_of_x(why);
    CHECK(verdict.score > verdict.threshold);
    CHECK_FALSE(verdict.detected);
    CHECK_FALSE(verdict.active);
    CHECK(verdict.suppressed == Suppression::direction);
    REQUIRE_FALSE(verdict.contributions.empty());
    CHECK(verdict.contributions[0].feature == 0);
    CHECK(fallen.report.suppressed == decltype(fallen.report.suppressed){{"direction", 1}});
  }
  World risen(only_up), free(no_limit), down(only_down);
  risen.set_a(40);
  CHECK(risen.score_of_x().active);
  CHECK(risen.report.suppressed.empty());
  free.set_a(-20);
  CHECK(free.score_of_x().active);
  down.set_a(-20);
  CHECK(down.score_of_x().active);
}

TEST_CASE("a deviation that is too small in itself or for its level is not detected") {
  World absolute([](FeatureSpec& a) { a.min_deviation = 50; });
  absolute.set_a(40);
  CHECK(absolute.score_of_x().suppressed == Suppression::min_deviation);
  World relative([](FeatureSpec& a) { a.min_deviation_ratio = 5; });
  relative.set_a(40);
  CHECK(relative.score_of_x().suppressed == Suppression::min_deviation_ratio);
  relative.set_a(70);
  CHECK(relative.score_of_x().active);
}

TEST_CASE("what is not worth telling does not hide what is") {
  World world(only_up);
  world.set_a(-200);
  CHECK(world.score_of_x().suppressed == Suppression::direction);
  world.set_a(40);
  CHECK(world.score_of_x().active);
}

TEST_CASE("the end of a suppressed incident is no incident") {
  World world(only_up);
  world.set_a(-20);
  for (int i = 0; i < 30; ++i) CHECK_FALSE(world.score_of_x().detected);
  world.source.set("a", host("x"), noise(10, 12.9898));
  for (int i = 0; i < 30; ++i) CHECK_FALSE(world.score_of_x().detected);
}

TEST_CASE("rows that no cycle has scored are judged alike") {
  World world(only_up);
  world.set_a(-20);
  world.now += 3 * world.spec.interval;
  const auto batch = world.cycle();
  CHECK_FALSE(batch->scores[0].active);
  CHECK(world.report.suppressed.at("direction") == 4);
  CHECK(world.report.alerts_started == 0);
}
