#include "exporter/model/usual_forest.h"

#include <algorithm>
#include <utility>

#include "exporter/features/context.h"
#include "exporter/model/history_rows.h"
#include "forest/threshold.h"
#include "forest/train.h"

namespace exporter {
namespace {

// The measure that keeps telling 100x the training maximum from 1.01x of it.
constexpr auto kMeasure = forest::Measure::range_aware;
// Of a wide entity's rows each cut asks for this many columns beside the first.
constexpr std::size_t kFurtherColumns = 2;
// A cut falls where both sides are narrow with this probability, instead of anywhere.
constexpr double kPooledGain = 0.25;
constexpr double kTrimmed = 0.003, kTrimmedOfWide = 0.03;
// Measured, with a margin: cuts by three columns carry three weights, and trees of unlimited depth
// have a leaf for each row.
constexpr std::size_t kBytesPerSampledRow = 24, kBytesPerSampledRowOfWide = 90;
// The forest that finds the worst rows needs fewer trees.
constexpr std::size_t kScreeningShare = 4;

forest::TrainOptions forest_options(const DetectorSpec& spec, std::size_t rows,
                                    std::size_t columns) {
  forest::TrainOptions options;
  options.trees = spec.forest.trees;
  options.sample = std::min(spec.forest.sample, rows / 2);
  options.seed = spec.forest.seed;
  options.measure = kMeasure;
  options.pooled_gain = kPooledGain;
  if (is_wide(spec)) {
    options.extension = std::min<std::size_t>(kFurtherColumns, columns - 1);
    options.depth_limit = forest::kNoDepthLimit;
  }
  return options;
}

std::vector<double> screening_scores(const forest::ConstMatrixRef& rows,
                                     forest::TrainOptions options) {
  options.trees = std::max<std::size_t>(1, options.trees / kScreeningShare);
  return forest::out_of_sample_scores(forest::train_with_draws(rows, options), rows,
                                      options.threads);
}

}  // namespace

bool is_wide(const DetectorSpec& spec) { return spec.features.size() >= kWideFeatures; }

std::size_t forest_bytes(const DetectorSpec& spec) {
  return spec.forest.trees * spec.forest.sample *
         (is_wide(spec) ? kBytesPerSampledRowOfWide : kBytesPerSampledRow);
}

double trimmed_share(const DetectorSpec& spec) { return is_wide(spec) ? kTrimmedOfWide : kTrimmed; }

std::vector<Eigen::Index> usual_rows(std::span<const double> scores, double trimmed) {
  const double limit = forest::quantile(scores, 1 - trimmed);
  std::vector<Eigen::Index> kept;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] > limit)) kept.push_back(static_cast<Eigen::Index>(i));
  }
  return kept;
}

UsualForest grow_usual_forest(const DetectorSpec& spec, const forest::Matrix& rows) {
  const auto options = forest_options(spec, static_cast<std::size_t>(rows.rows()),
                                      static_cast<std::size_t>(rows.cols()));
  UsualForest grown;
  grown.kept = usual_rows(screening_scores(rows, options), trimmed_share(spec));
  const forest::Matrix usual = rows_of(rows, grown.kept);
  forest::Trained trained = forest::train_with_draws(usual, options);
  const auto unseen = forest::out_of_sample_scores(trained, usual, options.threads);
  grown.scores.resize(static_cast<std::size_t>(rows.rows()));
  trained.forest.score(rows, grown.scores, options.threads);
  for (std::size_t i = 0; i < grown.kept.size(); ++i) {
    grown.scores[static_cast<std::size_t>(grown.kept[i])] = unseen[i];
  }
  grown.forest = std::make_shared<const forest::IsolationForest>(std::move(trained.forest));
  return grown;
}

}  // namespace exporter
