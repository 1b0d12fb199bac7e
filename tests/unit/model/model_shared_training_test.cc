#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "exporter/model/explainer.h"
#include "exporter/model/shared_training.h"
#include "tests/unit/model/synthetic_entity.h"

using namespace exporter;

namespace {

constexpr Eigen::Index kFeatures = 4, kFirst = SyntheticEntity::kHistory + 1;

// Hosts of every level, scale and season, as one detector has them.
std::vector<SyntheticEntity> fleet(std::size_t size) {
  std::vector<SyntheticEntity> entities;
  for (std::size_t e = 0; e < size; ++e) entities.emplace_back(e + 1, kFeatures);
  return entities;
}

DetectorSpec spec_of(const std::vector<SyntheticEntity>& entities) { return entities[0].spec; }

std::vector<std::optional<EntityModel>> train(
    const std::vector<SyntheticEntity>& entities,
    std::shared_ptr<const forest::IsolationForest> forest = nullptr) {
  std::vector<forest::ConstMatrixRef> histories;
  for (const auto& entity : entities) {
    histories.emplace_back(entity.raw.topRows(SyntheticEntity::kHistory));
  }
  return train_shared(spec_of(entities), entities[0].history_grid(), histories, std::move(forest),
                      {});
}

double threshold(const EntityModel& model, const std::vector<SyntheticEntity>& entities) {
  return threshold_of(model, spec_of(entities));
}

double score(const EntityModel& model, const SyntheticEntity& entity, Eigen::Index t,
             const std::vector<double>& row) {
  return score_row(model, entity.at(t), entity.window(t), row)->score;
}

}  // namespace

TEST_CASE("entities of different scales share one forest and keep thresholds of their own") {
  const auto entities = fleet(12);
  const auto models = train(entities);
  std::size_t alarms = 0, missed = 0, rows = 0;
  for (std::size_t e = 0; e < entities.size(); ++e) {
    const SyntheticEntity& entity = entities[e];
    REQUIRE(models[e]);
    CHECK(models[e]->forest == models[0]->forest);
    CHECK(models[e]->ready);
    for (Eigen::Index t = kFirst; t < kFirst + 48; ++t, ++rows) {
      std::vector<double> row = entity.row(t);
      alarms += score(*models[e], entity, t, row) > threshold(*models[e], entities) ? 1 : 0;
      const auto f = static_cast<std::size_t>(t) % kFeatures;
      row[f] += 12 * entity.spread[f];
      missed += score(*models[e], entity, t, row) > threshold(*models[e], entities) ? 0 : 1;
    }
  }
  CHECK(alarms <= rows / 50);
  CHECK(missed == 0);
}

TEST_CASE("a displaced feature is blamed, also by a forest that is shared") {
  const auto entities = fleet(6);
  const auto models = train(entities);
  std::size_t first = 0, rows = 0;
  Explainers explainers(1);
  for (std::size_t e = 0; e < entities.size(); ++e) {
    const auto explainer = explainers.get(std::make_shared<const EntityModel>(*models[e]));
    for (Eigen::Index t = kFirst; t < kFirst + 48; ++t, ++rows) {
      std::vector<double> row = entities[e].row(t);
      const auto f = static_cast<std::size_t>(t) % kFeatures;
      row[f] += 12 * entities[e].spread[f];
      std::vector<double> shares(row.size());
      explainer.shares(entities[e].at(t), entities[e].window(t), row, shares);
      first += *std::ranges::max_element(shares) == shares[f] ? 1 : 0;
    }
  }
  CHECK(100 * first >= 99 * rows);
}

TEST_CASE("a relation that only one entity has is still watched") {
  auto entities = fleet(4);
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  SyntheticEntity& related = entities[2];
  for (Eigen::Index t = 0; t < related.raw.rows(); ++t) {
    const double a = std::sin(static_cast<double>(t) / 5) * 10;
    related.raw.row(t) << a + 0.3 * normal(random), 2 * a + 0.3 * normal(random), normal(random),
        normal(random);
  }
  const auto models = train(entities);
  REQUIRE(models[2]->context.relation.size() > 0);
  CHECK(models[2]->context.columns.size() > models[2]->forest->feature_count());
  int checked = 0;
  for (Eigen::Index t = kFirst; t < kFirst + 70; ++t) {
    std::vector<double> row = related.row(t);
    if (row[1] < 15) continue;
    row[1] = -15;
    CHECK(score(*models[2], related, t, row) > threshold(*models[2], entities));
    ++checked;
  }
  CHECK(checked >= 5);
}

TEST_CASE("an entity that comes later is calibrated against the forest that is there") {
  const auto entities = fleet(6);
  const auto models = train(entities);
  const std::vector<SyntheticEntity> late{SyntheticEntity(100, kFeatures)};
  const auto model = train(late, models[0]->forest)[0];
  REQUIRE(model);
  CHECK(model->forest == models[0]->forest);
  std::vector<double> row = late[0].row(kFirst);
  CHECK(score(*model, late[0], kFirst, row) < threshold(*model, late));
  row[1] -= 12 * late[0].spread[1];
  CHECK(score(*model, late[0], kFirst, row) > threshold(*model, late));
}

TEST_CASE("the same fleet gives the same models; entities without history get none") {
  auto entities = fleet(3);
  entities[1]
      .raw.topRows(SyntheticEntity::kHistory - 10)
      .setConstant(std::numeric_limits<double>::quiet_NaN());
  const auto models = train(entities), again = train(entities);
  CHECK_FALSE(models[1]);
  for (const std::size_t e : {0, 2}) {
    REQUIRE(models[e]);
    CHECK(models[e]->usual_score == again[e]->usual_score);
    const std::vector<double> row = entities[e].row(kFirst);
    CHECK(score(*models[e], entities[e], kFirst, row) ==
          score(*again[e], entities[e], kFirst, row));
  }
}

TEST_CASE("a feature that an entity does not have leaves the others' columns in place") {
  auto entities = fleet(3);
  entities[1].raw.col(2).setConstant(std::numeric_limits<double>::quiet_NaN());
  const auto models = train(entities);
  REQUIRE(models[1]);
  std::vector<double> row = entities[1].row(kFirst);
  CHECK(score(*models[1], entities[1], kFirst, row) < threshold(*models[1], entities));
  row[3] += 12 * entities[1].spread[3];
  CHECK(score(*models[1], entities[1], kFirst, row) > threshold(*models[1], entities));
}
