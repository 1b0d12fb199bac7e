// BitWalk: the fast walk for trees of few leaves, on processors with AVX-512.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forest/tree.h"

namespace forest {

/// Compares 48 rows at a time with every cut of a tree. A row starts with a bit for each leaf;
/// a cut that sends it right clears those of its left side, and the first bit left is its leaf.
/// Costs grow with the number of cuts instead of the depth. Source: Lucchese et al., "QuickScorer:
/// a fast algorithm to rank documents with additive ensembles of regression trees", SIGIR 2015.
/// Immutable; safe from any thread.
class BitWalk {
 public:
  static constexpr std::size_t kMostLeaves = 32;

  /// Tells whether the processor can.
  static bool runs();

  /// @pre runs(); axis-parallel cuts; the columns' keys lie `column_keys` apart
  BitWalk(std::span<const Tree> trees, std::size_t column_keys);

  /// Tells whether a tree has at most kMostLeaves leaves.
  bool takes(std::size_t tree) const { return parts_[tree].last > 0; }
  /// Adds to `sums[i]` the leaf value of row i, the same bits as HeapWalk. @pre takes(tree); rows a
  /// multiple of 16
  void add(std::size_t tree, const std::uint32_t* keys, std::size_t rows, double* sums) const;

  std::size_t memory_bytes() const;

  struct Split {
    std::uint32_t offset;  ///< of the column's keys
    std::uint32_t key;
    std::uint32_t keep;  ///< the leaves left for a row that goes right
  };

 private:
  struct Part {
    std::uint32_t first = 0, last = 0;  ///< splits; last is 0 where the tree has too many leaves
    std::uint32_t values = 0;
  };

  void place(const Tree& tree, std::size_t column_keys);

  std::vector<Part> parts_;
  std::vector<Split> splits_;
  std::vector<std::array<double, kMostLeaves>> values_;  ///< of leaves from left to right
};

}  // namespace forest
