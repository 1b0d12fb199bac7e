#include "forest/grow_trees.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <utility>

#include "forest/draw.h"
#include "forest/grow.h"
#include "forest/parallel.h"

namespace forest {
namespace {

/// Rows to be drawn, over all trees, below which one more thread costs more than it saves.
constexpr std::size_t kRowsPerThread = 65536;
/// Rows of at most so many columns are fetched whole, and so many rows of a tree at most.
constexpr std::size_t kNarrowRow = 32;
constexpr std::size_t kFewRows = 1024;
/// Trees of few rows that a thread grows side by side, so that one waits for memory while another
/// goes on, and rows of the tree after them that are fetched at each step.
constexpr std::size_t kSideBySide = 4;
constexpr std::size_t kFetchedRows = 2;
/// Smaller inputs stay in the cache by themselves.
constexpr std::size_t kCacheBytes = std::size_t{1} << 20;
constexpr std::size_t kLine = 8;  // values of a cache line

GrowOptions grow_options(const ConstMatrixRef& rows, const TrainOptions& options,
                         const ForestFrame& frame) {
  const auto bytes = sizeof(double) * static_cast<std::size_t>(rows.outerStride()) *
                     static_cast<std::size_t>(rows.rows());
  const bool wide = static_cast<std::size_t>(rows.cols()) > kNarrowRow;
  return {.depth_limit = options.depth_limit == kDepthOfSample ? depth_limit(frame.sample_size)
                                                               : options.depth_limit,
          .columns = options.max_features.of(frame.columns.size()),
          .extension = options.extension,
          .pooled_gain = options.pooled_gain,
          .kurtosis = options.kurtosis,
          .measure = options.measure,
          .fetch_ahead = bytes > kCacheBytes && (wide || frame.sample_size > kFewRows)};
}

/// Draws the rows of the trees that a thread is to grow, each a while before it is grown, so that
/// its rows are on their way from memory by then.
class Draws {
 public:
  Draws(const ConstMatrixRef& rows, const TrainOptions& options, const ForestFrame& frame,
        std::span<const double> cumulative)
      : rows_(rows),
        seed_(options.seed),
        first_stream_(frame.grown),
        drawer_(cumulative.empty() ? RowDrawer(static_cast<std::size_t>(rows.rows()),
                                               frame.sample_size, options.bootstrap)
                                   : RowDrawer(cumulative, frame.sample_size, options.bootstrap)) {}

  /// Draws the rows of a tree, to be had by the next call of `swap`.
  void draw(std::size_t tree) {
    random_ = Random(seed_, first_stream_ + tree);
    const std::span<const std::uint32_t> drawn = drawer_.draw(random_);
    ids_.assign(drawn.begin(), drawn.end());
    const auto width = static_cast<std::uint32_t>(rows_.cols());
    // Of wide rows, the value that the root is likely to ask for.
    first_ = width > kNarrowRow ? Random(random_).below(width) : 0;
    count_ = width > kNarrowRow ? 1 : width;
    fetched_ = ids_.size() > kFewRows ? ids_.size() : 0;
  }

  /// Fetches some of the rows.
  void fetch(std::size_t rows) {
    const std::size_t end = std::min(fetched_ + rows, ids_.size());
    for (; fetched_ < end; ++fetched_) {
      const double* const from =
          rows_.data() + ids_[fetched_] * static_cast<std::size_t>(rows_.outerStride()) + first_;
      for (std::size_t at = 0; at < count_; at += kLine) __builtin_prefetch(from + at, 0, 2);
      __builtin_prefetch(from + count_ - 1, 0, 2);
    }
  }

  /// Hands the rows over, and the random numbers that the tree goes on with.
  void swap(std::vector<std::uint32_t>& ids, Random& random) {
    std::swap(ids_, ids);
    random = random_;
  }

 private:
  ConstMatrixRef rows_;
  std::uint64_t seed_;
  std::uint64_t first_stream_;
  RowDrawer drawer_;
  Random random_{0, 0};
  std::vector<std::uint32_t> ids_;
  std::size_t fetched_ = 0;  ///< of ids_
  std::uint32_t first_ = 0;
  std::size_t count_ = 0;
};

/// One of the trees that a thread grows side by side.
struct Lane {
  Lane(const ConstMatrixRef& rows, const ForestFrame& frame, const GrowOptions& options)
      : grower(rows, frame.columns, options) {}

  Grower grower;
  std::size_t tree = 0;
  Random random{0, 0};
  std::vector<std::uint32_t> ids;
};

}  // namespace

std::vector<Tree> grow_trees(const ConstMatrixRef& rows, const TrainOptions& options,
                             std::size_t trees, ForestFrame& frame,
                             std::vector<std::vector<std::uint32_t>>* drawn) {
  const std::vector<double> cumulative = cumulative_weights(options.weights);
  const GrowOptions grow = grow_options(rows, options, frame);
  if (drawn != nullptr) drawn->assign(trees, {});
  std::vector<Tree> grown(trees);
  std::atomic<std::size_t> next{0};
  const std::size_t worthwhile = 1 + trees * frame.sample_size / kRowsPerThread;
  run_parallel(std::min({options.threads, trees, worthwhile}), [&] {
    Draws draws(rows, options, frame, cumulative);
    std::size_t following = next++;
    if (following < trees) draws.draw(following);
    // Takes the tree that has been drawn, and draws another.
    const auto begin = [&](Lane& lane) {
      lane.tree = following;
      draws.fetch(frame.sample_size);
      draws.swap(lane.ids, lane.random);
      lane.grower.begin(lane.ids, lane.random);
      following = next++;
      if (following < trees) draws.draw(following);
    };
    std::vector<std::unique_ptr<Lane>> lanes;
    const std::size_t most = frame.sample_size <= kFewRows ? kSideBySide : 1;
    while (lanes.size() < most && following < trees) {
      begin(*lanes.emplace_back(std::make_unique<Lane>(rows, frame, grow)));
    }
    while (!lanes.empty()) {
      for (std::size_t i = 0; i < lanes.size();) {
        Lane& lane = *lanes[i];
        draws.fetch(kFetchedRows);
        if (lane.grower.advance()) {
          ++i;
          continue;
        }
        grown[lane.tree] = lane.grower.take();
        if (drawn != nullptr) {
          std::sort(lane.ids.begin(), lane.ids.end());
          (*drawn)[lane.tree] = lane.ids;
        }
        if (following < trees) {
          begin(lane);
          ++i;
        } else {
          std::swap(lanes[i], lanes.back());
          lanes.pop_back();
        }
      }
    }
  });
  frame.grown += trees;
  return grown;
}

}  // namespace forest
