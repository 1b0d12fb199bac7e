// RowTable: feature vectors as a request gave them, of any lengths, in one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace exporter {

/// Rows one after the other: 8 bytes a value and 4 a row, as a body of `[1],[1],...` holds many.
class RowTable {
 public:
  RowTable() = default;
  RowTable(std::initializer_list<std::vector<double>> rows) {
    for (const auto& row : rows) {
      values_.insert(values_.end(), row.begin(), row.end());
      end_row();
    }
  }

  /// Adds a value to the row that is being built; NaN marks a missing one.
  void add(double value) { values_.push_back(value); }
  /// Ends that row, which may be empty. @pre fewer than 2^32 values
  void end_row() { ends_.push_back(static_cast<std::uint32_t>(values_.size())); }

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::span<const double> operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return std::span(values_).subspan(begin, ends_[row] - begin);
  }
  /// All values of all rows; of rows of one length a matrix, row by row.
  std::span<const double> values() const { return values_; }

 private:
  std::vector<double> values_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace exporter
