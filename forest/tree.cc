#include "forest/tree.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "forest/column_scale.h"
#include "forest/path_length.h"

namespace forest {

std::size_t Tree::memory_bytes() const {
  return nodes.capacity() * sizeof(Node) + rows.capacity() * sizeof(std::uint32_t) +
         values.capacity() * sizeof(double) + ranges.capacity() * sizeof(NodeRange) +
         terms.capacity() * sizeof(Term);
}

double path_length_of_leaf(std::size_t depth, std::uint32_t rows) {
  return (static_cast<double>(depth) + 1.0 + average_path_length(static_cast<double>(rows))) - 1.0;
}

TreeBuilder::TreeBuilder(std::size_t nodes, bool ranges, std::size_t terms_per_cut)
    : ranges_(ranges) {
  tree_.terms_per_cut = terms_per_cut;
  tree_.nodes.reserve(nodes);
  tree_.rows.reserve(nodes);
  tree_.values.reserve(nodes);
  if (ranges) tree_.ranges.reserve(nodes);
  tree_.terms.reserve(nodes / 2 * terms_per_cut);
  parents_.reserve(nodes / 2);
  append();
}

void TreeBuilder::append() {
  tree_.nodes.emplace_back();
  tree_.rows.push_back(0);
  tree_.values.push_back(0.0);
  if (ranges_) tree_.ranges.push_back({-kLargestValue, kLargestValue});
}

std::uint32_t TreeBuilder::split(std::uint32_t node, std::uint32_t column, float cut,
                                 NodeRange range) {
  assert(range.lo <= cut && cut < range.hi);
  const auto left = static_cast<std::uint32_t>(tree_.nodes.size());
  tree_.nodes[node] = {cut + 0.0F, column, left};  // never -0: order_key tells it from +0
  tree_.values[node] = 0.0;
  if (ranges_) tree_.ranges[node] = range;
  parents_.push_back(node);
  append();
  append();
  return left;
}

std::uint32_t TreeBuilder::split(std::uint32_t node, std::span<const Term> terms, float cut,
                                 NodeRange range) {
  assert(terms.size() == tree_.terms_per_cut && !terms.empty());
  const auto first = static_cast<std::uint32_t>(tree_.terms.size());
  tree_.terms.insert(tree_.terms.end(), terms.begin(), terms.end());
  return split(node, first, cut, range);
}

void TreeBuilder::close(std::uint32_t node, std::size_t depth, std::uint32_t rows) {
  close(node, depth, rows, path_length_of_leaf(depth, rows));
}

void TreeBuilder::close(std::uint32_t node, std::size_t depth, std::uint32_t rows, double value) {
  assert(rows >= 1);
  tree_.nodes[node] = {std::numeric_limits<float>::infinity(), 0, node};
  tree_.rows[node] = rows;
  tree_.values[node] = value;
  tree_.depth = std::max(tree_.depth, depth);
}

Tree TreeBuilder::finish() && { return take(); }

Tree TreeBuilder::take() {
  for (std::size_t pair = parents_.size(); pair-- > 0;) {
    const std::size_t left = 2 * pair + 1;
    tree_.rows[parents_[pair]] = tree_.rows[left] + tree_.rows[left + 1];
  }
  Tree taken = tree_;  // vectors as long as needed
  parents_.clear();
  tree_.nodes.clear();
  tree_.rows.clear();
  tree_.values.clear();
  tree_.ranges.clear();
  tree_.terms.clear();
  tree_.depth = 0;
  append();
  return taken;
}

}  // namespace forest
