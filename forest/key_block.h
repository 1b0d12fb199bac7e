// KeyBlock: rows as order-preserving integers, column by column, for the heap walk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forest/column_scale.h"
#include "forest/cpu_kernel.h"
#include "forest/row_block.h"

namespace forest {

/// Holds up to capacity() rows; made once, filled again and again without allocation.
class KeyBlock {
 public:
  /// @param columns  of the rows, at least one
  explicit KeyBlock(std::span<const ColumnScale> columns);

  /// Returns the rows that a block of this many columns holds: as many as leave the first-level
  /// cache room for a tree; a multiple of 48.
  static std::size_t rows_for(std::size_t columns);

  /// Copies rows [first, first + count) in; all kernels write the same keys.
  /// @pre count <= capacity()
  template <typename T>
  void fill(const RowsView<T>& rows, std::size_t first, std::size_t count,
            CpuKernel kernel = best_cpu_kernel());

  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return size_; }
  /// Keys of a column are next to each other, columns capacity() keys apart; a multiple of 64 bytes
  /// each.
  const std::uint32_t* keys() const { return lines_.front().keys.data(); }
  /// The rows that have a missing value, ascending; their keys have no meaning.
  const std::vector<std::uint32_t>& incomplete() const { return incomplete_; }

 private:
  static constexpr std::size_t kLineKeys = 16;
  /// A cache line: vectors of keys never lie across two.
  struct alignas(64) Line {
    std::array<std::uint32_t, kLineKeys> keys;
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

}  // namespace forest
