#include "exporter/model/trained_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "forest/threshold.h"
#include "forest/train.h"

namespace exporter {
namespace {

// The measure that keeps telling 100x the training maximum from 1.01x of it.
constexpr auto kMeasure = forest::Measure::range_aware;
// A wide entity's scores lie closer together.
constexpr double kUsualQuantile = 0.996, kUsualQuantileOfWide = 0.99;
// Of a wide entity's rows each cut asks for this many columns beside the first.
constexpr std::size_t kFurtherColumns = 2;

// A constant counts as if it had moved by this many usual deviations; a normal feature does.
constexpr double kConstantWidth = 10;
// The share of rows that is left out of training. A host is in some incident more often than a
// single metric.
constexpr double kTrimmed = 0.003, kTrimmedOfWide = 0.03;
// The forest that finds them needs fewer trees.
constexpr std::size_t kScreeningShare = 4;
// A cut falls where both sides are narrow with this probability, instead of anywhere.
constexpr double kPooledGain = 0.25;

// A usual deviation of a constant feature: a hundredth of its value, or 1 for a constant 0; in
// units of its column.
double unit_of_constant(const SeasonProfile& profile) {
  const double unit = profile.level != 0 ? std::abs(profile.level) / 100 : 1;
  return std::max(1.0, unit / profile.spread);
}

// A constant that moves is judged once, by its value and means; what follows from them is left to
// the forest.
double width_of_constant(const ContextModel& context, const ContextColumn& column) {
  switch (column.kind) {
    case ContextKind::relation: return kConstantWidth;
    case ContextKind::change:
    case ContextKind::deviation: return std::numeric_limits<double>::infinity();
    default: return kConstantWidth * unit_of_constant(context.season[column.feature]);
  }
}

UsualRange range_of(const ContextModel& context, std::size_t column,
                    const forest::ConstMatrixRef& rows) {
  UsualRange range{.low = std::numeric_limits<double>::infinity(),
                   .high = -std::numeric_limits<double>::infinity(),
                   .width = std::numeric_limits<double>::infinity()};
  for (const double value : rows.col(static_cast<Eigen::Index>(column))) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  if (range.low > range.high) return range;  // never a value
  const ContextColumn& of = context.columns[column];
  if (range.low == range.high) {
    range.width = width_of_constant(context, of);
  } else if (context.feature_count() < kWideFeatures) {
    range.width = range.high - range.low;
  }
  return range;
}

// The separation of the most displaced column.
double separation(const std::vector<UsualRange>& ranges, std::span<const double> row) {
  double most = 0;
  for (std::size_t c = 0; c < ranges.size(); ++c) {
    most = std::max(most, ranges[c].separation(row[c]));
  }
  return most;
}

double joined_score(double forest_score, double separation) {
  return std::pow(forest_score, 1 - separation);
}

bool any_present(const forest::ConstMatrixRef& raw, Eigen::Index row) {
  return raw.row(row).array().isFinite().any();
}

// Rows that are few enough for every row to have trees that have not seen it: half per tree.
forest::TrainOptions options_of(const DetectorSpec& spec, std::size_t rows, std::size_t columns) {
  forest::TrainOptions options;
  options.trees = spec.forest.trees;
  options.sample = std::min(spec.forest.sample, rows / 2);
  options.seed = spec.forest.seed;
  options.measure = kMeasure;
  options.pooled_gain = kPooledGain;
  if (spec.features.size() >= kWideFeatures) {
    options.extension = std::min<std::size_t>(kFurtherColumns, columns - 1);
    options.depth_limit = forest::kNoDepthLimit;
  }
  return options;
}

forest::Matrix rows_of(const forest::Matrix& all, const std::vector<Eigen::Index>& chosen) {
  forest::Matrix rows(static_cast<Eigen::Index>(chosen.size()), all.cols());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    rows.row(static_cast<Eigen::Index>(i)) = all.row(chosen[i]);
  }
  return rows;
}

// Leaves out what a smaller forest finds most anomalous.
std::vector<Eigen::Index> without_worst(const forest::Matrix& rows, double share,
                                        forest::TrainOptions options) {
  options.trees = std::max<std::size_t>(1, options.trees / kScreeningShare);
  const auto scores =
      forest::out_of_sample_scores(forest::train_with_draws(rows, options), rows, options.threads);
  const double limit = forest::quantile(scores, 1 - share);
  std::vector<Eigen::Index> kept;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] > limit)) kept.push_back(static_cast<Eigen::Index>(i));
  }
  return kept;
}

}  // namespace

double UsualRange::separation(double value) const {
  const double gap = std::max(low - value, value - high);
  return gap > 0 && std::isfinite(width) ? gap / (gap + width) : 0;
}

const EntityModel* TrainedModel::find(const Labels& entity) const {
  const auto found = entities.find(entity);
  return found == entities.end() ? nullptr : found->second.get();
}

std::size_t TrainedModel::rows() const {
  std::size_t sum = 0;
  for (const auto& [entity, model] : entities) sum += model->rows;
  return sum;
}

double threshold_of(const EntityModel& model, const DetectorSpec& spec) {
  const double sensitivity =
      spec.alert_budget ? model.alert_rates.sensitivity_for(*spec.alert_budget) : spec.sensitivity;
  return model.usual_score + sensitivity * (1 - model.usual_score);
}

Duration ready_span(const DetectorSpec& spec) {
  return spec.season.empty() ? Duration{0} : *std::ranges::min_element(spec.season);
}

std::optional<EntityModel> train_entity(const DetectorSpec& spec, const TimeGrid& whole_grid,
                                        const forest::ConstMatrixRef& whole) {
  std::vector<Eigen::Index> present;
  for (Eigen::Index i = 0; i < whole.rows(); ++i) {
    if (any_present(whole, i)) present.push_back(i);
  }
  if (present.size() < kMinTrainingRows) return std::nullopt;

  // A young entity has the history it has: what lies before its first row is no half to judge a
  // season on.
  const Eigen::Index skipped = present.front();
  const TimeGrid grid{whole_grid.at(static_cast<std::size_t>(skipped)), whole_grid.step,
                      static_cast<std::size_t>(present.back() - skipped) + 1};
  const forest::ConstMatrixRef raw =
      whole.middleRows(skipped, static_cast<Eigen::Index>(grid.size));
  for (Eigen::Index& row : present) row -= skipped;

  ContextModel context = fit_context(grid, raw, spec.season);
  const forest::Matrix rows = rows_of(context_rows(context, grid, raw), present);
  const forest::TrainOptions options =
      options_of(spec, present.size(), static_cast<std::size_t>(rows.cols()));
  const bool wide = spec.features.size() >= kWideFeatures;
  const auto kept = without_worst(rows, wide ? kTrimmedOfWide : kTrimmed, options);
  const forest::Matrix usual = rows_of(rows, kept);
  forest::Trained trained = forest::train_with_draws(usual, options);
  const std::vector<double> scores = forest::out_of_sample_scores(trained, usual, options.threads);
  std::vector<UsualRange> ranges;
  for (std::size_t c = 0; c < context.columns.size(); ++c) {
    ranges.push_back(range_of(context, c, usual));
  }
  const double usual_score = forest::quantile(scores, wide ? kUsualQuantileOfWide : kUsualQuantile);

  // Every row, those left out included: an alert in history is one, whatever it was.
  std::vector<TimePoint> times;
  std::vector<double> all(static_cast<std::size_t>(rows.rows()));
  trained.forest.score(rows, all, options.threads);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double* row = rows.row(static_cast<Eigen::Index>(i)).data();
    all[i] = joined_score(all[i], separation(ranges, {row, ranges.size()}));
    times.push_back(grid.at(static_cast<std::size_t>(present[i])));
  }
  for (std::size_t i = 0; i < kept.size(); ++i) all[static_cast<std::size_t>(kept[i])] = scores[i];
  const ActivityRule rule{.novelty = spec.novelty, .hysteresis = spec.hysteresis};

  return EntityModel{
      .context = std::move(context),
      .ranges = std::move(ranges),
      .forest = std::move(trained.forest),
      .usual_score = usual_score,
      .alert_rates = alert_rates(times, all, usual_score, rule),
      .first = grid.start,
      .last = grid.last(),
      .rows = present.size(),
      // One row short of the season is the whole season: the last row ends its step.
      .ready = present.size() >= kMinReadyRows && std::isfinite(usual_score) &&
               grid.last() - grid.start + grid.step >= ready_span(spec),
  };
}

std::optional<RowScore> score_row(const EntityModel& model, TimePoint at,
                                  const forest::ConstMatrixRef& window,
                                  std::span<const double> raw) {
  const auto present = std::ranges::count_if(raw, [](double v) { return std::isfinite(v); });
  if (present == 0) return std::nullopt;
  std::vector<double> row(model.context.columns.size());
  model.context.fill(at, window, raw, row);
  return RowScore{
      .score = joined_score(model.forest.score_row(row), separation(model.ranges, row)),
      .coverage = static_cast<double>(present) / static_cast<double>(raw.size()),
  };
}

}  // namespace exporter
