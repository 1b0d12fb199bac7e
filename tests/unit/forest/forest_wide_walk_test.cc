#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "forest/train.h"
#include "forest/walk.h"
#include "forest/wide_walk.h"
#include "samples.h"

using namespace forest;

namespace {

RowsView<double> view(const Matrix& rows) {
  return {rows.data(), static_cast<std::size_t>(rows.rows()),
          static_cast<std::size_t>(rows.cols())};
}

/// Compares the sums of a block's rows, and tells how many trees took part.
std::size_t compare(std::span<const Tree> trees, const ValueBlock& block) {
  std::size_t wide = 0;
  std::vector<double> expected(block.capacity(), 0.5);
  std::vector<double> found(block.capacity(), 0.5);
  for (const Tree& tree : trees) {
    if (!takes_wide_walk(tree)) continue;
    ++wide;
    add_tree(tree, block, expected, CpuKernel::portable);
    add_tree(tree, block, found, CpuKernel::avx512);
    for (std::size_t row = 0; row < block.size(); ++row) {
      if (std::isnan(expected[row])) continue;  // of a row with missing values
      REQUIRE(found[row] == expected[row]);
    }
  }
  return wide;
}

bool runs() { return best_cpu_kernel() == CpuKernel::avx512; }

}  // namespace

TEST_CASE("the wide walk gives the bits of the portable one in any number of rows", "[forest]") {
  if (!runs()) return;
  Random random(4, 0);
  for (const std::size_t terms : {0U, 3U}) {
    for (const bool ranges : {false, true}) {
      const std::vector<Tree> trees{random_tree(5, 4, ranges, terms, random),
                                    random_tree(5, 11, ranges, terms, random)};
      const std::vector<ColumnScale> columns(5);
      const Matrix rows = awkward_rows(144, 5, 9);
      ValueBlock block(columns);
      REQUIRE(block.capacity() == 144);
      for (const std::size_t count : {0U, 1U, 7U, 8U, 47U, 48U, 49U, 97U, 143U, 144U}) {
        block.fill(view(rows), 0, count);
        CHECK(compare(trees, block) == 2);
      }
    }
  }
}

TEST_CASE("the wide walk weighs rows far outside and on the edge of ranges as the portable one",
          "[forest]") {
  if (!runs()) return;
  for (const std::size_t extension : {0U, 2U}) {
    Matrix rows = bell_rows(2000, 9, 5);
    rows.col(4) = rows.col(4).array().round();
    rows.col(5).setConstant(3.0);
    const IsolationForest forest = train(
        rows,
        {.trees = 20, .sample = 300, .measure = Measure::range_aware, .extension = extension});
    for (const double factor : {1.0, 1.5, 40.0, -1e30}) {
      const Matrix far = factor * rows;
      ValueBlock block(forest.frame().columns);
      block.fill(view(far), 100, block.capacity());
      CHECK(compare(forest.trees(), block) == 20);
    }
  }
}

TEST_CASE("the wide walk leaves shallow trees to the other", "[forest]") {
  Random random(5, 0);
  for (const std::size_t depth : {0U, 1U, 3U}) {
    CHECK_FALSE(takes_wide_walk(random_tree(2, depth, true, 0, random)));
  }
}
