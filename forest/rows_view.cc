#include "forest/rows_view.h"

#include <cassert>
#include <cmath>

namespace forest {

template <typename T>
bool copy_row(std::span<const ColumnScale> columns, const T* from, std::span<float> to) {
  assert(to.size() == columns.size());
  bool missing = false;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    const auto value = static_cast<double>(from[column]);
    to[column] = columns[column].to_scaled(value);
    missing |= std::isnan(value);
  }
  return !missing;
}

template bool copy_row(std::span<const ColumnScale>, const float*, std::span<float>);
template bool copy_row(std::span<const ColumnScale>, const double*, std::span<float>);

}  // namespace forest
