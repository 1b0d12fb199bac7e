// The walk: what a tree adds to the sums of a block of rows. For trees of any depth and kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forest/column_block.h"
#include "forest/cpu_kernel.h"
#include "forest/tree.h"

namespace forest {

/// A row still under way in a tree: a node and the probability that the walk comes this far.
struct Pending {
  std::uint32_t node;
  std::uint32_t depth;
  double weight;
};

/// Buffers of a walk, made once and used for many rows.
struct WalkScratch {
  std::vector<Pending> pending;
  std::vector<float> row;
};

/// Adds to `sums[i]` the value of the leaf that the block's row i ends in; for a tree with ranges,
/// its expected path length (Measure::range_aware). Rows with missing values get numbers without
/// meaning; value_of_incomplete knows theirs. All kernels give the same bits.
/// @param sums  [block.capacity()]; those past block.size() take any value
/// Cost O(rows * depth).
void add_tree(const Tree& tree, const ValueBlock& block, std::span<double> sums,
              CpuKernel kernel = best_cpu_kernel());

/// Returns the same for one row with missing values (NaN): at a node that asks for one it goes on
/// in both children, weighted by their training rows.
/// @param row  scaled. Cost up to O(nodes of the tree).
double value_of_incomplete(const Tree& tree, std::span<const float> row, WalkScratch& scratch);

/// Returns one row's sum over trees, in their order: bit-equal to adding them up tree by tree,
/// without the detour over a block.
/// @param row  scaled; @param complete  no value is NaN
double sum_over(std::span<const Tree> trees, std::span<const float> row, bool complete,
                WalkScratch& scratch);

}  // namespace forest
