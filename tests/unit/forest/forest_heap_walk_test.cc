#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "forest/heap_walk.h"
#include "forest/walk.h"
#include "samples.h"

using forest::ColumnScale;
using forest::cpu_kernels;
using forest::CpuKernel;
using forest::HeapWalk;
using forest::KeyBlock;
using forest::Matrix;
using forest::order_key;
using forest::Random;
using forest::RowsView;
using forest::Tree;
using forest::ValueBlock;
using forest::WalkScratch;

namespace {

RowsView<double> view(const Matrix& rows) {
  return {rows.data(), static_cast<std::size_t>(rows.rows()),
          static_cast<std::size_t>(rows.cols())};
}

/// The sums of complete rows, by the definition; NaN for others.
std::vector<double> reference(const std::vector<Tree>& trees, const Matrix& rows,
                              const std::vector<ColumnScale>& columns) {
  std::vector<double> sums;
  std::vector<float> row(columns.size());
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    double sum = 0.0;
    const bool complete = forest::copy_row(columns, row_of(rows, i).data(), row);
    for (const Tree& tree : trees) sum += complete ? reference_value(tree, row) : std::nan("");
    sums.push_back(sum);
  }
  return sums;
}

/// What a heap walk and the number of its trees are asked for together.
struct Heap {
  explicit Heap(const std::vector<Tree>& trees, std::size_t columns)
      : walk(trees, columns), count(trees.size()) {}

  void add(const KeyBlock& block, std::span<double> sums, CpuKernel kernel) const {
    for (std::size_t tree = 0; tree < count; ++tree) walk.add(tree, block, sums, kernel);
  }

  HeapWalk walk;
  std::size_t count;
};

std::vector<double> in_blocks(const Heap& heap, const std::vector<ColumnScale>& columns,
                              const Matrix& rows, CpuKernel kernel) {
  KeyBlock block(columns);
  std::vector<double> sums(block.capacity());
  std::vector<double> all;
  const auto count = static_cast<std::size_t>(rows.rows());
  for (std::size_t first = 0; first < count; first += block.capacity()) {
    const std::size_t rows_now = std::min(block.capacity(), count - first);
    block.fill(view(rows), first, rows_now);
    std::fill(sums.begin(), sums.end(), 0.0);
    heap.add(block, sums, kernel);
    for (const std::uint32_t row : block.incomplete()) sums[row] = std::nan("");
    all.insert(all.end(), sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(rows_now));
  }
  return all;
}

double alone(const Heap& heap, const std::vector<ColumnScale>& columns,
             std::span<const double> row) {
  const std::size_t stride = KeyBlock::rows_for(columns.size());
  std::vector<std::uint32_t> keys(columns.size() * stride);
  for (std::size_t column = 0; column < columns.size(); ++column) {
    keys[column * stride] = order_key(columns[column].to_scaled(row[column]));
  }
  return heap.walk.sum(keys.data());
}

std::vector<Tree> stumps(std::size_t count, std::size_t one_of_depth) {
  Random random(1, 7);
  std::vector<Tree> trees;
  for (std::size_t i = 0; i + 1 < count; ++i) trees.push_back(random_tree(2, 1, false, 0, random));
  trees.push_back(random_tree(2, one_of_depth, false, 0, random));
  return trees;
}

}  // namespace

TEST_CASE("all kernels and one row alone give the bits of the definition", "[forest]") {
  Random random(2, 0);
  std::uint64_t seed = 0;
  for (std::size_t depth = 1; depth <= HeapWalk::kMaxDepth; ++depth) {
    for (const std::uint32_t width : {1U, 2U, 5U, 20U, 107U, 300U}) {
      std::vector<Tree> trees;
      // More than one round of interleaved trees, and some that are left over.
      const std::size_t count = 1 + random.below(23);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t shallower =
            random.below(2) * random.below(static_cast<std::uint32_t>(depth));
        trees.push_back(random_tree(width, depth - shallower, false, 0, random));
      }
      REQUIRE(HeapWalk::fits(trees, width));
      std::vector<ColumnScale> columns(width);
      for (ColumnScale& column : columns) {
        if (random.below(3) == 0)
          column = {random.normal(), std::ldexp(1.0, 2 - static_cast<int>(random.below(5)))};
      }
      const Heap heap(trees, width);
      const Eigen::Index rows = 1 + random.below(width > 100 ? 100 : 320);
      const Matrix data = awkward_rows(rows, width, ++seed);
      const std::vector<double> expected = reference(trees, data, columns);
      for (const CpuKernel kernel : cpu_kernels()) {
        const std::vector<double> found = in_blocks(heap, columns, data, kernel);
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
          INFO(to_string(kernel) << ", depth " << depth << ", columns " << width << ", row " << i);
          if (!std::isnan(expected[i])) REQUIRE(found[i] == expected[i]);
        }
      }
      for (Eigen::Index i = 0; i < std::min<Eigen::Index>(rows, 40); ++i) {
        const double sum = expected[static_cast<std::size_t>(i)];
        if (!std::isnan(sum)) REQUIRE(alone(heap, columns, row_of(data, i)) == sum);
      }
    }
  }
}

TEST_CASE("any number of rows in a block gets the same sums, up to its capacity", "[forest]") {
  Random random(3, 0);
  std::vector<Tree> trees;
  for (int i = 0; i < 3; ++i) trees.push_back(random_tree(4, 6, false, 0, random));
  const Heap heap(trees, 4);
  const std::vector<ColumnScale> columns(4);
  KeyBlock block(columns);
  const auto capacity = static_cast<Eigen::Index>(block.capacity());
  const Matrix rows = bell_rows(capacity, 4, 3);
  const std::vector<double> expected = reference(trees, rows, columns);
  for (const CpuKernel kernel : cpu_kernels()) {
    for (std::size_t count = 0; count <= block.capacity(); ++count) {
      block.fill(view(rows), 0, count);
      std::vector<double> sums(block.capacity());
      heap.add(block, sums, kernel);
      REQUIRE(std::equal(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(count),
                         expected.begin()));
    }
  }
}

TEST_CASE("the heap walk adds to sums, in the order of trees", "[forest]") {
  // 1e16 + 1 - 1e16: another order, or a sum of its own, would keep the 1.
  std::vector<Tree> trees;
  for (const double value : {1.0, -1e16}) {
    forest::TreeBuilder builder(1, false);
    builder.close(0, 0, 1, value);
    trees.push_back(std::move(builder).finish());
  }
  const Heap heap(trees, 1);
  const std::vector<ColumnScale> columns(1);
  KeyBlock block(columns);
  const Matrix rows = bell_rows(9, 1, 4);
  block.fill(view(rows), 0, 9);
  for (const CpuKernel kernel : cpu_kernels()) {
    std::vector<double> sums(block.capacity(), 1e16);
    heap.add(block, sums, kernel);
    for (std::size_t i = 0; i < 9; ++i) CHECK(sums[i] == (1e16 + 1.0) - 1e16);
  }
}

TEST_CASE("the heap walk and the walk for any tree give the same bits", "[forest]") {
  Random random(5, 0);
  std::vector<Tree> trees;
  for (const std::size_t depth : {0U, 1U, 3U, 8U, 8U, 9U, 10U, 10U, 2U, 4U, 7U, 7U}) {
    trees.push_back(random_tree(6, depth, false, 0, random));
  }
  const Heap heap(trees, 6);
  const std::vector<ColumnScale> columns(6, ColumnScale{0.25, 2.0});
  const Matrix rows = awkward_rows(120, 6, 5);
  const std::vector<double> sums = in_blocks(heap, columns, rows, forest::best_cpu_kernel());
  ValueBlock block(columns);
  WalkScratch scratch;
  std::vector<float> row(6);
  block.fill(view(rows), 0, 120);
  std::vector<double> walked(block.capacity());
  for (const Tree& tree : trees) add_tree(tree, block, walked);
  for (std::size_t i = 0; i < 120; ++i) {
    if (std::isnan(sums[i])) continue;
    REQUIRE(forest::copy_row(columns, row_of(rows, static_cast<Eigen::Index>(i)).data(), row));
    CHECK(walked[i] == sums[i]);
    CHECK(sum_over(trees, row, true, scratch) == sums[i]);
  }
}

TEST_CASE("deep trees, ranges, hyperplanes and very wide rows are not for the heap", "[forest]") {
  Random random(6, 0);
  const auto fits = [&](std::size_t depth, bool ranges, std::size_t terms, std::size_t columns) {
    const std::vector<Tree> trees{random_tree(2, 1, ranges, terms, random),
                                  random_tree(2, depth, ranges, terms, random)};
    return HeapWalk::fits(trees, columns);
  };
  CHECK(fits(10, false, 0, 2));
  CHECK_FALSE(fits(11, false, 0, 2));
  CHECK_FALSE(fits(5, true, 0, 2));
  CHECK_FALSE(fits(5, false, 2, 2));
  CHECK(fits(5, false, 0, HeapWalk::kMaxColumns));
  CHECK_FALSE(fits(5, false, 0, HeapWalk::kMaxColumns + 1));
}

TEST_CASE("a heap takes no more memory than its trees justify", "[forest]") {
  // All heaps are as deep as the deepest tree; a megabyte is always fine.
  CHECK(HeapWalk::fits(stumps(64, 10), 2));
  CHECK_FALSE(HeapWalk::fits(stumps(100, 10), 2));
  CHECK(HeapWalk::fits(stumps(100, 3), 2));
  CHECK(HeapWalk::fits(stumps(5000, 4), 2));
  const auto trees = stumps(64, 10);
  const std::size_t bytes = HeapWalk(trees, 2).memory_bytes();
  CHECK(bytes >= 64 * 1024 * 16);  // and what the processor's own tables take
  CHECK(bytes < 64 * (1024 * 16 + 1024));
  CHECK(HeapWalk(stumps(7, 1), 2).memory_bytes() < 7 * (8 * 16 + 1024));  // depth 3 at least
}

TEST_CASE("rows as wide as a heap allows are walked", "[forest]") {
  constexpr auto kWidth = static_cast<std::uint32_t>(HeapWalk::kMaxColumns);
  Random random(8, 0);
  std::vector<Tree> trees;
  for (int i = 0; i < 12; ++i) trees.push_back(random_tree(kWidth, 10, false, 0, random));
  const std::vector<ColumnScale> columns(kWidth);
  const Heap heap(trees, kWidth);
  const Matrix rows = bell_rows(50, kWidth, 8);
  const std::vector<double> expected = reference(trees, rows, columns);
  for (const CpuKernel kernel : cpu_kernels()) {
    CHECK(in_blocks(heap, columns, rows, kernel) == expected);
  }
  CHECK(alone(heap, columns, row_of(rows, 7)) == expected[7]);
}
