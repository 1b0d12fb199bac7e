#include "forest/heap_walk.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "forest/leaf_bits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define FOREST_X86 1
#endif

namespace forest {
namespace {

using Slot = HeapWalk::Slot;

constexpr std::size_t kTop = 3;         // levels that are compared in full, for many rows at once
constexpr std::size_t kWideTop = 4;     // the same with AVX-512
constexpr std::size_t kLanes = 8;       // rows walked side by side, to hide the latency of loads
constexpr std::size_t kTreeLanes = 10;  // trees walked side by side for a single row
constexpr std::uint32_t kAlwaysLeft = 0xFFFFFFFFU;
constexpr std::size_t kSmall = 65536;  // slots that are fine whatever the trees look like
constexpr std::size_t kSlotsPerNode = 8;

/// One step from a node to its child: node = 2 node + (row key > node key). The lane picks a row of
/// the block, the table a tree. Loads are what there are too few of: one fetches the whole slot,
/// and the carry of the comparison saves two instructions.
template <std::size_t Lane, std::size_t Table = 0>
[[gnu::always_inline]] inline void step(std::uint64_t& node, const Slot* slots,
                                        const std::uint32_t* keys) {
#if defined(FOREST_X86)
  static_assert(offsetof(Slot, offset) == 0 && offsetof(Slot, key) == 4 && sizeof(Slot) == 8);
  std::uint64_t slot;
  std::uint64_t scratch;
  asm("movq %c[slot_at](%[slots],%[node],8), %[slot]\n\t"
      "movl %k[slot], %k[scratch]\n\t"
      "shrq $32, %[slot]\n\t"
      "movl %c[lane_at](%[keys],%[scratch]), %k[scratch]\n\t"
      "cmpl %k[scratch], %k[slot]\n\t"
      "adcl %k[node], %k[node]"
      : [node] "+r"(node), [scratch] "=&r"(scratch), [slot] "=&r"(slot)
      : [slots] "r"(slots), [keys] "r"(keys), [slot_at] "i"(Table * sizeof(Slot)),
        [lane_at] "i"(Lane * sizeof(std::uint32_t))
      : "cc");
#else
  const Slot& slot = slots[Table + node];
  const std::uint32_t key = keys[Lane + slot.offset / sizeof(std::uint32_t)];
  node = 2 * node + static_cast<std::uint64_t>(key > slot.key);
#endif
}

/// Reads a node into a register of its own; compilers otherwise gather several in vectors and take
/// them apart again.
[[gnu::always_inline]] inline std::uint64_t load(const std::uint32_t* node) {
#if defined(FOREST_X86)
  std::uint64_t loaded;
  asm("movl %[from], %k[to]" : [to] "=r"(loaded) : [from] "m"(*node));
  return loaded;
#else
  return *node;
#endif
}

/// Makes what was written before visible to `step`, whose instructions the compiler cannot look
/// into.
template <typename T>
[[gnu::always_inline]] inline const T* published(const T* memory) {
#if defined(FOREST_X86)
  asm volatile("" : "+r"(memory) : : "memory");
#endif
  return memory;
}

/// Walks the first levels, kTop or kWideTop, for `rows` rows, a multiple of 48: writes the node of
/// each.
using TopWalk = void (*)(const Slot* slots, const std::uint32_t* keys, std::size_t rows,
                         std::uint32_t* nodes);

const std::uint32_t* column(const std::uint32_t* keys, const Slot& slot) {
  return keys + slot.offset / sizeof(std::uint32_t);
}

void walk_top_portable(const Slot* slots, const std::uint32_t* keys, std::size_t rows,
                       std::uint32_t* nodes) {
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint32_t node = 1;
    for (std::size_t level = 0; level < kTop; ++level) {
      node =
          2 * node + static_cast<std::uint32_t>(column(keys, slots[node])[row] > slots[node].key);
    }
    nodes[row] = node;
  }
}

#if defined(FOREST_X86)

// All cuts of the levels are compared; the bits of the path pick from them.

[[gnu::target("avx2")]] void walk_top_avx2(const Slot* slots, const std::uint32_t* keys,
                                           std::size_t rows, std::uint32_t* nodes) {
  const auto keys_at = [&](std::size_t node, std::size_t row) __attribute__((target("avx2"))) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(column(keys, slots[node]) + row));
  };
  // All ones where the row goes left: where the larger of the two keys is the cut's.
  const auto left = [&](std::size_t node, std::size_t row) __attribute__((target("avx2"))) {
    const __m256i cut = _mm256_set1_epi32(static_cast<int>(slots[node].key));
    return _mm256_cmpeq_epi32(_mm256_max_epu32(keys_at(node, row), cut), cut);
  };
  for (std::size_t row = 0; row < rows; row += 8) {
    const __m256i first = left(1, row);
    const __m256i second = _mm256_blendv_epi8(left(3, row), left(2, row), first);
    const __m256i third =
        _mm256_blendv_epi8(_mm256_blendv_epi8(left(7, row), left(6, row), second),
                           _mm256_blendv_epi8(left(5, row), left(4, row), second), first);
    __m256i node = _mm256_add_epi32(_mm256_set1_epi32(15), third);  // each left is a -1
    node = _mm256_add_epi32(node, _mm256_slli_epi32(second, 1));
    node = _mm256_add_epi32(node, _mm256_slli_epi32(first, 2));
    _mm256_store_si256(reinterpret_cast<__m256i*>(nodes + row), node);
  }
}

// A row starts with a bit for each node below the top; a cut that sends it right clears those of
// its left side, and the first bit left is its node (BitWalk names the source). A cut is fetched
// once for 48 rows.
template <std::size_t Top>
[[gnu::target("avx512f,avx512cd")]] void walk_top_avx512(const Slot* slots,
                                                         const std::uint32_t* keys,
                                                         std::size_t rows, std::uint32_t* nodes) {
  constexpr std::size_t kSize = std::size_t{1} << Top;
  constexpr std::size_t kRows = 16;
  for (std::size_t row = 0; row < rows; row += 3 * kRows) {
    __m512i left[3] = {_mm512_set1_epi32(-1), _mm512_set1_epi32(-1), _mm512_set1_epi32(-1)};
    for (std::size_t node = 1; node < kSize; ++node) {
      const std::uint32_t* const from = column(keys, slots[node]) + row;
      const __m512i cut = _mm512_set1_epi32(static_cast<int>(slots[node].key));
      const __m512i keep = _mm512_set1_epi32(static_cast<int>(kKeptLeaves<Top>[node]));
      for (std::size_t i = 0; i < 3; ++i) {
        const __mmask16 right = _mm512_cmpgt_epu32_mask(_mm512_loadu_si512(from + i * kRows), cut);
        left[i] = _mm512_mask_and_epi32(left[i], right, left[i], keep);
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      _mm512_store_si512(nodes + row + i * kRows,
                         _mm512_add_epi32(_mm512_lzcnt_epi32(left[i]),
                                          _mm512_set1_epi32(static_cast<int>(kSize))));
    }
  }
}

#endif

TopWalk top_walk(CpuKernel kernel) {
#if defined(FOREST_X86)
  if (kernel == CpuKernel::avx512) return walk_top_avx512<kWideTop>;
  if (kernel == CpuKernel::avx2) return walk_top_avx2;
#endif
  return walk_top_portable;
}

/// Walks kLanes rows from their nodes to the last level and adds up their leaves. The depth is
/// known when compiled: with a counter less, all nodes stay in registers.
template <std::size_t Depth, std::size_t Top, std::size_t... Lane>
[[gnu::always_inline]] inline void walk_rest(const Slot* slots, const double* values,
                                             const std::uint32_t* keys, const std::uint32_t* nodes,
                                             double* sums, std::index_sequence<Lane...>) {
  std::array<std::uint64_t, sizeof...(Lane)> at{load(nodes + Lane)...};
  [&]<std::size_t... Level>(std::index_sequence<Level...>) {
    [[maybe_unused]] const auto descend = [&](std::size_t) {
      (step<Lane>(at[Lane], slots, keys), ...);
    };
    (descend(Level), ...);
  }
  (std::make_index_sequence<Depth - Top>{});
  const double* const leaves = values - (std::size_t{1} << Depth);
  ((sums[Lane] += leaves[at[Lane]]), ...);
}

/// Adds a tree's leaf values to the sums of rows, a multiple of 48.
template <std::size_t Depth, std::size_t Top>
void add_heap(const Slot* slots, const double* values, const std::uint32_t* keys,
              const std::uint32_t* nodes, std::size_t rows, double* sums) {
  for (std::size_t row = 0; row < rows; row += kLanes) {
    walk_rest<Depth, Top>(slots, values, keys + row, nodes + row, sums + row,
                          std::make_index_sequence<kLanes>{});
  }
}

/// Walks one row through as many trees as there are lanes, and adds up their leaves in order.
template <std::size_t Depth, std::size_t... Lane>
[[gnu::always_inline]] inline double walk_row(const Slot* slots, const double* values,
                                              const std::uint32_t* keys, double sum,
                                              std::index_sequence<Lane...>) {
  constexpr std::size_t kSize = std::size_t{1} << Depth;
  std::array<std::uint64_t, sizeof...(Lane)> at{((void)Lane, std::uint64_t{1})...};
  for (std::size_t level = 0; level < Depth; ++level) {
    (step<0, Lane * kSize>(at[Lane], slots, keys), ...);
  }
  ((sum += values[Lane * kSize + at[Lane] - kSize]), ...);
  return sum;
}

template <std::size_t Depth>
double sum_of_row(const Slot* slots, const double* values, std::size_t trees,
                  const std::uint32_t* keys) {
  constexpr std::size_t kSize = std::size_t{1} << Depth;
  double sum = 0.0;
  std::size_t tree = 0;
  for (; tree + kTreeLanes <= trees; tree += kTreeLanes) {
    sum = walk_row<Depth>(slots + tree * kSize, values + tree * kSize, keys, sum,
                          std::make_index_sequence<kTreeLanes>{});
  }
  for (; tree < trees; ++tree) {
    sum = walk_row<Depth>(slots + tree * kSize, values + tree * kSize, keys, sum,
                          std::make_index_sequence<1>{});
  }
  return sum;
}

using RowWalk = double (*)(const Slot*, const double*, std::size_t, const std::uint32_t*);

using RestWalk = void (*)(const Slot*, const double*, const std::uint32_t*, const std::uint32_t*,
                          std::size_t, double*);

// By depth less the levels walked before; rows alone begin at the root.
template <std::size_t... Below>
constexpr std::array<RowWalk, sizeof...(Below)> row_walks(std::index_sequence<Below...>) {
  return {sum_of_row<kTop + Below>...};
}
template <std::size_t Top, std::size_t... Below>
constexpr std::array<RestWalk, sizeof...(Below)> rest_walks(std::index_sequence<Below...>) {
  return {add_heap<Top + Below, Top>...};
}
using Depths = std::make_index_sequence<HeapWalk::kMaxDepth + 1 - kTop>;
using WideDepths = std::make_index_sequence<HeapWalk::kMaxDepth + 1 - kWideTop>;
constexpr auto kRowWalks = row_walks(Depths{});
constexpr auto kRestWalks = rest_walks<kTop>(Depths{});
constexpr auto kWideRestWalks = rest_walks<kWideTop>(WideDepths{});

}  // namespace

bool HeapWalk::fits(std::span<const Tree> trees, std::size_t columns) {
  std::size_t depth = kWideTop;
  std::size_t nodes = 0;
  for (const Tree& tree : trees) {
    if (tree.depth > kMaxDepth || !tree.ranges.empty() || tree.terms_per_cut > 0) return false;
    depth = std::max(depth, tree.depth);
    nodes += tree.nodes.size();
  }
  return columns <= kMaxColumns && trees.size() << depth <= kSmall + kSlotsPerNode * nodes;
}

HeapWalk::HeapWalk(std::span<const Tree> trees, std::size_t columns)
    : trees_(trees.size()), depth_(kWideTop) {
  assert(fits(trees, columns));
  for (const Tree& tree : trees) depth_ = std::max(depth_, tree.depth);
  const std::size_t lines = trees_ << (depth_ - kTop);  // eight entries a line
  slots_.resize(lines);
  values_.resize(lines);
  const auto column_bytes =
      static_cast<std::uint32_t>(KeyBlock::rows_for(columns) * sizeof(std::uint32_t));
  if (BitWalk::runs()) bits_.emplace(trees, KeyBlock::rows_for(columns));
  std::vector<std::uint32_t> places;
  for (std::size_t number = 0; number < trees_; ++number) {
    place(trees[number], number, column_bytes, places);
  }
}

void HeapWalk::place(const Tree& tree, std::size_t number, std::uint32_t column_bytes,
                     std::vector<std::uint32_t>& places) {
  const std::size_t size = std::size_t{1} << depth_;
  Slot* const slots = slots_.front().slots.data() + number * size;
  double* const values = values_.front().values.data() + number * size;
  std::fill_n(slots, size, Slot{0, kAlwaysLeft});  // what stands below a leaf leads to its left
  places.resize(tree.nodes.size());
  places[0] = 1;
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    const Node& at = tree.nodes[node];
    std::uint32_t place = places[node];
    if (tree.is_leaf(node)) {
      while (place < size) place *= 2;
      values[place - size] = tree.values[node];
      continue;
    }
    slots[place] = {at.column * column_bytes, order_key(at.cut)};
    places[at.left] = 2 * place;
    places[at.left + 1] = 2 * place + 1;
  }
}

void HeapWalk::add(std::size_t tree, const KeyBlock& block, std::span<double> sums,
                   CpuKernel kernel) const {
  assert(tree < trees_ && sums.size() == block.capacity());
  const bool wide = kernel == CpuKernel::avx512;
  const std::size_t rows = (block.size() + 47) / 48 * 48;
  const std::uint32_t* const keys = published(block.data());
  if (wide && bits_ && bits_->takes(tree)) {
    bits_->add(tree, keys, rows, sums.data());
    return;
  }
  const std::size_t size = std::size_t{1} << depth_;
  const Slot* const slots = slots_.front().slots.data() + tree * size;
  const double* const values = values_.front().values.data() + tree * size;
  alignas(64) std::array<std::uint32_t, KeyBlock::kMostRows> nodes;
  top_walk(kernel)(slots, keys, rows, nodes.data());
  const RestWalk rest = wide ? kWideRestWalks[depth_ - kWideTop] : kRestWalks[depth_ - kTop];
  rest(slots, values, keys, nodes.data(), rows, sums.data());
}

double HeapWalk::sum(const std::uint32_t* keys) const {
  return kRowWalks[depth_ - kTop](slots_.front().slots.data(), values_.front().values.data(),
                                  trees_, published(keys));
}

std::size_t HeapWalk::memory_bytes() const {
  return slots_.capacity() * sizeof(SlotLine) + values_.capacity() * sizeof(ValueLine) +
         (bits_ ? bits_->memory_bytes() : 0);
}

}  // namespace forest
