#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>

#include "exporter/model/explainer.h"
#include "tests/unit/model/synthetic_entity.h"

using namespace exporter;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr Eigen::Index kFirst = SyntheticEntity::kHistory + 24;

std::vector<double> shares(const Explainer& explainer, const SyntheticEntity& entity,
                           Eigen::Index t, const std::vector<double>& row) {
  std::vector<double> found(row.size());
  explainer.shares(entity.at(t), entity.window(t), row, found);
  return found;
}

// Displaces one feature of a usual row and looks for it among the shares.
struct Ranking {
  int cases = 0, first = 0;
  int detected = 0, first_of_detected = 0;

  void add(const Explainer& explainer, const SyntheticEntity& entity, double least, double most,
           std::mt19937_64& random) {
    const EntityModel& model = explainer.model();
    const Eigen::Index t = kFirst + static_cast<Eigen::Index>(random() % 72);
    std::vector<double> row = entity.row(t);
    const std::size_t f = random() % row.size();
    const double distance = std::uniform_real_distribution(least, most)(random);
    row[f] += (random() % 2 == 0 ? distance : -distance) * entity.spread[f];
    const auto found = shares(explainer, entity, t, row);
    const bool ranks = *std::ranges::max_element(found) == found[f];
    const double score = score_row(model, entity.at(t), entity.window(t), row)->score;
    const bool seen = score > threshold_of(model, DetectorSpec{});
    ++cases;
    first += ranks ? 1 : 0;
    detected += seen ? 1 : 0;
    first_of_detected += ranks && seen ? 1 : 0;
  }
};

// Entities of 2 to 38 features: seasonal or not, correlated or not, of scales from 1e-6 to 1e6.
Ranking rank(double least, double most) {
  Ranking ranking;
  for (const Eigen::Index features : {2, 3, 5, 8, 20, 38}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      const SyntheticEntity entity(seed * 100 + static_cast<std::uint64_t>(features), features);
      const Explainer explainer(entity.train());
      std::mt19937_64 random(seed);
      for (int i = 0; i < 40; ++i) ranking.add(explainer, entity, least, most, random);
    }
  }
  return ranking;
}

}  // namespace

TEST_CASE("a feature displaced by 5 to 20 standard deviations ranks first") {
  const Ranking ranking = rank(5, 20);
  CAPTURE(ranking.cases, ranking.first);
  CHECK(ranking.cases == 960);
  CHECK(ranking.first >= 0.97 * ranking.cases);
}

TEST_CASE("of smaller displacements those that are detected rank first") {
  const Ranking ranking = rank(2, 5);
  CAPTURE(ranking.cases, ranking.first, ranking.detected, ranking.first_of_detected);
  CHECK(ranking.detected >= 0.4 * ranking.cases);
  CHECK(ranking.first_of_detected >= 0.97 * ranking.detected);
  CHECK(ranking.first >= 0.8 * ranking.cases);
}

TEST_CASE("shares are not negative and sum to 1, with gaps and without a past too") {
  const SyntheticEntity entity(7, 5);
  const Explainer explainer(entity.train());
  std::vector<double> found(5);
  int first = 0;  // rows in which the displaced feature has the largest share
  for (Eigen::Index t = kFirst; t < kFirst + 40; ++t) {
    std::vector<double> row = entity.row(t);
    row[2] += 6 * entity.spread[2];
    if (t % 2 == 0) row[1] = kNaN;
    if (t % 3 == 0) {
      explainer.shares(entity.at(t), forest::Matrix(0, 5), row, found);
    } else {
      found = shares(explainer, entity, t, row);
    }
    CHECK(std::accumulate(found.begin(), found.end(), 0.0) == Approx(1));
    CHECK(*std::ranges::min_element(found) >= 0);
    if (t % 2 == 0) CHECK(found[1] < 0.1);
    first += *std::ranges::max_element(found) == found[2] ? 1 : 0;
  }
  CHECK(first >= 38);
}

TEST_CASE("a feature that leaves what the others predict is blamed though its value is usual") {
  // b follows a; both stay within their range when b stops following.
  SyntheticEntity entity(3, 3);
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (Eigen::Index t = 0; t < entity.raw.rows(); ++t) {
    const double a = std::sin(static_cast<double>(t) / 5) * 10;
    entity.raw.row(t) << a + 0.3 * normal(random), 2 * a + 0.3 * normal(random), normal(random);
  }
  const auto model = entity.train();
  const Explainer explainer(model);
  int checked = 0;
  for (Eigen::Index t = kFirst; t < kFirst + 70; ++t) {
    std::vector<double> row = entity.row(t);
    if (row[1] < 15) continue;
    row[1] = -15;
    const auto found = shares(explainer, entity, t, row);
    CHECK(*std::ranges::max_element(found) == found[1]);
    ++checked;
  }
  CHECK(checked >= 5);
}

TEST_CASE("without anything unusual outside of the ranges shares still are shares") {
  const SyntheticEntity entity(11, 4);
  const Explainer explainer(entity.train());
  const auto found = shares(explainer, entity, kFirst, entity.row(kFirst));
  const double sum = std::accumulate(found.begin(), found.end(), 0.0);
  CHECK((sum == 0 || sum == Approx(1)));
}

TEST_CASE("tables are kept up to a number of bytes, the latest ones") {
  const SyntheticEntity entity(1, 2);
  const auto a = entity.train(), b = entity.train(), c = entity.train();
  const std::size_t one = Explainer(a).tables().memory_bytes();
  Explainers explainers(2 * one + one / 2);
  const auto tables_of = [&](const auto& model) { return &explainers.get(model).tables(); };
  const Explainer first = explainers.get(a);
  CHECK(&first.model() == a.get());
  CHECK(tables_of(a) == &first.tables());
  const Explainer second = explainers.get(b);
  CHECK(tables_of(a) == &first.tables());
  CHECK(explainers.memory_bytes() == 2 * one);
  static_cast<void>(explainers.get(c));  // b was asked for longest ago
  CHECK(tables_of(a) == &first.tables());
  CHECK(tables_of(b) != &second.tables());
  CHECK(explainers.memory_bytes() == 2 * one);

  Explainers narrow(1);
  CHECK(&narrow.get(a).tables() == &narrow.get(a).tables());
}

TEST_CASE("models around one forest have the same tables") {
  const SyntheticEntity entity(1, 2);
  const auto a = entity.train();
  auto other = *a;
  other.usual_score = 0.9;
  const auto b = std::make_shared<const EntityModel>(std::move(other));
  Explainers explainers(1);
  const Explainer first = explainers.get(a), second = explainers.get(b);
  CHECK(&first.tables() == &second.tables());
  CHECK(&second.model() == b.get());
}
