#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "forest/rows_view.h"

using forest::ColumnScale;
using forest::copy_row;
using forest::kLargestValue;

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

TEST_CASE("a copied row is in the units of its columns, and complete without a gap", "[forest]") {
  const std::vector<ColumnScale> columns{{10.0, 0.5}, {0.0, 4.0}, {}};
  const std::vector<double> from{14.0, -0.25, kInfinity};
  std::vector<float> to(3);
  CHECK(copy_row(columns, from.data(), to));
  CHECK(to == std::vector<float>{2.0F, -1.0F, kLargestValue});
  const std::vector<float> single{14.0F, std::nanf(""), -1.0F};
  CHECK_FALSE(copy_row(columns, single.data(), to));
  CHECK(to[0] == 2.0F);
  CHECK(std::isnan(to[1]));
  CHECK(to[2] == -1.0F);
}
