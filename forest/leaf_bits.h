// leaf_bits: the leaves of a perfect tree as bits of a number, for walks that compare all cuts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace forest {

/// The leaves, one bit each, the first highest, that a row may still reach when it goes right at a
/// node of a perfect tree of this depth; [node], the root is node 1. Source: as BitWalk.
template <std::size_t Depth>
constexpr auto kKeptLeaves = [] {
  std::array<std::uint32_t, std::size_t{1} << Depth> kept{};
  for (std::size_t level = 0; level < Depth; ++level) {
    const std::size_t half = std::size_t{1} << (Depth - level - 1);
    for (std::size_t at = 0; at < std::size_t{1} << level; ++at) {
      const std::uint64_t left = ((std::uint64_t{1} << half) - 1) << (32 - half - 2 * half * at);
      kept[(std::size_t{1} << level) + at] = ~static_cast<std::uint32_t>(left);
    }
  }
  return kept;
}();

}  // namespace forest
