#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "forest/fit_scale.h"
#include "forest/grow.h"
#include "forest/rows_view.h"
#include "samples.h"

using forest::ColumnScale;
using forest::depth_limit;
using forest::Grower;
using forest::GrowOptions;
using forest::Matrix;
using forest::Measure;
using forest::Random;
using forest::Tree;

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Grows a tree on all rows, in units of 1; all columns may be cut unless the options say less.
Tree grow(const Matrix& rows, GrowOptions options, std::uint64_t seed = 1) {
  const std::vector<ColumnScale> columns(static_cast<std::size_t>(rows.cols()));
  if (options.columns == 0) options.columns = columns.size();
  std::vector<std::uint32_t> ids(static_cast<std::size_t>(rows.rows()));
  std::iota(ids.begin(), ids.end(), 0U);
  Random random(seed, 0);
  return Grower(rows, columns, options).grow(ids, random);
}

/// Rows by the node they come by, as scoring would send them. @pre no value is missing
std::vector<std::vector<Eigen::Index>> rows_by_node(const Tree& tree, const Matrix& rows) {
  std::vector<std::vector<Eigen::Index>> all(tree.nodes.size());
  const std::vector<ColumnScale> columns(static_cast<std::size_t>(rows.cols()));
  std::vector<float> row(columns.size());
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    REQUIRE(forest::copy_row(columns, row_of(rows, i).data(), row));
    std::size_t node = 0;
    all[0].push_back(i);
    while (!tree.is_leaf(node)) {
      const forest::Node& at = tree.nodes[node];
      float value = tree.terms_per_cut == 0 ? row[at.column] : 0.0F;
      if (tree.terms_per_cut > 0) {
        for (const forest::Term& term : tree.terms_of(at)) value += term.weight * row[term.column];
      }
      node = at.left + (value > at.cut ? 1U : 0U);
      all[node].push_back(i);
    }
  }
  return all;
}

std::set<std::uint32_t> columns_of(const Tree& tree) {
  std::set<std::uint32_t> columns;
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    if (!tree.is_leaf(node)) columns.insert(tree.nodes[node].column);
  }
  return columns;
}

}  // namespace

TEST_CASE("the depth limit is ceil(log2(max(sample, 2)))", "[forest]") {
  const std::vector<std::pair<std::size_t, std::size_t>> cases{
      {1, 1}, {2, 1}, {3, 2}, {4, 2}, {256, 8}, {257, 9}, {1000, 10}, {std::size_t{1} << 32, 32}};
  for (const auto& [sample, depth] : cases) CHECK(depth_limit(sample) == depth);
}

TEST_CASE("every split separates rows and holds their range around the cut", "[forest]") {
  const Matrix rows = bell_rows(300, 4, 8);
  const Tree tree = grow(rows, {.depth_limit = 20, .measure = Measure::range_aware});
  const auto by_node = rows_by_node(tree, rows);
  CHECK(tree.rows[0] == 300);
  std::size_t splits = 0;
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    REQUIRE(tree.rows[node] >= 1);
    if (tree.is_leaf(node)) continue;
    ++splits;
    const std::uint32_t column = tree.nodes[node].column;
    REQUIRE(column < 4);
    CHECK(tree.ranges[node].lo <= tree.nodes[node].cut);
    CHECK(tree.nodes[node].cut < tree.ranges[node].hi);
    double lo = HUGE_VAL;
    double hi = -HUGE_VAL;
    for (const Eigen::Index row : by_node[node]) {
      lo = std::min(lo, rows(row, column));
      hi = std::max(hi, rows(row, column));
    }
    CHECK(tree.ranges[node].lo == static_cast<float>(lo));
    CHECK(tree.ranges[node].hi == static_cast<float>(hi));
  }
  CHECK(tree.nodes.size() == 2 * splits + 1);
}

TEST_CASE("only range-aware trees keep ranges", "[forest]") {
  const Matrix rows = bell_rows(30, 2, 8);
  CHECK(grow(rows, {.depth_limit = 5}).ranges.empty());
  CHECK(grow(rows, {.depth_limit = 5, .measure = Measure::density}).ranges.empty());
}

TEST_CASE("rows go where training put them, whatever the cuts", "[forest]") {
  Matrix rows = bell_rows(500, 6, 3);
  rows.col(1) *= 1e6;
  rows.col(2) = rows.col(2).array().round();
  rows.col(3) *= 1e-30;
  rows.col(4).array() += 1000.0;
  rows(17, 5) = HUGE_VAL;
  for (const GrowOptions& options :
       {GrowOptions{.depth_limit = kNoLimit}, GrowOptions{.depth_limit = 8, .pooled_gain = 1.0},
        GrowOptions{.depth_limit = 8, .kurtosis = 1.0},
        GrowOptions{.depth_limit = kNoLimit, .extension = 1},
        GrowOptions{.depth_limit = kNoLimit, .extension = 5, .pooled_gain = 0.5}}) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const Tree tree = grow(rows, options, seed);
      const auto by_node = rows_by_node(tree, rows);
      std::size_t misplaced = 0;
      for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
        misplaced += by_node[node].size() == tree.rows[node] ? 0U : 1U;
      }
      INFO("extension " << options.extension << ", seed " << seed);
      CHECK(misplaced == 0);
    }
  }
}

TEST_CASE("without a depth limit every leaf holds equal rows", "[forest]") {
  Matrix rows = bell_rows(400, 3, 4).array().round();
  for (const std::size_t extension : {0U, 1U, 2U}) {
    const Tree tree = grow(rows, {.depth_limit = kNoLimit, .extension = extension});
    const auto by_node = rows_by_node(tree, rows);
    for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
      if (!tree.is_leaf(node)) continue;
      for (const Eigen::Index row : by_node[node]) {
        REQUIRE(rows.row(row) == rows.row(by_node[node].front()));
      }
    }
  }
}

TEST_CASE("a depth limit is kept, and reached by rows that differ", "[forest]") {
  const Matrix rows = bell_rows(400, 3, 4);
  for (const std::size_t limit : {0U, 1U, 5U}) {
    CHECK(grow(rows, {.depth_limit = limit}).depth == limit);
    CHECK(grow(rows, {.depth_limit = limit, .extension = 1}).depth == limit);
  }
}

TEST_CASE("columns that differ are drawn evenly, constant ones never", "[forest]") {
  Matrix rows = bell_rows(50, 4, 9);
  rows.col(2).setConstant(7.0);
  std::vector<int> counts(4);
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    ++counts.at(grow(rows, {.depth_limit = 1}, seed).nodes[0].column);
  }
  CHECK(counts[2] == 0);
  // 1,000 each, standard deviation sqrt(3000 * 1/3 * 2/3) = 26.
  for (const std::size_t column : {0U, 1U, 3U}) CHECK(counts[column] == Approx(1000).margin(110));
}

TEST_CASE("cut points are drawn evenly within the range", "[forest]") {
  Matrix rows(2, 1);
  rows << 10.0, 20.0;
  std::vector<int> counts(10);
  constexpr int kTrees = 5000;
  for (std::uint64_t seed = 0; seed < kTrees; ++seed) {
    const float cut = grow(rows, {.depth_limit = 1}, seed).nodes[0].cut;
    REQUIRE(cut >= 10.0F);
    REQUIRE(cut < 20.0F);
    ++counts.at(static_cast<std::size_t>(cut - 10.0F));
  }
  double chi = 0.0;
  for (const int count : counts) chi += (count - 500.0) * (count - 500.0) / 500.0;
  CHECK(chi < 27.9);  // 99.9 % point of chi-square with 9 degrees of freedom
}

TEST_CASE("a missing value joins a child in proportion to the known rows", "[forest]") {
  // Known rows are one at 0 and nine at 1: whatever the cut, one goes left and nine go right.
  Matrix rows(11, 1);
  rows.setOnes();
  rows(0, 0) = 0.0;
  rows(10, 0) = kMissing;
  int left = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const Tree tree = grow(rows, {.depth_limit = 1}, seed);
    CHECK(tree.rows[0] == 11);
    left += static_cast<int>(tree.rows[1]) - 1;
  }
  CHECK(left == Approx(500).margin(85));  // standard deviation sqrt(5000 * 0.1 * 0.9) = 21
}

TEST_CASE("what is missing everywhere is never cut, and rows of nothing else are one leaf",
          "[forest]") {
  Matrix rows = bell_rows(100, 3, 5);
  rows.col(1).setConstant(kMissing);
  for (const GrowOptions& options :
       {GrowOptions{.depth_limit = 9}, {.depth_limit = 9, .kurtosis = 1.0}}) {
    CHECK(columns_of(grow(rows, options)) == std::set<std::uint32_t>{0, 2});
  }
  const Tree planes = grow(rows, {.depth_limit = 9, .extension = 2});
  for (const forest::Term& term : planes.terms) CHECK(term.column != 1);
  rows.setConstant(kMissing);
  for (const GrowOptions& options : {GrowOptions{.depth_limit = 9},
                                     {.depth_limit = 9, .extension = 1},
                                     {.depth_limit = 9, .pooled_gain = 1.0, .kurtosis = 1.0}}) {
    const Tree tree = grow(rows, options);
    CHECK(tree.nodes.size() == 1);
    CHECK(tree.rows[0] == 100);
  }
}

TEST_CASE("infinite values are cut off as the largest there are", "[forest]") {
  Matrix rows = bell_rows(50, 1, 6);
  rows(3, 0) = HUGE_VAL;
  rows(4, 0) = -HUGE_VAL;
  const Tree tree = grow(rows, {.depth_limit = 2, .measure = Measure::range_aware});
  CHECK(tree.ranges[0].lo == -forest::kLargestValue);
  CHECK(tree.ranges[0].hi == forest::kLargestValue);
  const auto by_node = rows_by_node(tree, rows);
  // Both are far from all others: after two cuts each is alone.
  std::size_t alone = 0;
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    if (!tree.is_leaf(node) || by_node[node].size() != 1) continue;
    alone += by_node[node][0] == 3 || by_node[node][0] == 4 ? 1U : 0U;
  }
  CHECK(alone == 2);
}

TEST_CASE("neighbouring doubles are still cut apart", "[forest]") {
  Matrix rows(2, 1);
  rows << 1.0, std::nextafter(1.0, 2.0);
  const std::vector<ColumnScale> columns = forest::fit_scales(rows, 1);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<std::uint32_t> ids{0, 1};
    Random random(seed, 0);
    const Tree tree = Grower(rows, columns, {.depth_limit = 1, .columns = 1}).grow(ids, random);
    REQUIRE(tree.nodes.size() == 3);
    CHECK(tree.rows[1] == 1);
  }
}

TEST_CASE("neighbouring floats are cut at the lower one", "[forest]") {
  Matrix rows(3, 1);
  rows << 1.0, 1.0, double{std::nextafter(1.0F, 2.0F)};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Tree tree = grow(rows, {.depth_limit = 1}, seed);
    REQUIRE(tree.nodes.size() == 3);
    CHECK(tree.nodes[0].cut == 1.0F);
    CHECK(tree.rows[1] == 2);
  }
}

TEST_CASE("a range is that of the known values, wherever the missing ones stand", "[forest]") {
  for (Eigen::Index lowest = 0; lowest < 21; ++lowest) {
    Matrix rows = bell_rows(21, 1, 16);
    for (Eigen::Index i = 1; i < 21; i += 2) rows(i, 0) = kMissing;
    rows((lowest + 7) % 21, 0) = 9.0;
    rows(lowest, 0) = -9.0;
    const Tree tree = grow(rows, {.depth_limit = 1, .measure = Measure::range_aware});
    CHECK(tree.ranges[0].lo == -9.0F);
    CHECK(tree.ranges[0].hi == 9.0F);
  }
}

TEST_CASE("a tree cuts no more columns than it may, drawn evenly", "[forest]") {
  const Matrix rows = bell_rows(200, 5, 7);
  std::vector<int> counts(5);
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    const Tree tree = grow(rows, {.depth_limit = 6, .columns = 2}, seed);
    const std::set<std::uint32_t> used = columns_of(tree);
    REQUIRE(used.size() == 2);
    for (const std::uint32_t column : used) ++counts.at(column);
  }
  for (const int count : counts) CHECK(count == Approx(600).margin(80));  // deviation 19
  const Tree planes = grow(rows, {.depth_limit = 6, .columns = 2, .extension = 1});
  std::set<std::uint32_t> used;
  for (const forest::Term& term : planes.terms) used.insert(term.column);
  CHECK(used.size() == 2);
}

TEST_CASE("with pooled gain the root is cut between two clusters", "[forest]") {
  Matrix rows = bell_rows(200, 1, 8);
  rows.topRows(60).array() += 20.0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Tree tree = grow(rows, {.depth_limit = 1, .pooled_gain = 1.0}, seed);
    CHECK(tree.nodes[0].cut > 4.0F);
    CHECK(tree.nodes[0].cut < 16.0F);
    CHECK(tree.rows[2] == 60);
  }
}

TEST_CASE("pooled gain and kurtosis are used as often as their probabilities say", "[forest]") {
  Matrix rows = uniform_rows(1000, 5, 9);
  rows(0, 4) = 1e6;  // kurtosis nearly 1,000, those of the others are 1.8
  int guided_cuts = 0;
  int peaked = 0;
  constexpr int kTrees = 1000;
  for (std::uint64_t seed = 0; seed < kTrees; ++seed) {
    const Tree tree = grow(rows, {.depth_limit = 1, .pooled_gain = 0.25, .kurtosis = 0.5}, seed);
    if (tree.nodes[0].column != 4) continue;
    ++peaked;
    guided_cuts += tree.nodes[0].cut == Approx(5e5).epsilon(1e-3) ? 1 : 0;
  }
  CHECK(peaked == Approx(kTrees * (0.5 / 5 + 0.5)).margin(60));  // deviation 15
  CHECK(guided_cuts == Approx(0.25 * peaked).margin(50));
}

TEST_CASE("columns are drawn by their kurtosis among the rows of the node", "[forest]") {
  // Of values 0 and 1, a share p of ones: kurtosis 1 / (p (1 - p)) - 3, at least 1.
  Matrix rows = Matrix::Zero(100, 3);
  rows.col(0).topRows(50).setOnes();  // 1
  rows.col(1).topRows(20).setOnes();  // 3.25
  rows.col(2).topRows(10).setOnes();  // 8.11
  std::vector<int> counts(3);
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    ++counts.at(grow(rows, {.depth_limit = 1, .kurtosis = 1.0}, seed).nodes[0].column);
  }
  CHECK(counts[0] < 350);
  CHECK(counts[1] > 600);
  CHECK(counts[1] < 900);
  CHECK(counts[2] > 1800);
}

TEST_CASE("a hyperplane has as many columns as asked for and weights up to 1", "[forest]") {
  const Matrix rows = bell_rows(300, 6, 10);
  for (const std::size_t extension : {1U, 3U, 5U}) {
    const Tree tree = grow(rows, {.depth_limit = 8, .extension = extension});
    CHECK(tree.terms_per_cut == extension + 1);
    CHECK(tree.terms.size() == (tree.nodes.size() - 1) / 2 * (extension + 1));
    for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
      if (tree.is_leaf(node)) continue;
      float heaviest = 0.0F;
      std::set<std::uint32_t> columns;
      for (const forest::Term& term : tree.terms_of(tree.nodes[node])) {
        columns.insert(term.column);
        heaviest = std::max(heaviest, std::abs(term.weight));
      }
      CHECK(columns.size() == (tree.rows[node] == 2 ? columns.size() : extension + 1));
      CHECK(heaviest == 1.0F);
    }
  }
}

TEST_CASE("a hyperplane of fewer columns that differ uses those", "[forest]") {
  Matrix rows = bell_rows(100, 4, 11);
  rows.col(0).setConstant(3.0);
  rows.col(2).setConstant(-1.0);
  rows.col(3).setConstant(0.0);
  const Tree tree = grow(rows, {.depth_limit = 4, .extension = 3});
  CHECK(tree.terms_per_cut == 4);
  for (const forest::Term& term : tree.terms) CHECK((term.column == 1 || term.weight == 0.0F));
  CHECK(tree.depth == 4);
}

TEST_CASE("hyperplanes point anywhere, whatever the units of the columns", "[forest]") {
  Matrix rows = bell_rows(200, 2, 12);
  rows.col(1) *= 1e4;
  int first_leads = 0;
  int negative = 0;
  constexpr int kTrees = 2000;
  for (std::uint64_t seed = 0; seed < kTrees; ++seed) {
    const Tree tree = grow(rows, {.depth_limit = 1, .extension = 1}, seed);
    std::map<std::uint32_t, double> weights;
    for (const forest::Term& term : tree.terms) weights[term.column] = double{term.weight};
    first_leads += std::abs(weights.at(0)) > std::abs(weights.at(1)) * 1e4 ? 1 : 0;
    negative += weights.at(0) * weights.at(1) < 0.0 ? 1 : 0;
  }
  CHECK(first_leads == Approx(kTrees / 2).margin(110));  // deviation 22, plus that of the sample
  CHECK(negative == Approx(kTrees / 2).margin(90));
}

TEST_CASE("rows that miss different columns are still cut by hyperplanes", "[forest]") {
  // No row has both columns, so that no projection is known: one column cuts alone.
  Matrix rows = bell_rows(200, 2, 13);
  for (Eigen::Index row = 0; row < 200; ++row) rows(row, row % 2) = kMissing;
  const Tree tree = grow(rows, {.depth_limit = 8, .extension = 1});
  CHECK(tree.nodes.size() > 50);
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    if (tree.is_leaf(node)) continue;
    const auto plane = tree.terms_of(tree.nodes[node]);
    CHECK(std::abs(plane[0].weight) == 1.0F);
    CHECK(plane[1].weight == 0.0F);
    CHECK(plane[1].column == plane[0].column);  // so that the other one may be missing
  }
}

TEST_CASE("a density is the share of rows over the share of the range, from cut to cut",
          "[forest]") {
  const Matrix rows = uniform_rows(300, 2, 14);
  const Tree tree = grow(rows, {.depth_limit = 6, .measure = Measure::density});
  const auto by_node = rows_by_node(tree, rows);
  std::vector<double> expected(tree.nodes.size(), 0.0);
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    if (tree.is_leaf(node)) {
      CHECK(tree.values[node] == Approx(expected[node]).margin(1e-9));
      continue;
    }
    const forest::Node& at = tree.nodes[node];
    float lo = HUGE_VALF;
    float hi = -HUGE_VALF;
    for (const Eigen::Index row : by_node[node]) {
      lo = std::min(lo, static_cast<float>(rows(row, at.column)));
      hi = std::max(hi, static_cast<float>(rows(row, at.column)));
    }
    const auto all = static_cast<double>(by_node[node].size());
    for (const std::uint32_t right : {0U, 1U}) {
      const double width = right == 1 ? double{hi} - double{at.cut} : double{at.cut} - double{lo};
      const auto inside = static_cast<double>(by_node[at.left + right].size());
      expected[at.left + right] =
          expected[node] + std::log2(inside / all / (width / (double{hi} - double{lo})));
    }
  }
}

TEST_CASE("a row in no width at all has a large but finite density", "[forest]") {
  Matrix rows = Matrix::Zero(100, 1);
  rows(99, 0) = 1e30;
  const Tree tree = grow(rows, {.depth_limit = 6, .pooled_gain = 1.0, .measure = Measure::density});
  REQUIRE(tree.nodes.size() == 3);
  CHECK(std::isfinite(tree.values[1]));
  CHECK(tree.values[1] > tree.values[2]);
}

TEST_CASE("a grower grows the same tree whatever it grew before", "[forest]") {
  const Matrix rows = bell_rows(300, 5, 15);
  const std::vector<ColumnScale> columns(5);
  for (const GrowOptions& options :
       {GrowOptions{.depth_limit = 8, .columns = 3},
        {.depth_limit = 8, .columns = 5, .extension = 2},
        {.depth_limit = 8, .columns = 5, .pooled_gain = 0.5, .kurtosis = 0.5}}) {
    Grower grower(rows, columns, options);
    const auto grown = [&](std::uint64_t seed, std::size_t sample) {
      std::vector<std::uint32_t> ids(sample);
      std::iota(ids.begin(), ids.end(), 0U);
      Random random(seed, 0);
      return grower.grow(ids, random);
    };
    const Tree first = grown(1, 100);
    CHECK_FALSE(same_tree(grown(2, 300), first));
    CHECK(same_tree(grown(1, 100), first));
  }
}
