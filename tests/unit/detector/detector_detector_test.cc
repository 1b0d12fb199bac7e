#include "exporter/detector/detector.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

using Rows = std::vector<std::vector<double>>;

// Makes detectors over two hosts and keeps what they report.
struct World : TwoHosts {
  std::vector<CycleReport> cycles;
  std::vector<TrainingReport> trainings;
  std::vector<StateReport> states;

  std::unique_ptr<Detector> detector(const DetectorSpec& spec = two_features()) {
    return std::make_unique<Detector>(
        spec, LimitsConfig{}, Duration{0}, source, store, clock,
        Observer{.cycle = [this](const CycleReport& r) { cycles.push_back(r); },
                 .training = [this](const TrainingReport& r) { trainings.push_back(r); },
                 .state = [this](const StateReport& r) { states.push_back(r); }});
  }
  void step(Detector& detector) {
    clock.advance(detector.spec().interval);
    detector.cycle(0, {});
  }
};

}  // namespace

TEST_CASE("a detector warms, is ready after training, and stale when cycles stop") {
  World world;
  const auto detector = world.detector();
  CHECK(detector->state() == DetectorState::warming);
  CHECK_FALSE(detector->attempted());
  world.step(*detector);
  CHECK(detector->attempted());
  CHECK(detector->state() == DetectorState::warming);
  detector->train({});
  world.step(*detector);
  CHECK(detector->state() == DetectorState::ready);
  CHECK(detector->batch()->scores.size() == 2);
  REQUIRE(world.trainings.size() == 1);
  CHECK(world.trainings[0].entities == 2);
  CHECK(world.trainings[0].rows == 1202);

  world.clock.advance(std::chrono::minutes(6));
  CHECK(detector->state() == DetectorState::stale);
  CHECK(detector->batch() == nullptr);
}

TEST_CASE("a failed cycle keeps the last batch for a while and is reported") {
  World world;
  const auto detector = world.detector();
  detector->train({});
  world.step(*detector);
  world.source->fail(Error{ErrorKind::upstream, "refused", "connection"});
  world.step(*detector);
  CHECK(detector->batch() != nullptr);
  REQUIRE(world.cycles.back().error);
  CHECK(world.cycles.back().error->label() == "connection");
  world.source->fail(std::nullopt);
  world.step(*detector);
  CHECK_FALSE(world.cycles.back().error);
}

TEST_CASE("a failed training is tried again with growing pauses, and the old model stays") {
  World world;
  const auto detector = world.detector();
  world.source->fail(Error{ErrorKind::upstream, "refused", "connection"});
  detector->train({});
  detector->train({});
  CHECK(world.trainings.size() == 1);
  world.clock.advance(std::chrono::minutes(1));
  detector->train({});
  CHECK(world.trainings.size() == 2);
  world.clock.advance(std::chrono::minutes(1));
  detector->train({});
  CHECK(world.trainings.size() == 2);
  world.clock.advance(std::chrono::minutes(1));
  world.source->fail(std::nullopt);
  detector->train({});
  CHECK(detector->model() != nullptr);
}

TEST_CASE("a restart uses the saved model and does not train again") {
  World world;
  {
    const auto detector = world.detector();
    detector->train({});
    detector->save_live();
  }
  const auto detector = world.detector();
  detector->restore();
  REQUIRE(detector->model() != nullptr);
  detector->train({});
  CHECK(world.trainings.size() == 1);
  world.step(*detector);
  CHECK(detector->state() == DetectorState::ready);
}

TEST_CASE("an alert goes on over a restart and does not begin twice") {
  World world;
  const auto displaced = [](TimePoint) { return 90.0; };
  {
    const auto detector = world.detector();
    detector->train({});
    world.step(*detector);
    world.source->set("a", host("x"), displaced);
    world.step(*detector);
    CHECK(world.cycles.back().alerts_started == 1);
  }
  const auto detector = world.detector();
  detector->restore();
  world.step(*detector);
  CHECK(detector->batch()->scores[0].active);
  CHECK(world.cycles.back().alerts_started == 0);
}

TEST_CASE("a damaged model file is set aside, reported, and trained anew") {
  World world;
  world.detector()->train({});
  std::ofstream(world.folder.path / "test.model", std::ios::trunc) << "rubbish";
  const auto detector = world.detector();
  detector->restore();
  CHECK(detector->model() == nullptr);
  REQUIRE(world.states.back().error);
  CHECK(std::filesystem::exists(world.folder.path / "test.model.bad"));
  detector->train({});
  CHECK(detector->model() != nullptr);
}

TEST_CASE("a saved model of another definition is not used") {
  World world;
  world.detector()->train({});
  DetectorSpec other = two_features();
  other.forest.seed = 17;
  const auto detector = world.detector(other);
  detector->restore();
  CHECK(detector->model() == nullptr);
  CHECK_FALSE(world.states.back().error);
}

TEST_CASE("an edit that training does not depend on keeps the model and takes effect") {
  World world;
  const auto before = world.detector();
  before->train({});
  world.step(*before);
  DetectorSpec edited = two_features();
  edited.sensitivity = 0.6;
  const auto after = world.detector(edited);
  after->inherit(*before);
  CHECK(after->model() == before->model());
  world.step(*after);
  CHECK(after->batch()->scores[0].threshold > before->batch()->scores[0].threshold);
}

TEST_CASE("a prediction scores a vector as the entity's newest row") {
  World world;
  const auto detector = world.detector();
  const Rows usual{{10, 50}};
  CHECK(detector->predict({.entity = host("x"), .rows = usual}).error().label() == "not_trained");
  detector->train({});
  world.step(*detector);
  const Rows rows{{10, 50}, {90, 50}};
  const auto verdicts = detector->predict({.entity = host("x"), .rows = rows});
  REQUIRE(verdicts);
  CHECK((*verdicts)[0].score < (*verdicts)[0].threshold);
  CHECK((*verdicts)[1].score > (*verdicts)[1].threshold);
  CHECK((*verdicts)[1].reasons.empty());
  const auto refused = [&](const std::optional<Labels>& entity, const Rows& wrong) {
    return detector->predict({.entity = entity, .rows = wrong}).error().label();
  };
  CHECK(refused(std::nullopt, usual) == "entity_required");
  CHECK(refused(host("z"), usual) == "entity_not_found");
  CHECK(refused(host("x"), {{10}}) == "length");
  CHECK(refused(host("x"), {{kGap, kGap}}) == "length");
}

TEST_CASE("a clock set back waits instead of scoring the same time twice") {
  World world;
  const auto detector = world.detector();
  detector->train({});
  world.step(*detector);
  const auto batch = detector->batch();
  world.clock.advance(std::chrono::minutes(-1));
  detector->cycle(0, {});
  CHECK(detector->batch() == batch);
}

TEST_CASE("after a clock was set back for good, scoring goes on from there") {
  World world;
  const auto detector = world.detector();
  detector->train({});
  world.step(*detector);
  world.clock.advance(std::chrono::hours(-2));
  CHECK(detector->batch() == nullptr);
  detector->cycle(0, {});
  REQUIRE(detector->batch() != nullptr);
  CHECK(detector->batch()->at == kStart + std::chrono::hours(8) + std::chrono::minutes(1));
}

TEST_CASE("when every entity is gone no score is shown, at once") {
  World world;
  const auto detector = world.detector();
  detector->train({});
  world.step(*detector);
  for (const char* name : {"x", "y"}) {
    for (const char* feature : {"a", "b"}) {
      world.source->set(feature, host(name), [](TimePoint) { return kGap; });
    }
  }
  world.step(*detector);
  REQUIRE(detector->batch() != nullptr);
  CHECK(detector->batch()->scores.empty());
  CHECK(detector->batch()->missing.size() == 2);
  CHECK_FALSE(world.cycles.back().error);
}

TEST_CASE("a restart inside an incident keeps the reference from before it") {
  World world;
  DetectorSpec spec = two_features();
  spec.sensitivity = 0.4;  // far from the chance of a noisy row
  {
    const auto detector = world.detector(spec);
    detector->train({});
    world.step(*detector);
    world.source->set("a", host("x"), [usual = noise(10, 12.9898)](TimePoint at) {
      return usual(at) + (at > kStart + std::chrono::hours(10) + std::chrono::minutes(1) ? 30 : 0);
    });
    for (int i = 0; i < 30; ++i) world.step(*detector);
    CHECK(detector->batch()->scores[0].active);
    detector->save_live();
  }
  const auto detector = world.detector(spec);
  detector->restore();
  for (int i = 0; i < 30; ++i) {
    world.step(*detector);
    REQUIRE(detector->batch()->scores[0].active);
  }
  add_host(*world.source, "x");
  for (int i = 0; i < 4; ++i) world.step(*detector);
  CHECK_FALSE(detector->batch()->scores[0].active);
}
