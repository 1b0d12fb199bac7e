// RowsView: the caller's rows, and how one of them is read.
#pragma once

#include <cstddef>
#include <span>

#include "forest/column_scale.h"

namespace forest {

/// Points at the caller's rows: row-major, `stride` values from one row to the next.
template <typename T>
struct RowsView {
  const T* data;
  std::size_t count;
  std::size_t stride;

  const T* row(std::size_t index) const { return data + index * stride; }
};

/// Copies a row, scaled; returns whether no value is missing (NaN).
/// @pre from.size() == to.size() == columns.size()
template <typename T>
bool copy_row(std::span<const ColumnScale> columns, const T* from, std::span<float> to);

}  // namespace forest
