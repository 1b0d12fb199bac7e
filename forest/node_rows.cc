#include "forest/node_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#define FOREST_X86 1
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace forest {
namespace {

NodeRange read_portable(const ColumnView& column, std::span<const std::uint32_t> ids, float* to) {
  const double* const from = column.first;
  const std::size_t stride = column.stride;
  const ColumnScale scale = column.scale;
  for (std::size_t i = 0; i < ids.size(); ++i) to[i] = scale.to_scaled(from[ids[i] * stride]);
  return range_of({to, ids.size()});
}

Sides partition_portable(std::span<std::uint32_t> ids, const float* values, float cut,
                         std::uint32_t* scratch) {
  std::uint32_t* const above = scratch;
  std::uint32_t* const unknown = scratch + ids.size() + kNodeRowsRoom;
  Sides sides{0, 0, 0};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::uint32_t id = ids[i];
    const bool missing = std::isnan(values[i]);
    const bool right = values[i] > cut;
    unknown[sides.missing] = id;
    sides.missing += static_cast<std::size_t>(missing);
    above[sides.right] = id;
    sides.right += static_cast<std::size_t>(right);
    ids[sides.left] = id;  // left <= i: overwrites only what was read
    sides.left += static_cast<std::size_t>(!(missing || right));
  }
  std::copy_n(above, sides.right, ids.data() + sides.left);
  std::copy_n(unknown, sides.missing, ids.data() + sides.left + sides.right);
  return sides;
}

#if defined(FOREST_X86)

constexpr std::size_t kLanes = 16;

[[gnu::target("avx512f"), gnu::always_inline]] inline __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>((1U << std::min(count, kLanes)) - 1U);
}

/// Returns two values side by side.
[[gnu::target("avx512f"), gnu::always_inline]] inline __m128d pair(const double* first,
                                                                   const double* second) {
  return _mm_loadh_pd(_mm_load_sd(first), second);
}

/// Scales four values; NaN stays NaN: of two operands max and min return the second then.
[[gnu::target("avx512f"), gnu::always_inline]] inline __m128 scaled(__m128d low, __m128d high,
                                                                    __m256d centre, __m256d scale) {
  __m256d value = _mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1);
  value = _mm256_mul_pd(_mm256_sub_pd(value, centre), scale);
  value = _mm256_max_pd(_mm256_set1_pd(-double{kLargestValue}), value);
  value = _mm256_min_pd(_mm256_set1_pd(double{kLargestValue}), value);
  return _mm256_cvtpd_ps(value);
}

// Single loads are faster than gathers here. Lanes past the last row repeat one.
[[gnu::target("avx512f")]] NodeRange read_avx512(const ColumnView& column,
                                                 std::span<const std::uint32_t> ids, float* to) {
  const __m512i stride = _mm512_set1_epi64(static_cast<long long>(column.stride));
  const __m256d centre = _mm256_set1_pd(column.scale.centre);
  const __m256d scale = _mm256_set1_pd(column.scale.scale);
  const __m512i any = _mm512_set1_epi32(static_cast<int>(ids.front()));
  const double* const from = column.first;
  __m256 lo = _mm256_set1_ps(kLargestValue);
  __m256 hi = _mm256_set1_ps(-kLargestValue);
  alignas(64) std::array<std::uint64_t, 8> at;
  for (std::size_t i = 0; i < ids.size(); i += 8) {
    const __mmask16 lanes = first_lanes(std::min<std::size_t>(ids.size() - i, 8));
    const __m512i eight = _mm512_mask_loadu_epi32(any, lanes, ids.data() + i);
    const __m256i low = _mm512_maskz_extracti64x4_epi64(0xF, eight, 0);
    _mm512_store_si512(
        at.data(), _mm512_maskz_mul_epu32(0xFF, _mm512_maskz_cvtepu32_epi64(0xFF, low), stride));
    const __m128 first =
        scaled(pair(from + at[0], from + at[1]), pair(from + at[2], from + at[3]), centre, scale);
    const __m128 second =
        scaled(pair(from + at[4], from + at[5]), pair(from + at[6], from + at[7]), centre, scale);
    const __m256 values = _mm256_insertf128_ps(_mm256_castps128_ps256(first), second, 1);
    _mm256_storeu_ps(to + i, values);  // past the last value there is room
    lo = _mm256_min_ps(values, lo);
    hi = _mm256_max_ps(values, hi);
  }
  __m128 least = _mm_min_ps(_mm256_castps256_ps128(lo), _mm256_extractf128_ps(lo, 1));
  __m128 most = _mm_max_ps(_mm256_castps256_ps128(hi), _mm256_extractf128_ps(hi, 1));
  least = _mm_min_ps(least, _mm_movehl_ps(least, least));
  most = _mm_max_ps(most, _mm_movehl_ps(most, most));
  least = _mm_min_ss(least, _mm_movehdup_ps(least));
  most = _mm_max_ss(most, _mm_movehdup_ps(most));
  return {_mm_cvtss_f32(least) + 0.0F, _mm_cvtss_f32(most) + 0.0F};
}

[[gnu::target("avx512f")]] Sides partition_avx512(std::span<std::uint32_t> ids, const float* values,
                                                  float cut, std::uint32_t* scratch) {
  const __m512 at = _mm512_set1_ps(cut);
  Sides sides{0, 0, 0};
  std::uint32_t* const above = scratch;
  std::uint32_t* const unknown = scratch + ids.size() + kNodeRowsRoom;
  std::size_t i = 0;
  for (;;) {
    const std::size_t rest = ids.size() - i;
    const __mmask16 lanes = first_lanes(rest);
    const __m512i some = _mm512_maskz_loadu_epi32(lanes, ids.data() + i);
    const __m512 value = _mm512_maskz_loadu_ps(lanes, values + i);
    const __mmask16 right = _mm512_mask_cmp_ps_mask(lanes, value, at, _CMP_GT_OQ);
    const __mmask16 left = _mm512_mask_cmp_ps_mask(lanes, value, at, _CMP_LE_OQ);
    const auto to_left = static_cast<std::size_t>(__builtin_popcount(left));
    const auto to_right = static_cast<std::size_t>(__builtin_popcount(right));
    // What was read is overwritten alone.
    _mm512_mask_storeu_epi32(ids.data() + sides.left, first_lanes(to_left),
                             _mm512_maskz_compress_epi32(left, some));
    if (to_left + to_right != std::min(rest, kLanes)) {
      const auto missing = static_cast<__mmask16>(lanes & ~(left | right));
      _mm512_storeu_si512(unknown + sides.missing, _mm512_maskz_compress_epi32(missing, some));
      sides.missing += static_cast<std::size_t>(__builtin_popcount(missing));
    }
    const __m512i rights = _mm512_maskz_compress_epi32(right, some);
    sides.left += to_left;
    i += kLanes;
    if (i >= ids.size() && sides.right == 0) {
      // Most nodes are of this kind: all rows in one vector.
      _mm512_mask_storeu_epi32(ids.data() + sides.left, first_lanes(to_right), rights);
      sides.right = to_right;
      break;
    }
    _mm512_storeu_si512(above + sides.right, rights);
    sides.right += to_right;
    if (i >= ids.size()) {
      for (std::size_t from = 0; from < sides.right; from += kLanes) {
        _mm512_mask_storeu_epi32(ids.data() + sides.left + from, first_lanes(sides.right - from),
                                 _mm512_loadu_si512(above + from));
      }
      break;
    }
  }
  std::copy_n(unknown, sides.missing, ids.data() + sides.left + sides.right);
  return sides;
}

#endif

}  // namespace

NodeRange range_of(std::span<const float> all) {
  const float* const values = all.data();
  const std::size_t count = all.size();
  // Several extremes side by side, so that one comparison need not wait for the last.
  std::size_t i = 0;
  NodeRange range{kLargestValue, -kLargestValue};
#if defined(__SSE2__)
  constexpr std::size_t kLanes = 4;
  __m128 lo[2] = {_mm_set1_ps(range.lo), _mm_set1_ps(range.lo)};
  __m128 hi[2] = {_mm_set1_ps(range.hi), _mm_set1_ps(range.hi)};
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    for (std::size_t k = 0; k < 2; ++k) {
      const __m128 four = _mm_loadu_ps(values + i + k * kLanes);
      lo[k] = _mm_min_ps(four, lo[k]);  // the second operand where the first is NaN
      hi[k] = _mm_max_ps(four, hi[k]);
    }
  }
  alignas(16) std::array<float, kLanes> extremes;
  _mm_store_ps(extremes.data(), _mm_min_ps(lo[0], lo[1]));
  range.lo = *std::ranges::min_element(extremes);
  _mm_store_ps(extremes.data(), _mm_max_ps(hi[0], hi[1]));
  range.hi = *std::ranges::max_element(extremes);
#endif
  for (; i < count; ++i) {
    range.lo = values[i] < range.lo ? values[i] : range.lo;  // false for NaN
    range.hi = values[i] > range.hi ? values[i] : range.hi;
  }
  return {range.lo + 0.0F, range.hi + 0.0F};
}

NodeRange read_values(const ColumnView& column, std::span<const std::uint32_t> ids, float* to,
                      CpuKernel kernel) {
#if defined(FOREST_X86)
  if (kernel == CpuKernel::avx512 && column.stride <= std::numeric_limits<std::uint32_t>::max()) {
    return read_avx512(column, ids, to);
  }
#else
  (void)kernel;
#endif
  return read_portable(column, ids, to);
}

Sides partition_rows(std::span<std::uint32_t> ids, const float* values, float cut,
                     std::uint32_t* scratch, CpuKernel kernel) {
#if defined(FOREST_X86)
  if (kernel == CpuKernel::avx512) return partition_avx512(ids, values, cut, scratch);
#else
  (void)kernel;
#endif
  return partition_portable(ids, values, cut, scratch);
}

}  // namespace forest
