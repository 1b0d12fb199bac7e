#include <bit>
#include <catch2/catch.hpp>

#include "forest/leaf_bits.h"

TEST_CASE("the bits that cuts leave lead to the leaf that a walk ends in", "[forest]") {
  constexpr std::size_t kDepth = 4;
  constexpr std::size_t kLeaves = std::size_t{1} << kDepth;
  // Each number says which nodes send the row right.
  for (std::uint32_t right = 0; right < 1U << kLeaves; ++right) {
    std::uint32_t left = 0xFFFFFFFFU;
    std::size_t walked = 1;
    for (std::size_t node = 1; node < kLeaves; ++node) {
      if ((right >> node & 1U) != 0) left &= forest::kKeptLeaves<kDepth>[node];
    }
    while (walked < kLeaves) walked = 2 * walked + (right >> walked & 1U);
    if (static_cast<std::size_t>(std::countl_zero(left)) == walked - kLeaves) continue;
    FAIL("nodes " << right << " end in leaf " << walked - kLeaves);
  }
}
