// Grower: one isolation tree from the rows it drew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forest/column_scale.h"
#include "forest/matrix.h"
#include "forest/measure.h"
#include "forest/node_rows.h"
#include "forest/random.h"
#include "forest/tree.h"

namespace forest {

/// Returns ceil(log2(max(sample, 2))), the depth at which trees end.
std::size_t depth_limit(std::size_t sample);

/// What a tree shall be; TrainOptions explains each.
struct GrowOptions {
  std::size_t depth_limit = 0;
  std::size_t columns = 0;  ///< of those given, that the tree may cut
  std::size_t extension = 0;
  double pooled_gain = 0.0;
  double kurtosis = 0.0;
  Measure measure = Measure::path_length;
  /// Fetch a node's values into the cache when its parent is cut: where rows come from memory.
  bool fetch_ahead = false;
};

/// Grows isolation trees on one matrix; keeps its buffers from tree to tree. One thread each.
///
/// A tree may grow node by node, so that several Growers take turns and wait for memory together.
class Grower {
 public:
  /// @param rows     [n x d], must outlive the Grower
  /// @param columns  [d], must outlive the Grower
  Grower(const ConstMatrixRef& rows, std::span<const ColumnScale> columns,
         const GrowOptions& options);

  /// Grows one tree. @param ids row numbers, at least one, reordered
  Tree grow(std::span<std::uint32_t> ids, Random& random);

  /// Begins a tree, in place of one that has not been taken. @param ids  as above; they and random
  /// must outlive the growth
  void begin(std::span<std::uint32_t> ids, Random& random);
  /// Goes on with one node; returns whether there is more to do.
  bool advance();
  /// Returns the tree. @pre advance() returned false
  Tree take() { return builder_.take(); }

 private:
  /// A node that may yet be cut: it has two rows and is above the depth limit.
  struct Open {
    std::uint32_t node;
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t depth;
    /// How many of candidates_ may still differ within the node; they stand first.
    std::uint32_t candidates;
    std::uint32_t first_drawn;  ///< the candidate it asks for first
    double log_density;         ///< log2 of the node's density relative to the root's
  };
  /// Where a node is cut. The rows' values, or projections, are in values_.
  struct Cut {
    NodeRange range;
    float at;
    std::uint32_t column;  ///< of an axis-parallel cut; a hyperplane's terms are in terms_
  };

  void draw_first(Open& open);
  void add(const Open& open);
  NodeRange read(std::span<const std::uint32_t> ids, std::uint32_t column);
  std::optional<Cut> draw_axis_cut(std::span<const std::uint32_t> ids, Open& open);
  std::optional<Cut> draw_plane_cut(std::span<const std::uint32_t> ids, Open& open);
  std::optional<std::uint32_t> draw_by_kurtosis(std::span<const std::uint32_t> ids, Open& open);
  float place(const NodeRange& range, std::size_t rows);
  std::size_t partition(std::span<std::uint32_t> ids, float cut);
  void share_out(std::span<std::uint32_t> ids, Sides& sides);
  void drop(std::uint32_t candidate, Open& open);

  const double* data_;
  std::size_t stride_;
  std::span<const ColumnScale> columns_;
  GrowOptions options_;
  CpuKernel kernel_;
  TreeBuilder builder_;
  std::span<std::uint32_t> ids_;
  Random* random_ = nullptr;
  std::vector<std::uint32_t> candidates_;
  std::vector<float> values_;  ///< of the node's rows in the cut read last
  std::vector<float> sorted_;
  FloatMatrix block_;  ///< [rows x terms] of a hyperplane's columns
  std::vector<Term> terms_;
  std::vector<double> kurtosis_;
  std::vector<std::uint32_t> sides_;
  std::vector<Open> open_;
  std::size_t open_count_ = 0;
};

}  // namespace forest
