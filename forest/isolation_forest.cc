#include "forest/isolation_forest.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "forest/parallel.h"
#include "forest/path_length.h"
#include "forest/walk.h"

namespace forest {
namespace {

/// Fewer rows than these are faster one by one than in a block.
constexpr std::size_t kFewRows = 8;
/// Rows times trees below which one more thread costs more than it saves.
constexpr std::size_t kStepsPerThread = 200'000;
/// Blocks that a thread takes at a time.
constexpr std::size_t kBlocksAtOnce = 4;
constexpr std::size_t kLine = 64;  // bytes of a cache line
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Per tree, the ascending numbers of rows that it leaves out; empty where none leaves out any.
using LeftOut = std::span<const std::vector<std::uint32_t>>;

/// Adds up what trees say of a block of rows; one thread each.
/// @tparam Block  KeyBlock for the heap walk, ValueBlock for the walk of any tree
template <typename Block>
class BlockSums {
 public:
  /// @param heap  of the forest's trees, for a KeyBlock
  BlockSums(const IsolationForest& forest, const HeapWalk* heap, LeftOut left_out)
      : forest_(forest),
        heap_(heap),
        left_out_(left_out),
        block_(forest.frame().columns),
        sums_(block_.capacity()),
        counts_(block_.capacity()),
        next_(left_out.size(), 0) {}

  std::size_t capacity() const { return block_.capacity(); }

  /// Writes the scores of rows [first, first + out.size()). @pre no earlier row than in the last
  /// call
  template <typename T>
  void score(const RowsView<T>& rows, std::size_t first, std::span<double> out) {
    block_.fill(rows, first, out.size());
    std::fill(sums_.begin(), sums_.end(), 0.0);
    std::fill(counts_.begin(), counts_.end(), forest_.tree_count());
    if (block_.incomplete().size() < out.size())
      add_trees(first, out.size(), next_block(rows, first + out.size()));
    for (const std::uint32_t row : block_.incomplete()) {
      add_alone(rows.row(first + row), row, static_cast<std::uint32_t>(first + row));
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = counts_[i] == 0 ? kNone : forest_.score_of(sums_[i], counts_[i]);
    }
  }

 private:
  /// Returns the memory of the rows that the next block is likely to hold.
  template <typename T>
  std::span<const std::byte> next_block(const RowsView<T>& rows, std::size_t first) const {
    const std::size_t end = std::min(first + capacity(), rows.count);
    if (first >= end || rows.stride > 2 * forest_.feature_count()) return {};
    return std::as_bytes(std::span(rows.row(first), rows.row(end - 1) + forest_.feature_count()));
  }

  /// Adds all trees to the sums of all rows. @param ahead  memory to fetch on the way
  void add_trees(std::size_t first, std::size_t count, std::span<const std::byte> ahead) {
    const std::size_t lines = (ahead.size() / kLine + forest_.tree_count()) / forest_.tree_count();
    std::size_t fetched = 0;
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) {
      for (std::size_t i = 0; i < lines && fetched < ahead.size(); ++i, fetched += kLine) {
        __builtin_prefetch(ahead.data() + fetched, 0, 2);
      }
      if (left_out_.empty()) {
        add(tree);
      } else {
        add_to_others(tree, first, count);
      }
    }
  }

  void add(std::size_t tree) {
    if constexpr (std::is_same_v<Block, KeyBlock>) {
      heap_->add(tree, block_, sums_, best_cpu_kernel());
    } else {
      add_tree(forest_.trees()[tree], block_, sums_);
    }
  }

  /// The same, but for the rows that the tree leaves out.
  void add_to_others(std::size_t tree, std::size_t first, std::size_t count) {
    const std::vector<std::uint32_t>& ids = left_out_[tree];
    std::size_t& next = next_[tree];
    while (next < ids.size() && ids[next] < first) ++next;
    kept_.clear();
    for (std::size_t i = next; i < ids.size() && ids[i] < first + count; ++i) {
      kept_.push_back(sums_[ids[i] - first]);
    }
    add(tree);
    for (const double sum : kept_) {
      sums_[ids[next] - first] = sum;
      --counts_[ids[next++] - first];
    }
  }

  /// Sums up a row with missing values. @param row  its place in the block; @param number  its
  /// place among all
  template <typename T>
  void add_alone(const T* values, std::uint32_t row, std::uint32_t number) {
    scratch_.row.resize(forest_.feature_count());
    copy_row(forest_.frame().columns, values, scratch_.row);
    sums_[row] = 0.0;
    counts_[row] = 0;
    for (std::size_t tree = 0; tree < forest_.tree_count(); ++tree) {
      if (!left_out_.empty() && std::ranges::binary_search(left_out_[tree], number)) continue;
      sums_[row] += value_of_incomplete(forest_.trees()[tree], scratch_.row, scratch_);
      ++counts_[row];
    }
  }

  const IsolationForest& forest_;
  const HeapWalk* heap_;
  LeftOut left_out_;
  Block block_;
  std::vector<double> sums_;
  std::vector<std::size_t> counts_;  ///< trees that say something of each row
  std::vector<std::size_t> next_;    ///< per tree, of the rows left out
  std::vector<double> kept_;
  WalkScratch scratch_;
};

/// Scores all rows with as many threads as pay.
template <typename Block, typename T>
void score_blocks(const IsolationForest& forest, const HeapWalk* heap, const RowsView<T>& rows,
                  LeftOut left_out, std::span<double> out, std::size_t threads) {
  std::atomic<std::size_t> next{0};
  const std::size_t worthwhile = 1 + rows.count * forest.tree_count() / kStepsPerThread;
  run_parallel(std::min(threads, worthwhile), [&] {
    BlockSums<Block> block(forest, heap, left_out);
    const std::size_t step = kBlocksAtOnce * block.capacity();
    for (std::size_t begin = next.fetch_add(step); begin < rows.count;
         begin = next.fetch_add(step)) {
      const std::size_t end = std::min(begin + step, rows.count);
      for (std::size_t first = begin; first < end; first += block.capacity()) {
        block.score(rows, first, out.subspan(first, std::min(block.capacity(), end - first)));
      }
    }
  });
}

template <typename T>
void score_blocks(const IsolationForest& forest, const std::optional<HeapWalk>& heap,
                  const RowsView<T>& rows, LeftOut left_out, std::span<double> out,
                  std::size_t threads) {
  assert(out.size() == rows.count);
  if (heap) {
    score_blocks<KeyBlock>(forest, &*heap, rows, left_out, out, threads);
  } else {
    score_blocks<ValueBlock>(forest, nullptr, rows, left_out, out, threads);
  }
}

template <typename M>
auto view(const M& rows) {
  return RowsView<typename M::Scalar>{rows.data(), static_cast<std::size_t>(rows.rows()),
                                      static_cast<std::size_t>(rows.outerStride())};
}

}  // namespace

IsolationForest::IsolationForest(ForestFrame frame, std::vector<Tree> trees)
    : frame_(std::move(frame)),
      normal_length_(average_path_length(static_cast<double>(frame_.sample_size))),
      trees_(std::move(trees)) {
  assert(!frame_.columns.empty() && frame_.sample_size >= 1 && !trees_.empty());
  if (HeapWalk::fits(trees_, frame_.columns.size())) heap_.emplace(trees_, frame_.columns.size());
}

double IsolationForest::score_of(double sum, std::size_t trees) const {
  if (frame_.measure == Measure::density) {
    return 1.0 / (1.0 + std::exp2(sum / static_cast<double>(trees)));
  }
  const double normal = static_cast<double>(trees) * normal_length_;
  return normal == 0.0 ? 0.5 : std::pow(2.0, -(sum / normal));
}

void IsolationForest::score(const ConstMatrixRef& rows, std::span<double> out,
                            std::size_t threads) const {
  assert(static_cast<std::size_t>(rows.cols()) == feature_count());
  const RowsView<double> all = view(rows);
  if (all.count >= kFewRows) {
    score_blocks(*this, heap_, all, {}, out, threads);
    return;
  }
  for (std::size_t i = 0; i < all.count; ++i) out[i] = score_row({all.row(i), feature_count()});
}

void IsolationForest::score(const ConstFloatMatrixRef& rows, std::span<double> out,
                            std::size_t threads) const {
  assert(static_cast<std::size_t>(rows.cols()) == feature_count());
  score_blocks(*this, heap_, view(rows), {}, out, threads);
}

void IsolationForest::score_unseen(const ConstMatrixRef& rows,
                                   std::span<const std::vector<std::uint32_t>> drawn,
                                   std::span<double> out, std::size_t threads) const {
  assert(static_cast<std::size_t>(rows.cols()) == feature_count());
  assert(drawn.size() == tree_count());
  score_blocks(*this, heap_, view(rows), drawn, out, threads);
}

double IsolationForest::score_row(std::span<const double> row) const {
  assert(row.size() == feature_count());
  static thread_local WalkScratch scratch;
  scratch.row.resize(row.size());
  const bool complete = copy_row(frame_.columns, row.data(), scratch.row);
  if (!complete || !heap_) {
    return score_of(sum_over(trees_, scratch.row, complete, scratch), trees_.size());
  }
  static thread_local std::vector<std::uint32_t> keys;
  const std::size_t stride = KeyBlock::rows_for(row.size());
  keys.resize(std::max(keys.size(), row.size() * stride));
  for (std::size_t column = 0; column < row.size(); ++column) {
    keys[column * stride] = order_key(scratch.row[column]);
  }
  return score_of(heap_->sum(keys.data()), trees_.size());
}

std::size_t IsolationForest::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + frame_.columns.capacity() * sizeof(ColumnScale) +
                      (trees_.capacity() - trees_.size()) * sizeof(Tree);
  for (const Tree& tree : trees_) bytes += sizeof(Tree) + tree.memory_bytes();
  return bytes + (heap_ ? heap_->memory_bytes() : 0);
}

std::size_t IsolationForest::table_bytes() const {
  if (heap_) return heap_->memory_bytes();
  std::size_t bytes = 0;
  for (const Tree& tree : trees_) bytes += tree.memory_bytes();
  return bytes;
}

}  // namespace forest
