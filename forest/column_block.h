// ColumnBlock: some rows, scaled and column by column, for walks of many rows at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forest/column_scale.h"
#include "forest/cpu_kernel.h"
#include "forest/rows_view.h"

namespace forest {

/// Holds up to capacity() rows; made once, filled again and again without allocation.
/// @tparam Element  float for scaled values, std::uint32_t for their order_key
template <typename Element>
class ColumnBlock {
 public:
  static constexpr std::size_t kMostRows = 144;

  /// @param columns  of the rows, at least one
  explicit ColumnBlock(std::span<const ColumnScale> columns);

  /// Returns the rows that a block of this many columns holds: as many as leave the cache room for
  /// a tree; a multiple of 48, at most kMostRows.
  static std::size_t rows_for(std::size_t columns);

  /// Copies rows [first, first + count) in; all kernels write the same.
  /// @pre count <= capacity()
  template <typename T>
  void fill(const RowsView<T>& rows, std::size_t first, std::size_t count,
            CpuKernel kernel = best_cpu_kernel());

  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return size_; }
  /// Elements of a column are next to each other, columns capacity() elements apart; a multiple of
  /// 64 bytes each.
  const Element* data() const { return lines_.front().elements.data(); }
  /// The rows that have a missing value, ascending; their elements have no meaning.
  const std::vector<std::uint32_t>& incomplete() const { return incomplete_; }

 private:
  static constexpr std::size_t kLineElements = 16;
  /// A cache line: vectors never lie across two.
  struct alignas(64) Line {
    std::array<Element, kLineElements> elements;
  };

  std::size_t width_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::vector<double> centre_;  ///< [d], and some more for whole vectors
  std::vector<double> scale_;   ///< the same
  std::vector<Line> lines_;
  std::vector<std::uint8_t> missing_;  ///< [capacity], whether a value of the row is NaN
  std::vector<std::uint32_t> incomplete_;
};

/// For the heap walk.
using KeyBlock = ColumnBlock<std::uint32_t>;
/// For the walk of any tree.
using ValueBlock = ColumnBlock<float>;

}  // namespace forest
