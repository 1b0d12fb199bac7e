#include "forest/bit_walk.h"

#include <cassert>
#include <type_traits>

#include "forest/column_scale.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define FOREST_X86 1
#endif

namespace forest {
namespace {

#if defined(FOREST_X86)

constexpr std::size_t kGroup = 16;  // rows of a register

/// Returns values[leaf] of eight rows, from the four registers that hold all values.
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512d pick(const __m512d* values,
                                                                   __m512i leaf) {
  const __m512d low = _mm512_permutex2var_pd(values[0], leaf, values[1]);
  const __m512d high = _mm512_permutex2var_pd(values[2], leaf, values[3]);
  const __mmask8 upper = _mm512_test_epi64_mask(leaf, _mm512_set1_epi64(16));
  return _mm512_mask_mov_pd(low, upper, high);
}

/// Returns the lower or upper eight numbers in 64 bits each. The forms with a mask of ones are
/// those that GCC 12 takes without a warning about its own headers.
template <int Half>
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512i widened(
    __m512i numbers, std::integral_constant<int, Half>) {
  return _mm512_maskz_cvtepu32_epi64(0xFF, _mm512_maskz_extracti64x4_epi64(0xF, numbers, Half));
}

/// Adds the leaves of Groups * 16 rows; a cut is fetched once for all of them.
template <std::size_t Groups>
[[gnu::target("avx512f,avx512cd"), gnu::always_inline]] inline void add_groups(
    std::span<const BitWalk::Split> splits, const __m512d* values, const std::uint32_t* keys,
    double* sums) {
  __m512i left[Groups];
  for (__m512i& all : left) all = _mm512_set1_epi32(-1);
  for (const BitWalk::Split& split : splits) {
    const std::uint32_t* const from = keys + split.offset;
    const __m512i cut = _mm512_set1_epi32(static_cast<int>(split.key));
    const __m512i keep = _mm512_set1_epi32(static_cast<int>(split.keep));
    for (std::size_t i = 0; i < Groups; ++i) {
      const __mmask16 right = _mm512_cmpgt_epu32_mask(_mm512_loadu_si512(from + i * kGroup), cut);
      left[i] = _mm512_mask_and_epi32(left[i], right, left[i], keep);
    }
  }
  for (std::size_t i = 0; i < Groups; ++i) {
    const __m512i leaf = _mm512_lzcnt_epi32(left[i]);
    const __m512i low = widened(leaf, std::integral_constant<int, 0>{});
    const __m512i high = widened(leaf, std::integral_constant<int, 1>{});
    double* const to = sums + i * kGroup;
    _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), pick(values, low)));
    _mm512_storeu_pd(to + 8, _mm512_add_pd(_mm512_loadu_pd(to + 8), pick(values, high)));
  }
}

[[gnu::target("avx512f,avx512cd")]] void add_tree(std::span<const BitWalk::Split> splits,
                                                  const double* leaves, const std::uint32_t* keys,
                                                  std::size_t rows, double* sums) {
  const __m512d values[4] = {_mm512_loadu_pd(leaves), _mm512_loadu_pd(leaves + 8),
                             _mm512_loadu_pd(leaves + 16), _mm512_loadu_pd(leaves + 24)};
  std::size_t row = 0;
  for (; row + 3 * kGroup <= rows; row += 3 * kGroup) {
    add_groups<3>(splits, values, keys + row, sums + row);
  }
  for (; row < rows; row += kGroup) add_groups<1>(splits, values, keys + row, sums + row);
}

#endif

/// Returns the bits of leaves [first, last); leaf 0 has the highest.
std::uint32_t bits(std::size_t first, std::size_t last) {
  constexpr std::uint64_t kAll = std::uint64_t{1} << BitWalk::kMostLeaves;
  return static_cast<std::uint32_t>((kAll >> first) - (kAll >> last));
}

}  // namespace

bool BitWalk::runs() {
#if defined(FOREST_X86)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd");
#else
  return false;
#endif
}

BitWalk::BitWalk(std::span<const Tree> trees, std::size_t column_keys) {
  parts_.reserve(trees.size());
  for (const Tree& tree : trees) {
    const std::size_t leaves = tree.nodes.size() / 2 + 1;
    if (leaves < 2 || leaves > kMostLeaves) {
      parts_.emplace_back();
    } else {
      place(tree, column_keys);
    }
  }
  splits_.shrink_to_fit();
  values_.shrink_to_fit();
}

void BitWalk::place(const Tree& tree, std::size_t column_keys) {
  Part part;
  part.first = static_cast<std::uint32_t>(splits_.size());
  part.values = static_cast<std::uint32_t>(values_.size());
  std::array<double, kMostLeaves>& values = values_.emplace_back();
  // Leaves below each node, from the last node up: children follow their parent.
  std::array<std::uint8_t, 2 * kMostLeaves> below{};
  for (std::size_t node = tree.nodes.size(); node-- > 0;) {
    const std::uint32_t left = tree.nodes[node].left;
    below[node] = tree.is_leaf(node) ? std::uint8_t{1}
                                     : static_cast<std::uint8_t>(below[left] + below[left + 1]);
  }
  std::array<std::uint8_t, 2 * kMostLeaves> first{};  // leaf below each node, the leftmost
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    const Node& at = tree.nodes[node];
    if (tree.is_leaf(node)) {
      values[first[node]] = tree.values[node];
      continue;
    }
    first[at.left] = first[node];
    first[at.left + 1] = static_cast<std::uint8_t>(first[node] + below[at.left]);
    splits_.push_back({static_cast<std::uint32_t>(at.column * column_keys), order_key(at.cut),
                       ~bits(first[node], first[at.left + 1])});
  }
  part.last = static_cast<std::uint32_t>(splits_.size());
  parts_.push_back(part);
}

void BitWalk::add(std::size_t tree, const std::uint32_t* keys, std::size_t rows,
                  double* sums) const {
  assert(takes(tree));
#if defined(FOREST_X86)
  const Part& part = parts_[tree];
  add_tree(std::span(splits_).subspan(part.first, part.last - part.first),
           values_[part.values].data(), keys, rows, sums);
#else
  (void)tree, (void)keys, (void)rows, (void)sums;
#endif
}

std::size_t BitWalk::memory_bytes() const {
  return parts_.capacity() * sizeof(Part) + splits_.capacity() * sizeof(Split) +
         values_.capacity() * sizeof(values_[0]);
}

}  // namespace forest
