// node_rows: what growing a node does with its rows, by the processor's widest instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "forest/column_scale.h"
#include "forest/cpu_kernel.h"
#include "forest/tree.h"

namespace forest {

/// Values that buffers of these functions have room for past those they hold.
inline constexpr std::size_t kNodeRowsRoom = 16;

/// One column of the caller's rows.
struct ColumnView {
  const double* first;
  std::size_t stride;  ///< from one row to the next
  ColumnScale scale;
};

/// Returns the smallest and the largest value, missing ones left out; lo > hi when all are missing.
/// A zero is +0.
NodeRange range_of(std::span<const float> values);

/// Reads the scaled values of rows and returns their range. All kernels write and return the same.
/// @param to  [ids.size() + kNodeRowsRoom]
NodeRange read_values(const ColumnView& column, std::span<const std::uint32_t> ids, float* to,
                      CpuKernel kernel = best_cpu_kernel());

/// How rows fall on the sides of a cut.
struct Sides {
  std::size_t left;
  std::size_t right;
  std::size_t missing;
};

/// Reorders rows: those with values up to the cut, those with values above it, those whose value is
/// missing; each in the order they came in.
/// @param values   [ids.size()], of the rows
/// @param scratch  [2 * (ids.size() + kNodeRowsRoom)]
Sides partition_rows(std::span<std::uint32_t> ids, const float* values, float cut,
                     std::uint32_t* scratch, CpuKernel kernel = best_cpu_kernel());

}  // namespace forest
