// IsolationForest: the trained model. Numbers in, scores out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forest/column_scale.h"
#include "forest/heap_walk.h"
#include "forest/matrix.h"
#include "forest/measure.h"
#include "forest/tree.h"

namespace forest {

/// What all trees of a forest have in common.
struct ForestFrame {
  std::vector<ColumnScale> columns;  ///< [d], at least one
  std::size_t sample_size = 0;       ///< rows drawn for each tree, at least 1: the n of c(n)
  Measure measure = Measure::path_length;
  std::uint64_t grown =
      0;  ///< trees ever grown for it: the number of the next tree's random stream
};

/// Scores rows by how few random cuts isolate them. Immutable; const calls are safe from any
/// thread.
///
/// Values are compared as ColumnScale says: rounded to 24 bits after the column's centre is taken
/// away. Infinite values lie outside of every other range. NaN is a missing value: at a node that
/// asks for it the path goes on in both children, weighted by their training rows.
class IsolationForest {
 public:
  /// Takes grown trees over; `train` and `decode` do this.
  /// @pre at least one column, sample row and tree; trees have ranges exactly when the measure is
  /// range_aware
  IsolationForest(ForestFrame frame, std::vector<Tree> trees);

  /// Columns of a row.
  std::size_t feature_count() const { return frame_.columns.size(); }
  std::size_t tree_count() const { return trees_.size(); }
  /// Training rows per tree, after the cap at the number of rows given.
  std::size_t sample_size() const { return frame_.sample_size; }
  Measure measure() const { return frame_.measure; }
  const ForestFrame& frame() const& { return frame_; }
  void frame() const&& = delete;  // would dangle
  const std::vector<Tree>& trees() const& { return trees_; }
  void trees() const&& = delete;  // would dangle

  /// Writes every row's score in (0, 1], higher is more anomalous: 2^(-E[h(row)] /
  /// c(sample_size())) for path lengths, as Measure says otherwise; 0.5 throughout when trained on
  /// one row.
  /// @param rows     [n x feature_count()], unscaled as in training; n may be 0
  /// @param out      [n], owned by the caller
  /// @param threads  at most this many; the result does not depend on it
  /// Cost O(n * trees * depth); no allocation per row.
  void score(const ConstMatrixRef& rows, std::span<double> out, std::size_t threads = 1) const;
  void score(const ConstFloatMatrixRef& rows, std::span<double> out, std::size_t threads = 1) const;
  /// The same by those trees alone that did not draw the row for training; NaN where all of them
  /// did.
  /// @param drawn  [tree_count()], per tree the ascending numbers of the rows it drew
  void score_unseen(const ConstMatrixRef& rows, std::span<const std::vector<std::uint32_t>> drawn,
                    std::span<double> out, std::size_t threads = 1) const;
  /// Returns the score of one row, the same number as `score` writes. @pre row.size() ==
  /// feature_count()
  double score_row(std::span<const double> row) const;

  /// Turns what `trees` trees added up for a row into a score. @pre trees >= 1
  double score_of(double sum, std::size_t trees) const;

  /// Bytes held by this object and what it owns.
  std::size_t memory_bytes() const;
  /// Of these, the bytes of the tables that scoring reads.
  std::size_t table_bytes() const;

 private:
  ForestFrame frame_;
  double normal_length_;  ///< c(sample_size)
  std::vector<Tree> trees_;
  std::optional<HeapWalk> heap_;  ///< where trees fit
};

}  // namespace forest
