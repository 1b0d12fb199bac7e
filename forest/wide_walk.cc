#include "forest/wide_walk.h"

#include <array>
#include <cassert>
#include <cstdint>

#include "forest/leaf_bits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define FOREST_X86 1
#endif

namespace forest {
namespace {

#if defined(FOREST_X86)

constexpr std::size_t kTop = 4;     // levels that are compared in full
constexpr std::size_t kNodes = 16;  // one more than the nodes of the top; nodes right below it
constexpr std::size_t kVector = 16;
constexpr std::size_t kGroups = 3;  // vectors of rows that share what is read of a node
constexpr std::size_t kSet = 8;     // rows weighed at once

/// Rows, or their places, some of them repeated to fill the last lanes.
using RowNumbers = std::array<std::uint32_t, ValueBlock::kMostRows + kVector>;

/// Where the rows of a block are in a tree. Of trees without ranges, `at` alone.
struct Walkers {
  alignas(64) std::array<std::uint32_t, ValueBlock::kMostRows> at;
  alignas(64) std::array<double, ValueBlock::kMostRows> weight;  ///< probability to come so far
  alignas(64) std::array<double, ValueBlock::kMostRows> length;  ///< of the path, expected so far
};

struct Values {
  const float* first;
  std::size_t stride;  ///< from one column to the next

  const float* column(std::uint32_t column) const { return first + column * stride; }
};

/// Reads what an axis-parallel cut compares.
struct AxisCut {
  static constexpr std::size_t kSets = 1;  ///< of rows walked side by side below the top

  static float of_row(const Tree&, const Node& node, const float* row, std::size_t stride) {
    return row[node.column * stride];
  }
  template <std::size_t kCount>
  [[gnu::target("avx512f,avx512cd"), gnu::always_inline]] static void of_rows(
      const Tree&, const Node& node, const Values& values, std::size_t row, __m512 (&to)[kCount]) {
    const float* const from = values.column(node.column) + row;
    for (std::size_t i = 0; i < kCount; ++i) to[i] = _mm512_loadu_ps(from + i * kVector);
  }
};

/// Reads what a hyperplane compares; its sum is that of the portable walk, term by term.
struct PlaneCut {
  static constexpr std::size_t kSets = 2;

  static float of_row(const Tree& tree, const Node& node, const float* row, std::size_t stride) {
    const Term* const terms = tree.terms.data() + node.column;
    float sum = 0.0F;
    for (std::size_t i = 0; i < tree.terms_per_cut; ++i) {
      sum += terms[i].weight * row[terms[i].column * stride];
    }
    sum = sum < -kLargestValue ? -kLargestValue : sum;
    return kLargestValue < sum ? kLargestValue : sum;
  }
  template <std::size_t kCount>
  [[gnu::target("avx512f,avx512cd"), gnu::always_inline]] static void of_rows(
      const Tree& tree, const Node& node, const Values& values, std::size_t row,
      __m512 (&to)[kCount]) {
    const Term* const terms = tree.terms.data() + node.column;
    for (__m512& sum : to) sum = _mm512_setzero_ps();
    for (std::size_t term = 0; term < tree.terms_per_cut; ++term) {
      const float* const from = values.column(terms[term].column) + row;
      const __m512 weight = _mm512_set1_ps(terms[term].weight);
      for (std::size_t i = 0; i < kCount; ++i) {
        to[i] = _mm512_add_ps(to[i], _mm512_mul_ps(weight, _mm512_loadu_ps(from + i * kVector)));
      }
    }
    const __m512 largest = _mm512_set1_ps(kLargestValue);
    const __m512 least = _mm512_set1_ps(-kLargestValue);
    for (__m512& sum : to) {
      sum = _mm512_maskz_max_ps(0xFFFF, least, sum);
      sum = _mm512_maskz_min_ps(0xFFFF, largest, sum);
    }
  }
};

/// The first levels of a tree as a heap, [1] is the root; leaves above are drawn out, to the left.
struct Top {
  std::array<std::uint32_t, 2 * kNodes> nodes;

  explicit Top(const Tree& tree) : nodes{} {
    for (std::size_t i = 1; i < kNodes; ++i) {
      const std::uint32_t left = tree.nodes[nodes[i]].left;
      nodes[2 * i] = left;
      nodes[2 * i + 1] = left + static_cast<std::uint32_t>(!tree.is_leaf(nodes[i]));
    }
  }
};

/// The nodes, one bit each, on the way to each exit of the top.
constexpr auto kPaths = [] {
  std::array<std::uint32_t, kNodes> paths{};
  for (std::size_t exit = 0; exit < kNodes; ++exit) {
    for (std::size_t node = (kNodes + exit) / 2; node > 0; node /= 2) {
      paths[exit] |= std::uint32_t{1} << node;
    }
  }
  return paths;
}();

/// Walks all rows through the top, as if inside of all ranges. With ranges, returns how many of
/// them were outside of one, and their numbers.
template <typename Cut, bool kRanges>
[[gnu::target("avx512f,avx512cd")]] std::size_t walk_top(const Tree& tree, const Values& values,
                                                         std::size_t rows, Walkers& walkers,
                                                         RowNumbers& outside) {
  const Top top(tree);
  const __m512i exits = _mm512_loadu_si512(top.nodes.data() + kNodes);
  const __m512i paths = _mm512_loadu_si512(kPaths.data());
  __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  std::size_t found = 0;
  for (std::size_t row = 0; row < rows; row += kGroups * kVector) {
    __m512i left[kGroups];
    __m512i inside[kGroups];
    for (std::size_t i = 0; i < kGroups; ++i) {
      left[i] = _mm512_set1_epi32(-1);
      inside[i] = _mm512_setzero_si512();
    }
    for (std::size_t slot = 1; slot < kNodes; ++slot) {
      const Node& node = tree.nodes.data()[top.nodes[slot]];
      __m512 value[kGroups];
      Cut::of_rows(tree, node, values, row, value);
      const __m512 cut = _mm512_set1_ps(node.cut);
      const __m512i kept = _mm512_set1_epi32(static_cast<int>(kKeptLeaves<kTop>[slot]));
      for (std::size_t i = 0; i < kGroups; ++i) {
        const __mmask16 right = _mm512_cmp_ps_mask(value[i], cut, _CMP_GT_OQ);
        left[i] = _mm512_mask_and_epi32(left[i], right, left[i], kept);
      }
      if constexpr (kRanges) {
        const NodeRange& range = tree.ranges.data()[top.nodes[slot]];
        const __m512 lo = _mm512_set1_ps(range.lo);
        const __m512 hi = _mm512_set1_ps(range.hi);
        const __m512i bit = _mm512_set1_epi32(1 << slot);
        for (std::size_t i = 0; i < kGroups; ++i) {
          __mmask16 within = _mm512_cmp_ps_mask(value[i], hi, _CMP_LE_OQ);
          within = _mm512_mask_cmp_ps_mask(within, value[i], lo, _CMP_GE_OQ);
          inside[i] = _mm512_mask_or_epi32(inside[i], within, inside[i], bit);
        }
      }
    }
    for (std::size_t i = 0; i < kGroups; ++i) {
      const __m512i exit = _mm512_lzcnt_epi32(left[i]);
      _mm512_store_si512(walkers.at.data() + row + i * kVector,
                         _mm512_maskz_permutexvar_epi32(0xFFFF, exit, exits));
      if constexpr (kRanges) {
        const __m512i path = _mm512_maskz_permutexvar_epi32(0xFFFF, exit, paths);
        const __m512i left_out = _mm512_maskz_andnot_epi32(0xFFFF, inside[i], path);
        const __mmask16 out = _mm512_test_epi32_mask(left_out, left_out);
        _mm512_storeu_si512(outside.data() + found, _mm512_maskz_compress_epi32(out, numbers));
        found += static_cast<std::size_t>(__builtin_popcount(out));
        for (std::size_t first = row + i * kVector; first < row + (i + 1) * kVector;
             first += kSet) {
          _mm512_store_pd(walkers.weight.data() + first, _mm512_set1_pd(1.0));
          _mm512_store_pd(walkers.length.data() + first, _mm512_set1_pd(double{kTop}));
        }
        numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(kVector));
      }
    }
  }
  return found;
}

/// Rows under way: some sets of eight.
template <std::size_t kSets>
struct Lanes {
  std::array<std::uint32_t, kSets * kSet> at;
  __m512d weight[kSets];
  __m512d length[kSets];
};

/// Returns eight floats in double precision.
[[gnu::target("avx512f,avx512cd"), gnu::always_inline]] inline __m512d widened(__m128 low,
                                                                               __m128 high) {
  return _mm512_maskz_cvtps_pd(0xFF, _mm256_set_m128(high, low));
}

/// The ranges of four nodes: all lo, all hi.
struct FourRanges {
  __m128 lo;
  __m128 hi;
};

[[gnu::target("avx512f,avx512cd"), gnu::always_inline]] inline FourRanges load_ranges(
    const NodeRange* ranges, const std::uint32_t* at) {
  static_assert(sizeof(NodeRange) == sizeof(double));
  const auto pair = [&](std::uint32_t first, std::uint32_t second)
      __attribute__((target("avx512f,avx512cd"))) {
    const __m128d one = _mm_load_sd(reinterpret_cast<const double*>(ranges + first));
    return _mm_castpd_ps(_mm_loadh_pd(one, reinterpret_cast<const double*>(ranges + second)));
  };
  const __m128 a = pair(at[0], at[1]);
  const __m128 b = pair(at[2], at[3]);
  return {_mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)),
          _mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1))};
}

/// Walks rows some levels down; `row(lane)` points to the first value of a lane's row.
template <typename Cut, bool kRanges, typename RowOf, std::size_t kSets>
[[gnu::target("avx512f,avx512cd"), gnu::always_inline]] inline void descend(const Tree& tree,
                                                                            std::size_t stride,
                                                                            const RowOf& row,
                                                                            std::size_t levels,
                                                                            Lanes<kSets>& lanes) {
  const Node* const nodes = tree.nodes.data();
  const NodeRange* const ranges = tree.ranges.data();
  for (std::size_t level = 0; level < levels; ++level) {
    for (std::size_t set = 0; set < kSets; ++set) {
      std::uint32_t* const at = lanes.at.data() + set * kSet;
      [[maybe_unused]] FourRanges low;
      [[maybe_unused]] FourRanges high;
      if constexpr (kRanges) {
        low = load_ranges(ranges, at);
        high = load_ranges(ranges, at + kSet / 2);
      }
      std::array<float, kSet> value;
      for (std::size_t i = 0; i < kSet; ++i) {
        const Node& node = nodes[at[i]];
        value[i] = Cut::of_row(tree, node, row(set * kSet + i), stride);
        at[i] = node.left + static_cast<std::uint32_t>(value[i] > node.cut);
      }
      if constexpr (kRanges) {
        const __m512d lo = widened(low.lo, high.lo);
        const __m512d hi = widened(low.hi, high.hi);
        const __m512d met = widened(_mm_setr_ps(value[0], value[1], value[2], value[3]),
                                    _mm_setr_ps(value[4], value[5], value[6], value[7]));
        const __m512d reach =
            _mm512_sub_pd(_mm512_maskz_max_pd(0xFF, hi, met), _mm512_maskz_min_pd(0xFF, lo, met));
        const __m512d passing = _mm512_div_pd(_mm512_sub_pd(hi, lo), reach);
        lanes.weight[set] = _mm512_mul_pd(lanes.weight[set], passing);
        lanes.length[set] = _mm512_add_pd(lanes.length[set], lanes.weight[set]);
      }
    }
  }
}

/// Walks the rows that were outside of a range in the top through it once more.
template <typename Cut>
[[gnu::target("avx512f,avx512cd")]] void weigh_top(const Tree& tree, const Values& values,
                                                   RowNumbers& outside, std::size_t count,
                                                   Walkers& walkers) {
  for (std::size_t i = 0; i < kSet; ++i) outside[count + i] = outside[0];
  for (std::size_t first = 0; first < count; first += kSet) {
    const std::uint32_t* const numbers = outside.data() + first;
    Lanes<1> lanes{{}, {_mm512_set1_pd(1.0)}, {_mm512_setzero_pd()}};
    descend<Cut, true>(
        tree, values.stride, [&](std::size_t lane) { return values.first + numbers[lane]; }, kTop,
        lanes);
    alignas(64) std::array<double, kSet> weight;
    alignas(64) std::array<double, kSet> length;
    _mm512_store_pd(weight.data(), lanes.weight[0]);
    _mm512_store_pd(length.data(), lanes.length[0]);
    for (std::size_t i = 0; i < kSet; ++i) {
      walkers.weight[numbers[i]] = weight[i];
      walkers.length[numbers[i]] = length[i];
    }
  }
}

/// Walks all rows from the nodes below the top to their leaves, and adds up.
template <typename Cut, bool kRanges>
[[gnu::target("avx512f,avx512cd")]] void walk_rest(const Tree& tree, const Values& values,
                                                   std::size_t rows, const Walkers& walkers,
                                                   double* sums) {
  constexpr std::size_t kSets = Cut::kSets;
  const double* const ends = tree.values.data();
  const __m512d depth = _mm512_set1_pd(static_cast<double>(tree.depth));
  for (std::size_t first = 0; first < rows; first += kSets * kSet) {
    const float* const row = values.first + first;
    Lanes<kSets> lanes;
    for (std::size_t i = 0; i < kSets * kSet; ++i) lanes.at[i] = walkers.at[first + i];
    for (std::size_t set = 0; kRanges && set < kSets; ++set) {
      lanes.weight[set] = _mm512_load_pd(walkers.weight.data() + first + set * kSet);
      lanes.length[set] = _mm512_load_pd(walkers.length.data() + first + set * kSet);
    }
    descend<Cut, kRanges>(
        tree, values.stride, [&](std::size_t lane) { return row + lane; }, tree.depth - kTop,
        lanes);
    for (std::size_t set = 0; set < kSets; ++set) {
      const std::uint32_t* const at = lanes.at.data() + set * kSet;
      __m512d end = _mm512_setr_pd(ends[at[0]], ends[at[1]], ends[at[2]], ends[at[3]], ends[at[4]],
                                   ends[at[5]], ends[at[6]], ends[at[7]]);
      if constexpr (kRanges) {
        const __m512d below = _mm512_mul_pd(lanes.weight[set], _mm512_sub_pd(end, depth));
        end = _mm512_add_pd(lanes.length[set], below);
      }
      double* const to = sums + first + set * kSet;
      _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), end));
    }
  }
}

template <typename Cut, bool kRanges>
void walk(const Tree& tree, const ValueBlock& block, double* sums) {
  const Values values{block.data(), block.capacity()};
  const std::size_t step = kGroups * kVector;
  Walkers walkers;
  RowNumbers outside;
  const std::size_t found = walk_top<Cut, kRanges>(
      tree, values, (block.size() + step - 1) / step * step, walkers, outside);
  if constexpr (kRanges) {
    weigh_top<Cut>(tree, values, outside, found, walkers);
  }
  walk_rest<Cut, kRanges>(tree, values, block.size(), walkers, sums);
}

template <typename Cut>
void walk(const Tree& tree, const ValueBlock& block, double* sums) {
  if (tree.ranges.empty()) {
    walk<Cut, false>(tree, block, sums);
  } else {
    walk<Cut, true>(tree, block, sums);
  }
}

#endif

}  // namespace

bool takes_wide_walk(const Tree& tree) {
#if defined(FOREST_X86)
  return tree.depth >= kTop;
#else
  (void)tree;
  return false;
#endif
}

void add_tree_wide(const Tree& tree, const ValueBlock& block, std::span<double> sums) {
  assert(takes_wide_walk(tree) && sums.size() == block.capacity());
#if defined(FOREST_X86)
  if (tree.terms_per_cut > 0) {
    walk<PlaneCut>(tree, block, sums.data());
  } else {
    walk<AxisCut>(tree, block, sums.data());
  }
#else
  (void)block, (void)sums;
#endif
}

}  // namespace forest
