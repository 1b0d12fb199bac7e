#include "forest/column_block.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#define FOREST_X86 1
#endif

namespace forest {
namespace {

/// Keys are read all over the block, so it stays in the first-level cache; the walk of any tree
/// takes longer to read a tree than its values, so that more rows at a time pay.
template <typename Element>
constexpr std::size_t kCacheBytes = std::is_same_v<Element, float> ? 256 * 1024 : 20 * 1024;
constexpr std::size_t kStep = 48;  // common multiple of the vector lengths and interleaved rows
constexpr std::size_t kTile = 8;   // rows and columns that are turned at a time

/// Where rows come from and elements go to.
template <typename T, typename Element>
struct Turn {
  const T* rows;
  std::size_t stride;
  std::size_t count;
  std::size_t width;
  const double* centre;
  const double* scale;
  Element* elements;
  std::size_t capacity;
  std::uint8_t* missing;
};

template <typename T, typename Element>
void turn_portable(const Turn<T, Element>& turn) {
  for (std::size_t row = 0; row < turn.count; ++row) {
    const T* const from = turn.rows + row * turn.stride;
    bool missing = false;
    for (std::size_t column = 0; column < turn.width; ++column) {
      const float value = ColumnScale{turn.centre[column], turn.scale[column]}.to_scaled(
          static_cast<double>(from[column]));
      Element& to = turn.elements[column * turn.capacity + row];
      if constexpr (std::is_same_v<Element, float>) {
        to = value;
      } else {
        to = order_key(value);
      }
      missing |= std::isnan(value);
    }
    turn.missing[row] = static_cast<std::uint8_t>(missing);
  }
}

#if defined(FOREST_X86)

[[gnu::target("avx2"), gnu::always_inline]] inline __m256d load_four(const double* from,
                                                                     __m256i mask) {
  return _mm256_maskload_pd(from, mask);
}
[[gnu::target("avx2"), gnu::always_inline]] inline __m256d load_four(const float* from,
                                                                     __m256i mask) {
  // The low halves of the 64-bit lanes, packed.
  const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  const __m128i narrow = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(mask, order));
  return _mm256_cvtps_pd(_mm_maskload_ps(from, narrow));
}

/// Scales four values; NaN stays NaN: of two operands max and min return the second then.
[[gnu::target("avx2"), gnu::always_inline]] inline __m128 scale_four(__m256d value,
                                                                     const double* centre,
                                                                     const double* scale) {
  const __m256d largest = _mm256_set1_pd(double{kLargestValue});
  const __m256d least = _mm256_set1_pd(-double{kLargestValue});
  __m256d scaled =
      _mm256_mul_pd(_mm256_sub_pd(value, _mm256_loadu_pd(centre)), _mm256_loadu_pd(scale));
  scaled = _mm256_min_pd(largest, _mm256_max_pd(least, scaled));
  return _mm256_cvtpd_ps(scaled);
}

using Tile = __m256i[kTile];  // rows, or columns once turned

/// Turns the 32-bit elements of an 8 x 8 tile.
[[gnu::target("avx2"), gnu::always_inline]] inline void transpose(Tile& r) {
  Tile pairs;
  for (std::size_t i = 0; i < kTile; i += 2) {
    pairs[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
  Tile fours;
  for (std::size_t i = 0; i < kTile; i += 4) {
    fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
    r[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
  }
}

template <typename T, typename Element>
[[gnu::target("avx2")]] void turn_avx2(const Turn<T, Element>& turn) {
  [[maybe_unused]] const __m256i sign = _mm256_set1_epi32(static_cast<int>(0x80000000U));
  const __m256i lanes = _mm256_setr_epi64x(0, 1, 2, 3);
  for (std::size_t first = 0; first < turn.count; first += kTile) {
    // Past the last row the tile repeats it.
    std::array<const T*, kTile> rows;
    __m256 unordered[kTile];
    for (std::size_t i = 0; i < kTile; ++i) {
      rows[i] = turn.rows + std::min(first + i, turn.count - 1) * turn.stride;
      unordered[i] = _mm256_setzero_ps();
    }
    for (std::size_t column = 0; column < turn.width; column += kTile) {
      const std::size_t columns = std::min(kTile, turn.width - column);
      const __m256i left = _mm256_set1_epi64x(static_cast<long long>(columns));
      const __m256i low = _mm256_cmpgt_epi64(left, lanes);
      const __m256i high = _mm256_cmpgt_epi64(left, _mm256_add_epi64(lanes, _mm256_set1_epi64x(4)));
      Tile tile;
      for (std::size_t i = 0; i < kTile; ++i) {
        const __m128 a =
            scale_four(load_four(rows[i] + column, low), turn.centre + column, turn.scale + column);
        const __m128 b = columns <= 4
                             ? _mm_setzero_ps()
                             : scale_four(load_four(rows[i] + column + 4, high),
                                          turn.centre + column + 4, turn.scale + column + 4);
        const __m256 values = _mm256_set_m128(b, a);
        unordered[i] = _mm256_or_ps(unordered[i], _mm256_cmp_ps(values, values, _CMP_UNORD_Q));
        tile[i] = _mm256_castps_si256(values);
        if constexpr (!std::is_same_v<Element, float>) {
          const __m256i flip = _mm256_or_si256(_mm256_srai_epi32(tile[i], 31), sign);
          tile[i] = _mm256_xor_si256(tile[i], flip);
        }
      }
      transpose(tile);
      for (std::size_t i = 0; i < columns; ++i) {
        Element* const to = turn.elements + (column + i) * turn.capacity + first;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), tile[i]);
      }
    }
    for (std::size_t i = 0; i < kTile; ++i) {
      turn.missing[first + i] = static_cast<std::uint8_t>(_mm256_movemask_ps(unordered[i]) != 0);
    }
  }
}

#endif

}  // namespace

template <typename Element>
std::size_t ColumnBlock<Element>::rows_for(std::size_t columns) {
  const std::size_t fitting = kCacheBytes<Element> / (columns * sizeof(Element)) / kStep * kStep;
  return std::clamp(fitting, kStep, kMostRows);
}

template <typename Element>
ColumnBlock<Element>::ColumnBlock(std::span<const ColumnScale> columns)
    : width_(columns.size()), capacity_(rows_for(columns.size())) {
  const std::size_t padded = (width_ + kTile - 1) / kTile * kTile;
  centre_.resize(padded);
  scale_.resize(padded);
  for (std::size_t column = 0; column < width_; ++column) {
    centre_[column] = columns[column].centre;
    scale_[column] = columns[column].scale;
  }
  lines_.resize(capacity_ / kLineElements * width_);
  missing_.resize(capacity_);
  incomplete_.reserve(capacity_);
}

template <typename Element>
template <typename T>
void ColumnBlock<Element>::fill(const RowsView<T>& rows, std::size_t first, std::size_t count,
                                CpuKernel kernel) {
  assert(count <= capacity_ && first + count <= rows.count);
  size_ = count;
  const Turn<T, Element> turn{rows.row(first),
                              rows.stride,
                              count,
                              width_,
                              centre_.data(),
                              scale_.data(),
                              lines_.front().elements.data(),
                              capacity_,
                              missing_.data()};
#if defined(FOREST_X86)
  if (kernel != CpuKernel::portable) {
    turn_avx2(turn);
  } else {
    turn_portable(turn);
  }
#else
  (void)kernel;
  turn_portable(turn);
#endif
  incomplete_.clear();
  for (std::size_t row = 0; row < count; ++row) {
    if (missing_[row] != 0) incomplete_.push_back(static_cast<std::uint32_t>(row));
  }
}

template class ColumnBlock<float>;
template class ColumnBlock<std::uint32_t>;
template void KeyBlock::fill(const RowsView<float>&, std::size_t, std::size_t, CpuKernel);
template void KeyBlock::fill(const RowsView<double>&, std::size_t, std::size_t, CpuKernel);
template void ValueBlock::fill(const RowsView<float>&, std::size_t, std::size_t, CpuKernel);
template void ValueBlock::fill(const RowsView<double>&, std::size_t, std::size_t, CpuKernel);

}  // namespace forest
