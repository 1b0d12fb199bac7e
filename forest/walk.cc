#include "forest/walk.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "forest/wide_walk.h"

namespace forest {
namespace {

constexpr std::size_t kLanes = 8;

/// The probability that the walk passes a node: 1 inside of its range, less the farther outside.
double passing(const NodeRange& range, double value) {
  const double lo = range.lo;
  const double hi = range.hi;
  return (hi - lo) / (std::max(hi, value) - std::min(lo, value));
}

// Walks are independent of each other: side by side they hide the latency of each other's loads. A
// lane is one walk: a row in a tree. The loops over lanes have a constant length, so that the
// compiler unrolls them.

/// Neighbouring rows of a block in one tree.
struct RowLanes {
  const Tree& only;
  const float* first;
  std::size_t stride;  ///< from one column to the next

  const Tree& tree(std::size_t) const { return only; }
  float value(std::size_t lane, std::uint32_t column) const {
    return first[column * stride + lane];
  }
};

/// One row in several trees.
struct TreeLanes {
  std::array<const Tree*, kLanes> trees;
  const float* values;

  const Tree& tree(std::size_t lane) const { return *trees[lane]; }
  float value(std::size_t, std::uint32_t column) const { return values[column]; }
};

/// Reads what an axis-parallel cut compares.
struct AxisCut {
  template <typename Lanes>
  static float project(const Lanes& lanes, std::size_t lane, const Node& node) {
    return lanes.value(lane, node.column);
  }
};

/// Reads what a hyperplane compares. A leaf, whose cut is infinite, reads any plane of its tree.
struct PlaneCut {
  template <typename Lanes>
  static float project(const Lanes& lanes, std::size_t lane, const Node& node) {
    const Tree& tree = lanes.tree(lane);
    const Term* const terms = tree.terms.data() + node.column;
    float sum = 0.0F;
    for (std::size_t i = 0; i < tree.terms_per_cut; ++i) {
      sum += terms[i].weight * lanes.value(lane, terms[i].column);
    }
    return std::clamp(sum, -kLargestValue, kLargestValue);  // as in training; NaN stays
  }
};

using Ends = std::array<double, kLanes>;

template <typename Cut, typename Lanes>
Ends walk_to_leaves(const Lanes& lanes, std::size_t depth) {
  std::array<std::uint32_t, kLanes> at{};
  for (std::size_t level = 0; level < depth; ++level) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const Tree& tree = lanes.tree(i);
      const Node& node = tree.nodes.data()[at[i]];
      const float value = Cut::project(lanes, i, node);
      at[i] = node.left + static_cast<std::uint32_t>(value > node.cut);
    }
  }
  Ends ends;
  for (std::size_t i = 0; i < kLanes; ++i) ends[i] = lanes.tree(i).values.data()[at[i]];
  return ends;
}

typedef double Pair __attribute__((vector_size(16)));

Pair larger(Pair a, Pair b) { return a > b ? a : b; }

// The path length is the sum over levels of the probability to pass them. Leaves count the levels
// below them as passed, which the last line takes back.
template <typename Cut, typename Lanes>
Ends walk_range_aware(const Lanes& lanes, std::size_t depth) {
  constexpr std::size_t kPairs = kLanes / 2;
  std::array<std::uint32_t, kLanes> at{};
  std::array<Pair, kPairs> weight;
  std::array<Pair, kPairs> length;
  weight.fill(Pair{1.0, 1.0});
  length.fill(Pair{0.0, 0.0});
  for (std::size_t level = 0; level < depth; ++level) {
    for (std::size_t p = 0; p < kPairs; ++p) {
      const std::size_t a = 2 * p;
      const std::size_t b = a + 1;
      const Tree& tree_a = lanes.tree(a);
      const Tree& tree_b = lanes.tree(b);
      const Node& node_a = tree_a.nodes.data()[at[a]];
      const Node& node_b = tree_b.nodes.data()[at[b]];
      const NodeRange& range_a = tree_a.ranges.data()[at[a]];
      const NodeRange& range_b = tree_b.ranges.data()[at[b]];
      const float value_a = Cut::project(lanes, a, node_a);
      const float value_b = Cut::project(lanes, b, node_b);
      const Pair value{value_a, value_b};
      const Pair lo{range_a.lo, range_b.lo};
      const Pair hi{range_a.hi, range_b.hi};
      const Pair width = hi - lo;
      const Pair reach = larger(hi, value) - (lo < value ? lo : value);
      weight[p] *= width / reach;
      length[p] += weight[p];
      at[a] = node_a.left + static_cast<std::uint32_t>(value_a > node_a.cut);
      at[b] = node_b.left + static_cast<std::uint32_t>(value_b > node_b.cut);
    }
  }
  Ends lengths;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double below = lanes.tree(i).values.data()[at[i]] - static_cast<double>(depth);
    lengths[i] = length[i / 2][i % 2] + weight[i / 2][i % 2] * below;
  }
  return lengths;
}

template <typename Lanes>
Ends walk_lanes(const Lanes& lanes, const Tree& kind, std::size_t depth) {
  const bool planes = kind.terms_per_cut > 0;
  if (kind.ranges.empty()) {
    return planes ? walk_to_leaves<PlaneCut>(lanes, depth) : walk_to_leaves<AxisCut>(lanes, depth);
  }
  return planes ? walk_range_aware<PlaneCut>(lanes, depth)
                : walk_range_aware<AxisCut>(lanes, depth);
}

template <typename Cut>
double expected_value(const TreeLanes& lanes, std::vector<Pending>& pending) {
  const Tree& tree = lanes.tree(0);
  double sum = 0.0;
  pending.assign(1, {0, 0, 1.0});
  while (!pending.empty()) {
    Pending at = pending.back();
    pending.pop_back();
    const Node& node = tree.nodes[at.node];
    const bool by_range = !tree.ranges.empty();
    if (tree.is_leaf(at.node)) {
      const double below = by_range ? static_cast<double>(at.depth) : 0.0;
      sum += at.weight * (tree.values[at.node] - below);
      continue;
    }
    const float value = Cut::project(lanes, 0, node);
    const bool missing = std::isnan(value);
    if (by_range) {
      if (!missing) at.weight *= passing(tree.ranges[at.node], double{value});
      sum += at.weight;
    }
    if (missing) {
      const double left = static_cast<double>(tree.rows[node.left]) / tree.rows[at.node];
      pending.push_back({node.left + 1, at.depth + 1, at.weight * (1.0 - left)});
      pending.push_back({node.left, at.depth + 1, at.weight * left});
    } else {
      const auto right = static_cast<std::uint32_t>(value > node.cut);
      pending.push_back({node.left + right, at.depth + 1, at.weight});
    }
  }
  return sum;
}

}  // namespace

void add_tree(const Tree& tree, const ValueBlock& block, std::span<double> sums, CpuKernel kernel) {
  assert(sums.size() == block.capacity());
  if (kernel == CpuKernel::avx512 && takes_wide_walk(tree)) {
    add_tree_wide(tree, block, sums);
    return;
  }
  for (std::size_t first = 0; first < block.size(); first += kLanes) {
    const Ends ends =
        walk_lanes(RowLanes{tree, block.data() + first, block.capacity()}, tree, tree.depth);
    for (std::size_t i = 0; i < kLanes; ++i) sums[first + i] += ends[i];
  }
}

double value_of_incomplete(const Tree& tree, std::span<const float> row, WalkScratch& scratch) {
  const TreeLanes lanes{{&tree}, row.data()};
  return tree.terms_per_cut > 0 ? expected_value<PlaneCut>(lanes, scratch.pending)
                                : expected_value<AxisCut>(lanes, scratch.pending);
}

double sum_over(std::span<const Tree> trees, std::span<const float> row, bool complete,
                WalkScratch& scratch) {
  double sum = 0.0;
  if (!complete) {
    for (const Tree& tree : trees) sum += value_of_incomplete(tree, row, scratch);
    return sum;
  }
  for (std::size_t first = 0; first < trees.size();) {
    // Trees of one depth and kind share a walk, so that each takes the very steps it takes in a
    // block.
    const Tree& kind = trees[first];
    TreeLanes lanes{{}, row.data()};
    lanes.trees.fill(&kind);
    std::size_t count = 0;
    while (count < kLanes && first + count < trees.size()) {
      const Tree& tree = trees[first + count];
      if (tree.depth != kind.depth || tree.terms_per_cut != kind.terms_per_cut) break;
      lanes.trees[count++] = &tree;
    }
    const Ends ends = walk_lanes(lanes, kind, kind.depth);
    for (std::size_t i = 0; i < count; ++i) sum += ends[i];
    first += count;
  }
  return sum;
}

}  // namespace forest
