// Tree: one isolation tree as flat arrays, and its builder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace forest {

/// One node. An inner node sends a row left when its scaled value at `column` is <= `cut`; its
/// right child is `left + 1`. A leaf points to itself and has an infinite cut, so that the walk is
/// one loop of fixed length without a test for leaves. In a tree of hyperplanes `column` is the
/// position of the cut's first term.
struct Node {
  float cut = 0.0F;
  std::uint32_t column = 0;
  std::uint32_t left = 0;
};

/// Smallest and largest scaled value (or projection) that training rows of an inner node have in
/// its cut, missing ones left out.
struct NodeRange {
  float lo = 0.0F;
  float hi = 0.0F;
};

/// One column's part in a hyperplane: the projection of a row is the sum of weight * value.
struct Term {
  std::uint32_t column = 0;
  float weight = 0.0F;
};

/// One tree. Node 0 is the root, children follow their parent.
struct Tree {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> rows;  ///< [nodes] training rows that reached the node
  /// [nodes] what a row that ends in the leaf adds to its sum: a path length, or the logarithm of
  /// a density; 0 for inner nodes
  std::vector<double> values;
  std::vector<NodeRange> ranges;  ///< [nodes], or empty where the walk does not ask for them
  std::vector<Term> terms;        ///< [inner nodes * terms_per_cut], empty for axis-parallel cuts
  std::size_t terms_per_cut = 0;
  std::size_t depth = 0;  ///< edges to the deepest leaf

  bool is_leaf(std::size_t node) const { return nodes[node].left == node; }
  /// Returns the terms of an inner node. @pre terms_per_cut > 0
  std::span<const Term> terms_of(const Node& node) const {
    return std::span(terms).subspan(node.column, terms_per_cut);
  }
  std::size_t memory_bytes() const;
};

/// Builds trees from the root down: each split appends its two children, which are then split or
/// closed in turn. A closed node may still be split.
class TreeBuilder {
 public:
  /// Starts with an open root. @param nodes expected number of nodes; @param ranges whether they
  /// are kept; @param terms_per_cut columns of each hyperplane, 0 for axis-parallel cuts
  TreeBuilder(std::size_t nodes, bool ranges, std::size_t terms_per_cut = 0);

  /// Turns an open node into an inner one and returns its left child; both children are open.
  /// @pre terms_per_cut == 0
  std::uint32_t split(std::uint32_t node, std::uint32_t column, float cut, NodeRange range);
  /// The same with a hyperplane. @pre terms.size() == terms_per_cut > 0
  std::uint32_t split(std::uint32_t node, std::span<const Term> terms, float cut, NodeRange range);
  /// Turns an open node into a leaf whose value is a path length. @param depth edges from the root;
  /// @param rows training rows in it, at least 1
  void close(std::uint32_t node, std::size_t depth, std::uint32_t rows);
  /// The same with any value.
  void close(std::uint32_t node, std::size_t depth, std::uint32_t rows, double value);
  /// Returns the tree. @pre no node is open
  Tree finish() &&;
  /// Returns the tree and starts another with an open root, in the same memory. @pre no node is
  /// open
  Tree take();

 private:
  void append();

  Tree tree_;
  bool ranges_;
  std::vector<std::uint32_t> parents_;  ///< of each pair of children
};

/// Returns a leaf's path length: its depth plus c(rows), added in scikit-learn's order, so that
/// equal trees give equal bits.
double path_length_of_leaf(std::size_t depth, std::uint32_t rows);

}  // namespace forest
