// HeapWalk: the fast walk for shallow trees with axis-parallel cuts and no ranges.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forest/bit_walk.h"
#include "forest/column_block.h"
#include "forest/cpu_kernel.h"
#include "forest/tree.h"

namespace forest {

/// Trees as perfect binary heaps: node i has the children 2i and 2i + 1, so that a step is two
/// loads, a comparison and an addition with carry, and needs no pointer.
///
/// Leaves above the last level are drawn out to it. Memory: 16 bytes * 2^depth a tree. Immutable;
/// safe from any thread.
class HeapWalk {
 public:
  /// Deeper trees than this take more memory as a heap than they gain.
  static constexpr std::size_t kMaxDepth = 10;
  /// Rows wider than this do not fit the caches in blocks.
  static constexpr std::size_t kMaxColumns = 4096;

  /// Tells whether trees can be walked as heaps, in a memory that their own size justifies.
  static bool fits(std::span<const Tree> trees, std::size_t columns);

  /// @pre fits(trees, columns)
  HeapWalk(std::span<const Tree> trees, std::size_t columns);

  /// Adds to `sums[i]` the value of the leaf that the block's row i ends in; rows with missing
  /// values get numbers without meaning.
  /// @param tree  its number; @param sums  [block.capacity()]
  void add(std::size_t tree, const KeyBlock& block, std::span<double> sums, CpuKernel kernel) const;
  /// Returns one row's sum of leaf values, in the order of trees.
  /// @param keys  [columns * KeyBlock::rows_for(columns)], the row's key of a column at the start
  /// of the column
  double sum(const std::uint32_t* keys) const;

  std::size_t memory_bytes() const;

  /// One inner node: where the block keeps the keys of its column, in bytes, and the cut's key.
  struct Slot {
    std::uint32_t offset;
    std::uint32_t key;
  };

 private:
  struct alignas(64) SlotLine {
    std::array<Slot, 8> slots;
  };
  struct alignas(64) ValueLine {
    std::array<double, 8> values;
  };

  void place(const Tree& tree, std::size_t number, std::uint32_t column_bytes,
             std::vector<std::uint32_t>& places);

  std::size_t trees_;
  std::size_t depth_;              ///< of all heaps, at least 4
  std::vector<SlotLine> slots_;    ///< trees * 2^depth slots, the first of each unused
  std::vector<ValueLine> values_;  ///< trees * 2^depth leaf values
  std::optional<BitWalk> bits_;    ///< for blocks and trees of few leaves, where the processor can
};

}  // namespace forest
