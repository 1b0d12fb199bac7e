#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "forest/node_rows.h"
#include "samples.h"

using forest::ColumnScale;
using forest::CpuKernel;
using forest::kLargestValue;
using forest::kNodeRowsRoom;
using forest::Matrix;
using forest::NodeRange;
using forest::Random;
using forest::Sides;

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// Sizes around those of vectors.
const std::vector<std::size_t> kSizes{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 257};

std::vector<std::uint32_t> shuffled(std::size_t count, Random& random) {
  std::vector<std::uint32_t> ids(count);
  std::iota(ids.begin(), ids.end(), 0U);
  for (std::size_t i = 1; i < count; ++i) {
    std::swap(ids[i], ids[random.below(static_cast<std::uint32_t>(i + 1))]);
  }
  return ids;
}

}  // namespace

TEST_CASE("every kernel reads the scaled values of rows and their range", "[forest]") {
  Random random(1, 0);
  const Matrix rows = awkward_rows(300, 3, 1);
  const ColumnScale scale{0.25, 2.0};
  for (const std::size_t count : kSizes) {
    std::vector<std::uint32_t> ids = shuffled(300, random);
    ids.resize(count);
    for (std::uint32_t column = 0; column < 3; ++column) {
      std::vector<float> expected;
      NodeRange range{kLargestValue, -kLargestValue};
      for (const std::uint32_t id : ids) {
        const float value = scale.to_scaled(rows(id, column));
        expected.push_back(value);
        if (std::isnan(value)) continue;
        range = {std::min(range.lo, value), std::max(range.hi, value)};
      }
      for (const CpuKernel kernel : forest::cpu_kernels()) {
        INFO(to_string(kernel) << ", " << count << " rows, column " << column);
        std::vector<float> values(count + kNodeRowsRoom);
        const NodeRange found =
            read_values({rows.data() + column, 3, scale}, ids, values.data(), kernel);
        CHECK(found.lo == range.lo);
        CHECK(found.hi == range.hi);
        CHECK_FALSE((std::signbit(found.lo) && found.lo == 0.0F));
        CHECK_FALSE((std::signbit(found.hi) && found.hi == 0.0F));
        for (std::size_t i = 0; i < count; ++i) {
          const bool both_missing = std::isnan(values[i]) && std::isnan(expected[i]);
          REQUIRE((both_missing || values[i] == expected[i]));
        }
      }
    }
  }
}

TEST_CASE("a range of missing values alone is empty", "[forest]") {
  const Matrix rows = Matrix::Constant(20, 1, std::numeric_limits<double>::quiet_NaN());
  std::vector<std::uint32_t> ids(20);
  std::iota(ids.begin(), ids.end(), 0U);
  std::vector<float> values(20 + kNodeRowsRoom);
  for (const CpuKernel kernel : forest::cpu_kernels()) {
    const NodeRange range = read_values({rows.data(), 1, {}}, ids, values.data(), kernel);
    CHECK(range.lo > range.hi);
  }
}

TEST_CASE("every kernel parts rows by a cut and keeps their order", "[forest]") {
  Random random(2, 0);
  for (const std::size_t count : kSizes) {
    for (const double share_missing : {0.0, 0.3, 1.0}) {
      const std::vector<std::uint32_t> ids = shuffled(count, random);
      std::vector<float> values;
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<float>(random.below(5));
        values.push_back(random.uniform() < share_missing ? kMissing : value);
      }
      for (const float cut : {-1.0F, 0.0F, 2.0F, 4.0F}) {
        std::vector<std::uint32_t> expected;
        Sides sides{0, 0, 0};
        const auto take = [&](std::size_t& side, auto belongs) {
          for (std::size_t i = 0; i < count; ++i) {
            if (!belongs(values[i])) continue;
            expected.push_back(ids[i]);
            ++side;
          }
        };
        take(sides.left, [&](float value) { return value <= cut; });
        take(sides.right, [&](float value) { return value > cut; });
        take(sides.missing, [](float value) { return std::isnan(value); });
        for (const CpuKernel kernel : forest::cpu_kernels()) {
          INFO(to_string(kernel) << ", " << count << " rows, cut " << cut << ", missing "
                                 << share_missing);
          // The rows of the next node follow, and are left alone.
          std::vector<std::uint32_t> parted = ids;
          parted.resize(count + kNodeRowsRoom, 12345U);
          std::vector<std::uint32_t> scratch(2 * (count + kNodeRowsRoom));
          const Sides found = partition_rows(std::span(parted).first(count), values.data(), cut,
                                             scratch.data(), kernel);
          CHECK(found.left == sides.left);
          CHECK(found.right == sides.right);
          CHECK(found.missing == sides.missing);
          CHECK(std::equal(expected.begin(), expected.end(), parted.begin()));
          CHECK(std::count(parted.begin(), parted.end(), 12345U) ==
                static_cast<std::ptrdiff_t>(kNodeRowsRoom));
        }
      }
    }
  }
}
