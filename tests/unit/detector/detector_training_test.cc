#include <fmt/core.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "exporter/detector/training.h"
#include "exporter/model/codec.h"
#include "exporter/model/usual_forest.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

TimePoint hours(int n) { return kStart + std::chrono::hours(n); }

Result<TrainedModel> train(const FakeSource& source, const TrainingPlan& plan,
                           const TrainedModel* old = nullptr, const LimitsConfig& limits = {}) {
  TrainingReport report;
  return run_training(two_features(), limits, plan, old, source, {}, report);
}

TrainingPlan full(TimePoint last) {
  return {.first = kStart, .last = last, .full = true, .entities = {}};
}

LiveState seen(const std::string& name, TimePoint first) {
  LiveState live;
  live.entities[host(name)].first_seen = first;
  return live;
}

}  // namespace

TEST_CASE("the same history gives the same model, byte for byte") {
  FakeSource source;
  add_host(source, "x");
  const auto one = train(source, full(hours(10))), two = train(source, full(hours(10)));
  REQUIRE(one);
  CHECK(encode_model(*one) == encode_model(*two));
  CHECK(one->find(host("x"))->ready);
  CHECK(one->find(host("x"))->rows == 601);
}

TEST_CASE("a full training forgets entities that left, a young one keeps the others") {
  FakeSource source;
  add_host(source, "x");
  const auto before = train(source, full(hours(10)));
  FakeSource later;
  add_host(later, "y");
  CHECK(train(later, full(hours(10)), &*before)->find(host("x")) == nullptr);
  const auto young =
      train(later, {.first = hours(9), .last = hours(10), .full = false, .entities = {host("y")}},
            &*before);
  REQUIRE(young);
  CHECK(young->find(host("x")) == before->find(host("x")));
  CHECK(young->find(host("y"))->rows == 61);
  CHECK(young->trained_at == before->trained_at);
}

TEST_CASE("an answer that may lack data is not trained on") {
  FakeSource source;
  add_host(source, "x");
  source.set_partial(true);
  const auto model = train(source, full(hours(10)));
  REQUIRE_FALSE(model);
  CHECK(model.error().label() == "partial");
}

TEST_CASE("the history is shortened to the limit of samples") {
  FakeSource source;
  add_host(source, "x");
  LimitsConfig limits;
  limits.training_samples = 200;  // two series: 100 rows
  const auto model = train(source, full(hours(10)), nullptr, limits);
  REQUIRE(model);
  CHECK(model->find(host("x"))->rows == 101);
  CHECK(model->find(host("x"))->last == hours(10));
}

TEST_CASE("everything is due without a model, and again after the retrain interval") {
  const DetectorSpec spec = two_features();
  const auto first = due_training(spec, nullptr, {}, hours(10));
  REQUIRE(first);
  CHECK(first->full);
  CHECK(first->first == hours(0));
  CHECK(first->last == hours(10));
  TrainedModel model;
  model.trained_at = hours(10);
  CHECK_FALSE(due_training(spec, &model, {}, hours(11)));
  CHECK(due_training(spec, &model, {}, hours(34)));
}

TEST_CASE("a young entity is due after 32 rows, and then whenever its data has doubled") {
  const DetectorSpec spec = two_features();
  TrainedModel model;
  model.trained_at = hours(10);
  LiveState live = seen("new", hours(10));
  const auto minute = [](int n) { return hours(10) + std::chrono::minutes(n); };
  CHECK_FALSE(due_training(spec, &model, live, minute(30)));
  const auto plan = due_training(spec, &model, live, minute(31));
  REQUIRE(plan);
  CHECK_FALSE(plan->full);
  CHECK(plan->first == hours(10));
  CHECK(plan->entities == std::set<Labels>{host("new")});

  note_training(*plan, live);
  CHECK_FALSE(due_training(spec, &model, live, minute(32)));
  CHECK_FALSE(due_training(spec, &model, live, minute(62)));
  CHECK(due_training(spec, &model, live, minute(63)));
}

TEST_CASE("a warming entity is due the moment its data suffices, and a ready one never") {
  FakeSource source;
  add_host(source, "x");
  const DetectorSpec spec = two_features();
  auto model = *train(source, full(hours(4)));  // 241 rows, 256 are needed
  REQUIRE_FALSE(model.find(host("x"))->ready);
  model.trained_at = hours(4);
  LiveState live = seen("x", hours(3));
  CHECK_FALSE(due_training(spec, &model, live, hours(4) + std::chrono::minutes(14)));
  const auto plan = due_training(spec, &model, live, hours(4) + std::chrono::minutes(15));
  REQUIRE(plan);
  CHECK(plan->first == hours(0));
  const auto ready = train(source, *plan, &model);
  REQUIRE(ready->find(host("x"))->ready);
  CHECK_FALSE(due_training(spec, &*ready, live, hours(20)));
}

TEST_CASE("an empty history does not replace a model") {
  FakeSource source, empty;
  add_host(source, "x");
  const auto before = train(source, full(hours(10)));
  const auto after = train(empty, full(hours(10)), &*before);
  REQUIRE_FALSE(after);
  CHECK(after.error().label() == "no_data");
  CHECK(train(empty, full(hours(10))));
}

TEST_CASE("an entity without data for a whole training interval gets no model") {
  FakeSource source;
  add_host(source, "x");
  const auto old = [](TimePoint at) { return at < hours(20) ? std::sin(to_seconds(at)) : kGap; };
  source.set("a", host("gone"), old);
  source.set("b", host("gone"), old);
  const auto model = train(source, full(hours(50)));
  REQUIRE(model);
  CHECK(model->find(host("gone")) == nullptr);
  CHECK(model->find(host("x")) != nullptr);
}

namespace {

// Hosts h000, h001, ... of ten hours.
struct ManyHosts : FakeSource {
  explicit ManyHosts(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add_host(*this, fmt::format("h{:03}", i));
  }
};

bool shares_one_forest(const TrainedModel& model) {
  return model.shared != nullptr && std::ranges::all_of(model.entities, [&](const auto& entry) {
           return entry.second->forest == model.shared;
         });
}

}  // namespace

TEST_CASE("scope auto gives each entity a forest as long as they fit, and else all of them one") {
  const auto few = train(ManyHosts(3), full(hours(1)));
  CHECK(few->shared == nullptr);
  CHECK(few->find(host("h000"))->forest != few->find(host("h001"))->forest);
  const std::size_t most = kForestsBytes / forest_bytes(two_features());
  CHECK_FALSE(shares_forest(two_features(), most));
  const auto many = train(ManyHosts(most + 1), full(hours(1)));
  REQUIRE(many->entities.size() == most + 1);
  CHECK(shares_one_forest(*many));
}

TEST_CASE("a scope that is given holds for any number of entities") {
  DetectorSpec spec = two_features();
  TrainingReport report;
  spec.scope = Scope::shared;
  const ManyHosts source(3);
  CHECK(shares_one_forest(*run_training(spec, {}, full(hours(1)), nullptr, source, {}, report)));
  spec.scope = Scope::entity;
  const ManyHosts many(kForestsBytes / forest_bytes(spec) + 1);
  CHECK(run_training(spec, {}, full(hours(1)), nullptr, many, {}, report)->shared == nullptr);
}

TEST_CASE("a young entity joins the forest of its fleet; a fleet that is young gets another") {
  DetectorSpec spec = two_features();
  spec.scope = Scope::shared;
  TrainingReport report;
  const auto old = run_training(spec, {}, full(hours(2)), nullptr, ManyHosts(4), {}, report);
  const ManyHosts grown(8);
  TrainingPlan plan{.first = kStart, .last = hours(3), .full = false, .entities = {host("h005")}};
  const auto joined = run_training(spec, {}, plan, &*old, grown, {}, report);
  REQUIRE(joined);
  CHECK(joined->entities.size() == 5);
  CHECK(joined->find(host("h005"))->forest == old->shared);

  plan.entities = {host("h004"), host("h005"), host("h006")};
  const auto renewed = run_training(spec, {}, plan, &*old, grown, {}, report);
  REQUIRE(renewed);
  CHECK(renewed->find(host("h005"))->forest == renewed->shared);
  CHECK(renewed->shared != old->shared);
  CHECK(renewed->find(host("h000"))->forest == old->shared);
}
