#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "forest/column_block.h"
#include "samples.h"

using forest::ColumnScale;
using forest::KeyBlock;
using forest::Matrix;
using forest::order_key;
using forest::RowsView;
using forest::ValueBlock;

TEST_CASE("a block of keys holds a multiple of 48 rows, fewer of more columns", "[forest]") {
  std::size_t last = KeyBlock::rows_for(1);
  for (std::size_t columns = 1; columns <= 5000; ++columns) {
    const std::size_t rows = KeyBlock::rows_for(columns);
    REQUIRE(rows % 48 == 0);
    REQUIRE(rows >= 48);
    REQUIRE(rows <= last);
    last = rows;
  }
  CHECK(last == 48);
  const std::vector<ColumnScale> columns(20);
  CHECK(KeyBlock(columns).capacity() == KeyBlock::rows_for(20));
  for (const std::size_t width : {1U, 20U, 300U, 10000U}) {
    CHECK(ValueBlock::rows_for(width) % 48 == 0);
    CHECK(ValueBlock::rows_for(width) >= KeyBlock::rows_for(width));
    CHECK(ValueBlock::rows_for(width) <= ValueBlock::kMostRows);
  }
}

TEST_CASE("a block of values holds what its keys stand for", "[forest]") {
  const std::vector<ColumnScale> columns{{0.3, 4.0}, {}, {1e9, 0x1p-30}};
  const Matrix rows = awkward_rows(48, 3, 8);
  const RowsView<double> view{rows.data(), 48, 3};
  KeyBlock keys(columns);
  ValueBlock values(columns);
  keys.fill(view, 0, 48);
  for (const forest::CpuKernel kernel : forest::cpu_kernels()) {
    values.fill(view, 0, 48, kernel);
    REQUIRE(values.incomplete() == keys.incomplete());
    for (std::size_t column = 0; column < 3; ++column) {
      for (std::size_t row = 0; row < 48; ++row) {
        const float value = values.data()[column * values.capacity() + row];
        if (std::isnan(value)) continue;
        REQUIRE(order_key(value) == keys.data()[column * keys.capacity() + row]);
      }
    }
  }
}

TEST_CASE("keys stand column by column in the units of their columns", "[forest]") {
  std::vector<ColumnScale> columns{{1.0, 2.0}, {0.0, 1.0}, {-3.0, 0.5}};
  const Matrix wide = awkward_rows(60, 5, 1);
  KeyBlock block(columns);
  const RowsView<double> rows{wide.data() + 1, 60, 5};
  block.fill(rows, 10, 40);
  REQUIRE(block.size() == 40);
  for (std::size_t row = 0; row < 40; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      const double value =
          wide(static_cast<Eigen::Index>(row) + 10, static_cast<Eigen::Index>(column) + 1);
      if (std::isnan(value)) continue;
      const std::uint32_t key = block.data()[column * block.capacity() + row];
      REQUIRE(key == order_key(columns[column].to_scaled(value)));
    }
  }
}

TEST_CASE("a block of keys tells the rows that have a gap", "[forest]") {
  Matrix rows = bell_rows(48, 3, 2);
  rows(5, 0) = std::nan("");
  rows(47, 2) = -std::nan("");
  const std::vector<ColumnScale> columns(3);
  KeyBlock block(columns);
  block.fill(RowsView<double>{rows.data(), 48, 3}, 0, 48);
  CHECK(block.incomplete() == std::vector<std::uint32_t>{5, 47});
  block.fill(RowsView<double>{rows.data(), 48, 3}, 5, 4);
  CHECK(block.incomplete() == std::vector<std::uint32_t>{0});
  block.fill(RowsView<double>{rows.data(), 48, 3}, 6, 4);
  CHECK(block.incomplete().empty());
}

TEST_CASE("floats have the keys of the same numbers as doubles", "[forest]") {
  const Matrix rows = awkward_rows(48, 4, 3);
  const forest::FloatMatrix singles = rows.cast<float>();
  const Matrix doubles = singles.cast<double>();
  const std::vector<ColumnScale> columns{{0.3, 4.0}, {}, {1e9, 0x1p-30}, {-0.1, 0.5}};
  KeyBlock of_floats(columns);
  KeyBlock of_doubles(columns);
  of_floats.fill(RowsView<float>{singles.data(), 48, 4}, 0, 48);
  of_doubles.fill(RowsView<double>{doubles.data(), 48, 4}, 0, 48);
  const std::size_t keys = 4 * of_floats.capacity();
  CHECK(std::equal(of_floats.data(), of_floats.data() + keys, of_doubles.data()));
  CHECK(of_floats.incomplete() == of_doubles.incomplete());
}

TEST_CASE("all kernels write the same keys, for rows and columns of any number", "[forest]") {
  const auto check = [](const auto& rows, std::size_t width, const KeyBlock& expected,
                        KeyBlock& block) {
    for (const forest::CpuKernel kernel : forest::cpu_kernels()) {
      block.fill(rows, 1, expected.size(), kernel);
      INFO(to_string(kernel) << ", rows " << expected.size() << ", columns " << width);
      REQUIRE(block.incomplete() == expected.incomplete());
      for (std::size_t column = 0; column < width; ++column) {
        for (std::size_t row = 0; row < expected.size(); ++row) {
          const std::size_t at = column * block.capacity() + row;
          if (expected.data()[at] == block.data()[at]) continue;
          // The keys of rows with a gap have no meaning.
          REQUIRE(std::binary_search(expected.incomplete().begin(), expected.incomplete().end(),
                                     static_cast<std::uint32_t>(row)));
        }
      }
    }
  };
  forest::Random random(5, 0);
  for (std::size_t width = 1; width <= 35; ++width) {
    std::vector<ColumnScale> columns(width);
    for (ColumnScale& column : columns) {
      if (random.below(2) == 0) column = {random.normal(), 0.25};
    }
    const Matrix doubles = awkward_rows(60, static_cast<Eigen::Index>(width) + 2, width);
    const forest::FloatMatrix floats = doubles.cast<float>();
    const RowsView<double> of_doubles{doubles.data() + 1, 60, width + 2};
    const RowsView<float> of_floats{floats.data() + 1, 60, width + 2};
    KeyBlock expected(columns);
    KeyBlock block(columns);
    for (const std::size_t count : {1U, 3U, 7U, 8U, 9U, 31U, 48U}) {
      expected.fill(of_doubles, 1, count, forest::CpuKernel::portable);
      check(of_doubles, width, expected, block);
      expected.fill(of_floats, 1, count, forest::CpuKernel::portable);
      check(of_floats, width, expected, block);
    }
  }
}
