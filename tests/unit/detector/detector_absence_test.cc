#include <catch2/catch.hpp>
#include <vector>

#include "exporter/detector/absence.h"
#include "exporter/detector/detector.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Entities a and b, and cycles a minute apart.
struct Rule {
  AbsenceConfig rule{.after = 3, .forget = minutes(10)};
  Labels a = host("a"), b = host("b");
  MissingEntities missing;
  TimePoint now = kStart;

  AbsenceChange answer(const EntityList& present, Expected expected, std::size_t limit = 100) {
    now += minutes(1);
    return note_answered(rule, now, present, expected, limit, missing);
  }
  bool absent(const Labels& entity) const {
    return missing.contains(entity) && missing.at(entity).absent(rule, now);
  }
};

// A detector over hosts x and y, trained; the presence query is `up`.
struct World : TwoHosts {
  std::vector<CycleReport> cycles;
  std::unique_ptr<Detector> detector;

  explicit World(const std::string& presence = "") {
    start(presence);
    detector->train({});
    step();
  }
  void start(const std::string& presence = "") {
    DetectorSpec spec = two_features();
    spec.presence = presence;
    Observer observer;
    observer.cycle = [this](const CycleReport& report) { cycles.push_back(report); };
    detector = std::make_unique<Detector>(spec, LimitsConfig{}, Duration{0}, source, store, clock,
                                          observer);
    detector->restore();
  }
  void step(int times = 1) {
    for (int i = 0; i < times; ++i) {
      clock.advance(detector->spec().interval);
      detector->cycle(0, {});
    }
  }
  void stop(const std::string& name) const {
    for (const char* feature : {"a", "b"}) {
      source->set(feature, host(name), [](TimePoint) { return kGap; });
    }
  }
  void list(const std::string& name, bool listed) const {
    source->set("up", host(name), [=](TimePoint) { return listed ? 0 : kGap; });
  }
  std::size_t absent() const { return detector->batch()->absent; }
};

}  // namespace

TEST_CASE("an entity is absent at the third answer without its data, and until it returns") {
  Rule world;
  const Expected expected{.entities = {&world.a, &world.b}, .complete = false};
  world.answer({&world.a, &world.b}, expected);
  CHECK(world.missing.empty());
  for (const bool absent : {false, false, true, true}) {
    const auto change = world.answer({&world.b}, expected);
    CHECK(world.absent(world.a) == absent);
    CHECK(change.started == (absent && world.now == kStart + minutes(4) ? 1 : 0));
  }
  CHECK_FALSE(world.absent(world.b));
  note_returned({&world.a}, world.missing);
  CHECK(world.missing.empty());
}

TEST_CASE("an entity that nobody expects is never missing") {
  Rule world;
  for (int i = 0; i < 5; ++i) world.answer({&world.b}, {.entities = {&world.b}, .complete = false});
  CHECK(world.missing.empty());
}

TEST_CASE("absence ends when the presence query drops the entity, at once") {
  Rule world;
  for (int i = 0; i < 4; ++i) world.answer({}, {.entities = {&world.a}, .complete = true});
  CHECK(world.absent(world.a));
  world.answer({}, {.entities = {}, .complete = true});
  CHECK(world.missing.empty());
}

TEST_CASE("without a presence query a model that ages out does not end an absence") {
  Rule world;
  for (int i = 0; i < 3; ++i) world.answer({}, {.entities = {&world.a}, .complete = false});
  world.answer({}, {.entities = {}, .complete = false});
  CHECK(world.absent(world.a));
}

TEST_CASE("a forgotten entity is absent no more, and does not become it again while expected") {
  Rule world;
  const Expected expected{.entities = {&world.a}, .complete = false};
  for (int i = 0; i < 10; ++i) world.answer({}, expected);
  CHECK(world.absent(world.a));
  for (int i = 0; i < 20; ++i) {
    CHECK(world.answer({}, expected).started == 0);
    CHECK_FALSE(world.absent(world.a));
    CHECK(list_missing(world.rule, world.now, world.missing, 100).empty());
    CHECK(count_absent(world.rule, world.now, world.missing) == 0);
  }
  world.answer({}, {.entities = {}, .complete = false});
  CHECK(world.missing.empty());
  // It returns, and leaves again: that is news.
  world.answer({&world.a}, expected);
  for (int i = 0; i < 3; ++i) world.answer({}, expected);
  CHECK(world.absent(world.a));
}

TEST_CASE("missing entities beyond the limit are counted, not followed") {
  Rule world;
  const Expected expected{.entities = {&world.a, &world.b}, .complete = true};
  CHECK(world.answer({}, expected, 1).limited == 1);
  CHECK(world.missing.size() == 1);
}

TEST_CASE("a host that stops is absent three answers later, one that goes on is not") {
  World world;
  world.stop("x");
  world.step(2);
  auto batch = world.detector->batch();
  REQUIRE(batch->missing.size() == 1);
  CHECK(batch->missing[0].entity == host("x"));
  CHECK_FALSE(batch->missing[0].absent);
  CHECK(batch->missing[0].since == world.clock.now() - minutes(1));
  CHECK(world.absent() == 0);
  world.step();
  batch = world.detector->batch();
  CHECK(batch->missing[0].absent);
  CHECK(world.absent() == 1);
  CHECK(world.cycles.back().absences_started == 1);
  REQUIRE(batch->scores.size() == 1);
  CHECK(batch->scores[0].entity == host("y"));
  world.step();
  CHECK(world.cycles.back().absences_started == 0);

  add_host(*world.source, "x");
  world.step();
  CHECK(world.detector->batch()->missing.empty());
  CHECK(world.detector->batch()->scores.size() == 2);
}

TEST_CASE("a failed query is never absence") {
  World world;
  world.stop("x");
  world.step(2);
  world.source->fail(Error{ErrorKind::upstream, "refused", "connection"});
  world.step(3);
  world.source->fail(std::nullopt);
  add_host(*world.source, "x");
  world.step();
  CHECK(world.detector->batch()->missing.empty());

  world.stop("x");
  world.source->set_partial(true);
  world.step(5);
  CHECK(world.absent() == 0);
  world.source->set_partial(false);
  world.step(2);
  CHECK(world.absent() == 0);
  world.step();
  CHECK(world.absent() == 1);
}

TEST_CASE("when all hosts are gone at once all are absent, over a restart too") {
  World world;
  world.stop("x");
  world.stop("y");
  world.step(3);
  const auto batch = world.detector->batch();
  REQUIRE(batch != nullptr);
  CHECK(batch->scores.empty());
  CHECK(batch->entities == 0);
  CHECK(batch->absent == 2);
  CHECK_FALSE(world.cycles.back().error);
  CHECK(world.detector->state() == DetectorState::ready);

  world.start();
  world.step();
  CHECK(world.absent() == 2);
  CHECK(world.cycles.back().absences_started == 0);
}

TEST_CASE("hosts that went while the exporter was down are known from the saved model") {
  World world;
  world.stop("x");
  world.stop("y");
  world.start();
  world.step(2);
  CHECK(world.absent() == 0);
  world.step();
  CHECK(world.absent() == 2);
}

TEST_CASE("the presence query says who should be there, whatever its values") {
  World world("up");
  world.list("x", true);
  world.list("z", true);  // never gave any data
  world.stop("x");
  world.stop("y");  // not listed
  world.step(3);
  const auto batch = world.detector->batch();
  REQUIRE(batch->missing.size() == 2);
  CHECK(batch->missing[0].entity == host("x"));
  CHECK(batch->missing[1].entity == host("z"));
  CHECK(batch->absent == 2);
  CHECK(world.cycles.back().queries.back().feature == kPresenceQuery);
  world.list("x", false);
  world.step();
  CHECK(world.absent() == 1);
}

TEST_CASE("a presence query that fails leaves scores and absences as they are") {
  World world("up");
  world.list("x", true);
  world.stop("x");
  world.step(3);
  CHECK(world.absent() == 1);
  world.source->set("up", Labels(std::vector<Labels::Pair>{{"job", "node"}}),
                    [](TimePoint) { return 1.0; });
  world.step(3);
  REQUIRE(world.cycles.back().queries.back().error);
  CHECK(world.cycles.back().queries.back().error->label() == "no_entity_label");
  CHECK_FALSE(world.cycles.back().error);
  CHECK(world.absent() == 1);
  CHECK(world.detector->batch()->scores.size() == 1);
  add_host(*world.source, "x");
  world.step();
  CHECK(world.detector->batch()->missing.empty());
}

TEST_CASE("a host that left for good ages out of models and absences") {
  World world;
  world.stop("x");
  const auto later = [&](Duration by) {
    world.clock.advance(by);
    world.step();
    world.detector->train({});
  };
  world.step(3);
  later(hours(20));
  CHECK(world.absent() == 1);
  CHECK(world.detector->model()->find(host("x")) != nullptr);
  later(hours(5));
  CHECK(world.absent() == 0);
  for (int i = 0; i < 3; ++i) later(hours(25));
  CHECK(world.detector->model()->find(host("x")) == nullptr);
  CHECK(world.detector->model()->find(host("y")) != nullptr);
  world.step();
  CHECK(world.detector->batch()->missing.empty());
}
