#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "forest/path_length.h"
#include "forest/walk.h"
#include "samples.h"

using forest::average_path_length;
using forest::ColumnScale;
using forest::CpuKernel;
using forest::Matrix;
using forest::Random;
using forest::RowsView;
using forest::Tree;
using forest::TreeBuilder;
using forest::ValueBlock;
using forest::WalkScratch;

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Column 0 cut at 2 in [0, 4]; its left child, 6 of 8 rows, cuts column 1 at 10 in [8, 16].
Tree small_tree(bool ranges) {
  TreeBuilder builder(5, ranges);
  const auto left = builder.split(0, 0, 2.0F, {0.0F, 4.0F});
  const auto below = builder.split(left, 1, 10.0F, {8.0F, 16.0F});
  builder.close(below, 2, 4);
  builder.close(below + 1, 2, 2);
  builder.close(left + 1, 1, 2);
  return std::move(builder).finish();
}

RowsView<double> view(const Matrix& rows) {
  return {rows.data(), static_cast<std::size_t>(rows.rows()),
          static_cast<std::size_t>(rows.cols())};
}

/// Sums of all rows over trees: by blocks, and each row that misses something by itself.
std::vector<double> in_blocks(const std::vector<Tree>& trees, const Matrix& rows,
                              CpuKernel kernel = forest::best_cpu_kernel()) {
  const std::vector<ColumnScale> columns(static_cast<std::size_t>(rows.cols()));
  ValueBlock block(columns);
  WalkScratch scratch;
  std::vector<float> row(columns.size());
  std::vector<double> all;
  const auto count = static_cast<std::size_t>(rows.rows());
  for (std::size_t first = 0; first < count; first += block.capacity()) {
    block.fill(view(rows), first, std::min(block.capacity(), count - first));
    std::vector<double> sums(block.capacity());
    for (const Tree& tree : trees) add_tree(tree, block, sums, kernel);
    for (const std::uint32_t i : block.incomplete()) {
      forest::copy_row(columns, view(rows).row(first + i), row);
      sums[i] = 0.0;
      for (const Tree& tree : trees) sums[i] += value_of_incomplete(tree, row, scratch);
    }
    all.insert(all.end(), sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(block.size()));
  }
  return all;
}

double alone(const std::vector<Tree>& trees, const Matrix& rows, Eigen::Index row) {
  const std::vector<ColumnScale> columns(static_cast<std::size_t>(rows.cols()));
  std::vector<float> scaled(columns.size());
  WalkScratch scratch;
  const bool complete = forest::copy_row(columns, row_of(rows, row).data(), scaled);
  return sum_over(trees, scaled, complete, scratch);
}

double value(const Tree& tree, double x, double y) {
  Matrix row(1, 2);
  row << x, y;
  const std::vector<double> sums = in_blocks({tree}, row);
  CHECK(alone({tree}, row, 0) == sums[0]);
  return sums[0];
}

}  // namespace

TEST_CASE("a plain walk ends in the row's leaf, and a value on the cut goes left", "[forest]") {
  const Tree tree = small_tree(false);
  const double c4 = average_path_length(4);
  CHECK(value(tree, 1.0, 9.0) == Approx(2.0 + c4));
  CHECK(value(tree, 2.0, 10.0) == Approx(2.0 + c4));
  CHECK(value(tree, 2.0, 11.0) == Approx(3.0));  // 2 + c(2)
  CHECK(value(tree, 3.0, 9.0) == Approx(2.0));   // 1 + c(2)
}

TEST_CASE("inside of all ranges the range-aware walk equals the plain one", "[forest]") {
  const Tree plain = small_tree(false);
  const Tree aware = small_tree(true);
  for (const double x : {0.0, 1.0, 3.0, 4.0}) {
    for (const double y : {8.0, 10.0, 16.0})
      CHECK(value(aware, x, y) == Approx(value(plain, x, y)));
  }
}

TEST_CASE("outside of a range the walk ends there with probability gap / (gap + hi - lo)",
          "[forest]") {
  const Tree tree = small_tree(true);
  // Root: gap 4, width 4, so it ends at depth 0 half of the time: 1/2 * 0 + 1/2 * (1 + c(2)).
  CHECK(value(tree, 8.0, 0.0) == Approx(0.5 * 2.0));
  // Both nodes outside: root gap 12 of 16 -> passes 1/4; then gap 8 of 16 -> passes 1/2 on the side
  // of 2 rows. 3/4 * 0 + 1/4 * (1/2 * 1 + 1/2 * (2 + c(2)))
  CHECK(value(tree, -12.0, 24.0) == Approx(0.25 * (0.5 * 1.0 + 0.5 * 3.0)));
}

TEST_CASE("a missing value continues in both children by their training rows", "[forest]") {
  const Tree plain = small_tree(false);
  const Tree aware = small_tree(true);
  const double c4 = average_path_length(4);
  // At the root 6 of 8 rows went left: 6/8 (2 + c(4)) + 2/8 (1 + c(2))
  CHECK(value(plain, kMissing, 9.0) == Approx(0.75 * (2.0 + c4) + 0.25 * 2.0));
  // Both missing: the left child sent 4 of 6 rows left.
  const double both = 0.75 * (4.0 / 6.0 * (2.0 + c4) + 2.0 / 6.0 * 3.0) + 0.25 * 2.0;
  CHECK(value(plain, kMissing, kMissing) == Approx(both));
  CHECK(value(aware, kMissing, kMissing) == Approx(both));
  // Missing at the root, outside (gap 8 of 16) in the left child: 6/8 (1/2 1 + 1/2 (2 + c(2))) +
  // 2/8 (1 + c(2))
  CHECK(value(aware, kMissing, 24.0) == Approx(0.75 * (0.5 + 0.5 * 3.0) + 0.25 * 2.0));
}

TEST_CASE("a hyperplane compares the weighted sum of its columns", "[forest]") {
  TreeBuilder builder(3, false, 2);
  const std::vector<forest::Term> plane{{0, 1.0F}, {1, -0.5F}};
  const auto left = builder.split(0, plane, 1.0F, {-9.0F, 9.0F});
  builder.close(left, 1, 3, 10.0);
  builder.close(left + 1, 1, 1, 20.0);
  const Tree tree = std::move(builder).finish();
  CHECK(value(tree, 2.0, 2.0) == 10.0);  // 2 - 1 is on the cut
  CHECK(value(tree, 2.0, 1.9) == 20.0);
  CHECK(value(tree, -5.0, 0.0) == 10.0);
  CHECK(value(tree, kMissing, 1.0) == Approx(0.75 * 10.0 + 0.25 * 20.0));
  CHECK(value(tree, 1.0, kMissing) == Approx(0.75 * 10.0 + 0.25 * 20.0));
}

TEST_CASE("a weighted sum beyond the largest value counts as that, in leaves above others too",
          "[forest]") {
  TreeBuilder builder(5, true, 2);
  const std::vector<forest::Term> plane{{0, 1.0F}, {1, 1.0F}};
  const auto left = builder.split(0, plane, 1.0F, {-1.0F, forest::kLargestValue});
  const auto below = builder.split(left, plane, 0.0F, {-1.0F, 1.0F});
  builder.close(below, 2, 1);
  builder.close(below + 1, 2, 1);
  builder.close(left + 1, 1, 1);
  const Tree tree = std::move(builder).finish();
  CHECK(value(tree, HUGE_VAL, HUGE_VAL) == 1.0);
}

TEST_CASE("rows with missing values leave the sums of their neighbours alone", "[forest]") {
  const Tree tree = small_tree(false);
  Matrix rows(3, 2);
  rows << 1, 9, kMissing, 9, 3, 9;
  const std::vector<ColumnScale> columns(2);
  ValueBlock block(columns);
  block.fill(view(rows), 0, 3);
  CHECK(block.incomplete() == std::vector<std::uint32_t>{1});
  std::vector<double> sums(block.capacity(), 100.0);
  add_tree(tree, block, sums);
  CHECK(sums[0] == Approx(100.0 + value(tree, 1, 9)));
  CHECK(sums[2] == Approx(100.0 + value(tree, 3, 9)));
}

TEST_CASE(
    "trees of all kinds and depths give what the definition says, and a row alone the bits "
    "of a block",
    "[forest]") {
  Random random(1, 0);
  std::uint64_t seed = 0;
  for (const bool ranges : {false, true}) {
    for (const std::size_t terms : {0U, 1U, 2U, 3U}) {
      for (const std::uint32_t width : {1U, 3U, 40U}) {
        std::vector<Tree> trees;
        for (const std::size_t depth : {0U, 1U, 2U, 2U, 9U, 9U, 9U, 14U, 14U, 4U, 25U}) {
          trees.push_back(random_tree(width, depth, ranges, terms, random));
        }
        const Matrix rows = awkward_rows(200, width, ++seed);
        const std::vector<double> sums = in_blocks(trees, rows);
        for (const CpuKernel kernel : forest::cpu_kernels()) {
          REQUIRE(same_bytes(in_blocks(trees, rows, kernel), sums));
        }
        std::vector<float> scaled(width);
        for (Eigen::Index i = 0; i < rows.rows(); ++i) {
          INFO("ranges " << ranges << ", terms " << terms << ", columns " << width << ", row "
                         << i);
          for (std::uint32_t column = 0; column < width; ++column) {
            scaled[column] = ColumnScale{}.to_scaled(rows(i, column));
          }
          double expected = 0.0;
          for (const Tree& tree : trees) expected += reference_value(tree, scaled);
          const double sum = sums[static_cast<std::size_t>(i)];
          REQUIRE(sum == Approx(expected).epsilon(1e-12).margin(1e-12));
          REQUIRE(alone(trees, rows, i) == sum);
        }
      }
    }
  }
}

TEST_CASE("trees of both kinds of cuts stand side by side", "[forest]") {
  Random random(3, 0);
  for (const bool ranges : {false, true}) {
    std::vector<Tree> trees;
    for (const std::size_t terms : {0U, 2U, 0U, 0U, 3U, 2U, 0U}) {
      trees.push_back(random_tree(4, 5, ranges, terms, random));
    }
    const Matrix rows = bell_rows(30, 4, 3);
    const std::vector<double> sums = in_blocks(trees, rows);
    for (Eigen::Index i = 0; i < 30; ++i) {
      REQUIRE(alone(trees, rows, i) == sums[static_cast<std::size_t>(i)]);
    }
  }
}

TEST_CASE("a block of rows that all miss something gets the sums of each", "[forest]") {
  Random random(2, 0);
  const std::vector<Tree> trees{random_tree(2, 7, true, 0, random),
                                random_tree(2, 3, true, 0, random)};
  Matrix rows = bell_rows(20, 2, 2);
  rows.col(1).setConstant(kMissing);
  const std::vector<double> sums = in_blocks(trees, rows);
  for (Eigen::Index i = 0; i < 20; ++i) {
    CHECK(sums[static_cast<std::size_t>(i)] == alone(trees, rows, i));
  }
}
