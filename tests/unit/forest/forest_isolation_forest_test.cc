#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "forest/isolation_forest.h"
#include "forest/path_length.h"
#include "forest/rows_view.h"
#include "forest/train.h"
#include "samples.h"

using forest::average_path_length;
using forest::ColumnScale;
using forest::FloatMatrix;
using forest::ForestFrame;
using forest::IsolationForest;
using forest::kNoDepthLimit;
using forest::Matrix;
using forest::Measure;
using forest::TrainOptions;
using forest::Tree;
using forest::TreeBuilder;

namespace {

ForestFrame frame(std::size_t columns, std::size_t sample, Measure measure = Measure::path_length) {
  return {.columns = std::vector<ColumnScale>(columns), .sample_size = sample, .measure = measure};
}

/// One column, cut at `cut`: 3 rows left, 1 row right.
Tree stump(float cut) {
  TreeBuilder builder(3, false);
  const auto left = builder.split(0, 0, cut, {0.0F, 10.0F});
  builder.close(left, 1, 3);
  builder.close(left + 1, 1, 1);
  return std::move(builder).finish();
}

/// Returns a row's score by the definition.
double reference_score(const IsolationForest& forest, std::span<const double> row) {
  std::vector<float> scaled(row.size());
  forest::copy_row(forest.frame().columns, row.data(), scaled);
  double sum = 0.0;
  for (const Tree& tree : forest.trees()) sum += reference_value(tree, scaled);
  const double mean = sum / static_cast<double>(forest.tree_count());
  if (forest.measure() == Measure::density) return 1.0 / (1.0 + std::exp2(mean));
  return std::exp2(-mean / average_path_length(static_cast<double>(forest.sample_size())));
}

struct Kind {
  const char* name;
  TrainOptions options;
};

/// Forests for each way of walking and each measure.
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds{
      {"heaps", {.trees = 13, .sample = 200}},
      {"heaps of two levels", {.trees = 21, .depth_limit = 2}},
      {"deep", {.trees = 11, .sample = 300, .depth_limit = kNoDepthLimit}},
      {"range_aware", {.trees = 10, .sample = 200, .measure = Measure::range_aware}},
      {"density", {.trees = 10, .sample = 200, .measure = Measure::density}},
      {"guided", {.trees = 10, .sample = 200, .pooled_gain = 0.5, .kurtosis = 0.5}},
      {"hyperplanes", {.trees = 10, .sample = 200, .extension = 1}},
      {"range_aware hyperplanes",
       {.trees = 9, .sample = 100, .measure = Measure::range_aware, .extension = 1}},
  };
  return kKinds;
}

}  // namespace

TEST_CASE("a score is 2^(-mean path length / c(sample))", "[forest]") {
  std::vector<Tree> trees;
  trees.push_back(stump(4.0F));
  trees.push_back(stump(6.0F));
  const IsolationForest forest(frame(1, 4), std::move(trees));
  const double five = 5.0;
  // Right of the first cut (1 + c(1) = 1), left of the second (1 + c(3)).
  const double mean = (1.0 + 1.0 + average_path_length(3)) / 2.0;
  const double expected = std::pow(2.0, -mean / average_path_length(4));
  CHECK(forest.score_row({&five, 1}) == Approx(expected).epsilon(1e-14));
  CHECK(forest.feature_count() == 1);
  CHECK(forest.sample_size() == 4);
  CHECK(forest.tree_count() == 2);
  CHECK(forest.measure() == Measure::path_length);
  CHECK(forest.score_of(2.0 * mean, 2) == forest.score_row({&five, 1}));
}

TEST_CASE("a density score is 1 / (1 + 2^mean): a half for an even spread, less where it is denser",
          "[forest]") {
  std::vector<Tree> trees(1);
  trees[0] = stump(4.0F);
  const IsolationForest forest(frame(1, 4, Measure::density), trees);
  CHECK(forest.score_of(0.0, 1) == 0.5);
  CHECK(forest.score_of(3.0, 1) == Approx(1.0 / 9.0));
  CHECK(forest.score_of(-6.0, 2) == Approx(8.0 / 9.0));
}

TEST_CASE("a forest trained on one row scores everything 0.5", "[forest]") {
  TreeBuilder builder(1, false);
  builder.close(0, 0, 1);
  const IsolationForest forest(frame(1, 1), {std::move(builder).finish()});
  const double anything = 123.0;
  CHECK(forest.score_row({&anything, 1}) == 0.5);
}

TEST_CASE("rows have the score of the definition, alone and in a batch of any size", "[forest]") {
  for (const auto& [name, options] : kinds()) {
    for (const Eigen::Index width : {2, 5, 33}) {
      const IsolationForest forest = forest::train(awkward_rows(400, width, 1), options);
      const Matrix rows = awkward_rows(500, width, 2);
      const std::vector<double> all = scores_of(forest, rows);
      for (Eigen::Index i = 0; i < 500; ++i) {
        INFO(name << ", columns " << width << ", row " << i);
        const double score = all[static_cast<std::size_t>(i)];
        REQUIRE(forest.score_row(row_of(rows, i)) == score);
        if (i >= 100) continue;
        REQUIRE(score == Approx(reference_score(forest, row_of(rows, i))).epsilon(1e-11));
        REQUIRE(score > 0.0);
        REQUIRE(score <= 1.0);
      }
      for (const Eigen::Index count : {0, 1, 2, 7, 8, 9, 47, 48, 49, 143, 144, 145, 289}) {
        INFO(name << ", columns " << width << ", rows " << count);
        const std::vector<double> some = scores_of(forest, rows.topRows(count));
        REQUIRE(std::equal(some.begin(), some.end(), all.begin()));
        const std::vector<double> last = scores_of(forest, rows.bottomRows(count));
        REQUIRE(std::equal(last.begin(), last.end(), all.end() - count));
      }
    }
  }
}

TEST_CASE("rows of one column and of hundreds score alike alone and in batches", "[forest]") {
  for (const Eigen::Index width : {1, 100, 300}) {
    const IsolationForest forest = forest::train(awkward_rows(300, width, 3), {.trees = 12});
    const Matrix rows = awkward_rows(160, width, 4);
    const std::vector<double> all = scores_of(forest, rows);
    for (Eigen::Index i = 0; i < 160; ++i) {
      REQUIRE(forest.score_row(row_of(rows, i)) == all[static_cast<std::size_t>(i)]);
    }
  }
}

TEST_CASE("a block of a wider matrix scores as its copy", "[forest]") {
  const Matrix wide = awkward_rows(300, 9, 5);
  const FloatMatrix wide_singles = wide.cast<float>();
  for (const auto& [name, options] : kinds()) {
    INFO(name);
    const IsolationForest forest = forest::train(wide.block(0, 1, 300, 7), options);
    const Matrix copy = wide.block(20, 1, 200, 7);
    CHECK(scores_of(forest, wide.block(20, 1, 200, 7)) == scores_of(forest, copy));
    CHECK(scores_of(forest, wide.block(299, 1, 1, 7)) ==
          std::vector<double>{forest.score_row({wide.data() + 299 * 9 + 1, 7})});
    const FloatMatrix singles = wide_singles.block(20, 1, 200, 7);
    std::vector<double> of_block(200);
    std::vector<double> of_copy(200);
    forest.score(wide_singles.block(20, 1, 200, 7), of_block);
    forest.score(singles, of_copy);
    CHECK(of_block == of_copy);
  }
}

TEST_CASE("training on a block of a wider matrix is training on its copy", "[forest]") {
  const Matrix wide = awkward_rows(300, 9, 6);
  const Matrix copy = wide.block(20, 1, 200, 7);
  for (const auto& [name, options] : kinds()) {
    INFO(name);
    CHECK(same_trees(forest::train(wide.block(20, 1, 200, 7), options),
                     forest::train(copy, options)));
  }
}

TEST_CASE("single precision rows score as the same numbers in double precision", "[forest]") {
  const Matrix rows = awkward_rows(300, 6, 7);
  const FloatMatrix singles = rows.cast<float>();
  const Matrix doubles = singles.cast<double>();
  for (const auto& [name, options] : kinds()) {
    const IsolationForest forest = forest::train(rows, options);
    const std::vector<double> expected = scores_of(forest, doubles);
    for (const Eigen::Index count : {0, 1, 5, 300}) {
      INFO(name << ", rows " << count);
      std::vector<double> found(static_cast<std::size_t>(count));
      forest.score(singles.topRows(count), found);
      CHECK(std::equal(found.begin(), found.end(), expected.begin()));
    }
  }
}

TEST_CASE("the number of threads does not change a score", "[forest]") {
  // So many rows times trees that three threads pay.
  Matrix rows = bell_rows(4100, 3, 8);
  for (Eigen::Index i = 0; i < 4100; i += 41) rows(i, i % 3) = std::nan("");
  const FloatMatrix singles = rows.cast<float>();
  for (const TrainOptions& options :
       {TrainOptions{}, {.depth_limit = kNoDepthLimit}, {.measure = Measure::range_aware}}) {
    const IsolationForest forest = forest::train(rows, options);
    const std::vector<double> expected = scores_of(forest, rows, 1);
    for (const std::size_t threads : {0U, 2U, 5U}) {
      CHECK(scores_of(forest, rows, threads) == expected);
    }
    std::vector<double> one(4100);
    std::vector<double> several(4100);
    forest.score(singles, one, 1);
    forest.score(singles, several, 5);
    CHECK(one == several);
  }
}

TEST_CASE("column-major matrices score as row-major ones", "[forest]") {
  const Matrix rows = bell_rows(100, 4, 9);
  const IsolationForest forest = forest::train(rows, {.trees = 10});
  const Eigen::MatrixXd columns = rows;
  CHECK(scores_of(forest, columns) == scores_of(forest, rows));
}

TEST_CASE("forests of different widths take turns on one thread", "[forest]") {
  const Matrix narrow = awkward_rows(100, 2, 10);
  const Matrix wide = awkward_rows(100, 200, 11);
  const IsolationForest few = forest::train(narrow, {.trees = 11});
  const IsolationForest many = forest::train(wide, {.trees = 11});
  const std::vector<double> of_narrow = scores_of(few, narrow);
  const std::vector<double> of_wide = scores_of(many, wide);
  for (Eigen::Index i = 0; i < 100; ++i) {
    REQUIRE(few.score_row(row_of(narrow, i)) == of_narrow[static_cast<std::size_t>(i)]);
    REQUIRE(many.score_row(row_of(wide, i)) == of_wide[static_cast<std::size_t>(i)]);
  }
}

TEST_CASE("rows too wide for the heap walk are scored all the same", "[forest]") {
  const Matrix rows = bell_rows(40, 5000, 12);
  const IsolationForest forest = forest::train(rows, {.trees = 3});
  const std::vector<double> scores = scores_of(forest, rows);
  for (Eigen::Index i = 0; i < 40; ++i) {
    const double score = scores[static_cast<std::size_t>(i)];
    CHECK(forest.score_row(row_of(rows, i)) == score);
    CHECK(score == Approx(reference_score(forest, row_of(rows, i))).epsilon(1e-12));
  }
}

TEST_CASE("trees of very different depths are scored all the same", "[forest]") {
  forest::Random random(13, 0);
  const Matrix rows = awkward_rows(100, 2, 13);
  for (const std::size_t depth : {10U, 11U, 30U}) {
    std::vector<Tree> trees;
    for (int i = 0; i < 100; ++i) trees.push_back(random_tree(2, 1, false, 0, random));
    trees.push_back(random_tree(2, depth, false, 0, random));
    const IsolationForest forest(frame(2, 50, Measure::density), std::move(trees));
    const std::vector<double> scores = scores_of(forest, rows);
    for (Eigen::Index i = 0; i < 100; ++i) {
      const double score = scores[static_cast<std::size_t>(i)];
      REQUIRE(forest.score_row(row_of(rows, i)) == score);
      REQUIRE(score == Approx(reference_score(forest, row_of(rows, i))).epsilon(1e-11));
    }
  }
}

TEST_CASE("a row far from all others scores highest", "[forest]") {
  Matrix rows = bell_rows(1000, 4, 2);
  rows.row(123) << 4.0, -4.0, 4.0, -4.0;
  for (const Measure measure : {Measure::path_length, Measure::range_aware, Measure::density}) {
    const std::vector<double> scores = scores_of(forest::train(rows, {.measure = measure}), rows);
    CHECK(std::max_element(scores.begin(), scores.end()) - scores.begin() == 123);
    CHECK(scores[123] > 0.65);
  }
}

TEST_CASE("range-aware scores grow with the distance where plain ones stand still", "[forest]") {
  const Matrix rows = bell_rows(1000, 3, 3);
  const IsolationForest plain = forest::train(rows, {});
  const IsolationForest aware = forest::train(rows, {.measure = Measure::range_aware});
  const auto score = [](const IsolationForest& forest, double distance) {
    const std::vector<double> row{0.0, distance, 0.0};
    return forest.score_row(row);
  };
  CHECK(score(plain, 5.0) == score(plain, 500.0));
  double last = score(aware, 3.5);
  for (const double distance : {4.0, 5.0, 10.0, 50.0, 500.0}) {
    const double next = score(aware, distance);
    CHECK(next > last + 1e-3);
    last = next;
  }
}

TEST_CASE("in expectation the range-aware walk equals random early ends", "[forest]") {
  const IsolationForest forest = forest::train(
      bell_rows(500, 2, 4), {.trees = 1, .sample = 64, .measure = Measure::range_aware});
  const Tree& tree = forest.trees()[0];
  const std::vector<double> raw{4.0, -5.0};
  std::vector<float> row(2);
  forest::copy_row(forest.frame().columns, raw.data(), row);
  forest::Random random(5, 0);
  double sum = 0.0;
  constexpr int kWalks = 40000;
  for (int walk = 0; walk < kWalks; ++walk) {
    std::size_t node = 0;
    for (double depth = 0.0;; depth += 1.0) {
      if (tree.is_leaf(node)) {
        sum += tree.values[node];
        break;
      }
      const double value{row[tree.nodes[node].column]};
      const double lo{tree.ranges[node].lo};
      const double hi{tree.ranges[node].hi};
      const double gap = std::max({lo - value, value - hi, 0.0});
      if (random.uniform() < gap / (gap + hi - lo)) {
        sum += depth;
        break;
      }
      node = tree.nodes[node].left + (value > double{tree.nodes[node].cut} ? 1U : 0U);
    }
  }
  const double expected = std::pow(2.0, -(sum / kWalks) / average_path_length(64));
  CHECK(forest.score_row(raw) == Approx(expected).epsilon(0.01));
}

TEST_CASE("threads that share a forest get the scores one thread gets", "[forest]") {
  const Matrix rows = awkward_rows(300, 4, 6);
  for (const auto& [name, options] : kinds()) {
    const IsolationForest forest = forest::train(rows, options);
    const std::vector<double> expected = scores_of(forest, rows);
    std::vector<std::vector<double>> found(3, std::vector<double>(300));
    {
      std::vector<std::jthread> threads;
      for (auto& out : found) {
        threads.emplace_back([&] {
          for (Eigen::Index i = 0; i < 60; ++i) {
            out[static_cast<std::size_t>(i)] = forest.score_row(row_of(rows, i));
          }
          forest.score(rows.bottomRows(240), std::span(out).subspan(60));
        });
      }
    }
    INFO(name);
    for (const auto& out : found) CHECK(out == expected);
  }
}

TEST_CASE("a copy of a forest outlives the original", "[forest]") {
  const Matrix rows = bell_rows(100, 3, 7);
  std::vector<double> expected;
  std::optional<IsolationForest> copy;
  {
    const IsolationForest original = forest::train(rows, {.trees = 10});
    expected = scores_of(original, rows);
    copy.emplace(original);
  }
  CHECK(scores_of(*copy, rows) == expected);
  const IsolationForest moved = std::move(*copy);
  CHECK(scores_of(moved, rows) == expected);
}

TEST_CASE("the scoring tables of 100 trees on 256 rows stay under half a megabyte", "[forest]") {
  const IsolationForest forest = forest::train(bell_rows(1000, 20, 7), {});
  CHECK(forest.table_bytes() >= 100 * 256 * 16);
  CHECK(forest.table_bytes() < 512 * 1024);
  CHECK(forest.memory_bytes() > forest.table_bytes() + 100 * 50 * sizeof(forest::Node));
  CHECK(forest.memory_bytes() < 1024 * 1024);
  const IsolationForest aware =
      forest::train(bell_rows(1000, 20, 7), {.measure = Measure::range_aware});
  CHECK(aware.table_bytes() < 512 * 1024);
}
