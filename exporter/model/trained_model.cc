#include "exporter/model/trained_model.h"

#include <algorithm>
#include <cmath>

#include "forest/threshold.h"
#include "forest/train.h"

namespace exporter {
namespace {

// The measure that keeps telling 100x the training maximum from 1.01x of it.
constexpr auto kMeasure = forest::Measure::range_aware;
constexpr double kUsualQuantile = 0.99;

// Of the training rows, this share lies beyond each end of the usual range.
constexpr double kBeyondRange = 0.0001;
// Columns are in units of the usual deviation: a constant one counts as if it moved by that much.
constexpr double kLeastWidth = 1.0;

std::vector<UsualRange> usual_ranges(const forest::Matrix& rows) {
  std::vector<UsualRange> ranges;
  std::vector<double> column(static_cast<std::size_t>(rows.rows()));
  for (Eigen::Index c = 0; c < rows.cols(); ++c) {
    for (Eigen::Index i = 0; i < rows.rows(); ++i) column[static_cast<std::size_t>(i)] = rows(i, c);
    ranges.push_back(
        {forest::quantile(column, kBeyondRange), forest::quantile(column, 1 - kBeyondRange)});
  }
  return ranges;
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

}  // namespace

double UsualRange::separation(double value) const {
  const double gap = std::max(low - value, value - high);
  const double width = std::max(high - low, kLeastWidth);
  return gap > 0 ? gap / (gap + width) : 0;
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

double threshold_of(const EntityModel& model, double sensitivity) {
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
  forest::Matrix rows = context_rows(context, grid, raw);
  if (present.size() < static_cast<std::size_t>(rows.rows())) {
    for (std::size_t i = 0; i < present.size(); ++i) {
      rows.row(static_cast<Eigen::Index>(i)) = rows.row(present[i]);
    }
    rows.conservativeResize(static_cast<Eigen::Index>(present.size()), Eigen::NoChange);
  }

  // At most half of the rows per tree, so that each row has trees that have not seen it.
  const forest::TrainOptions options{.trees = spec.forest.trees,
                                     .sample = std::min(spec.forest.sample, present.size() / 2),
                                     .seed = spec.forest.seed,
                                     .measure = kMeasure};
  forest::Trained trained = forest::train_with_draws(rows, options);
  std::vector<double> scores = forest::out_of_sample_scores(trained, rows, options.threads);
  std::vector<UsualRange> ranges = usual_ranges(rows);
  const auto width = static_cast<std::size_t>(rows.cols());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double* row = rows.row(static_cast<Eigen::Index>(i)).data();
    scores[i] = joined_score(scores[i], separation(ranges, {row, width}));
  }
  const double usual_score = forest::quantile(scores, kUsualQuantile);

  return EntityModel{
      .context = std::move(context),
      .ranges = std::move(ranges),
      .forest = std::move(trained.forest),
      .usual_score = usual_score,
      .first = grid.start,
      .last = grid.last(),
      .rows = present.size(),
      // One row short of the season is the whole season: the last row ends its step.
      .ready = present.size() >= kMinReadyRows && std::isfinite(usual_score) &&
               grid.last() - grid.start + grid.step >= ready_span(spec),
  };
}

std::optional<RowScore> score_row(const EntityModel& model, TimePoint at,
                                  const forest::ConstMatrixRef& window, bool adjacent,
                                  std::span<const double> raw) {
  const auto present = std::ranges::count_if(raw, [](double v) { return std::isfinite(v); });
  if (present == 0) return std::nullopt;
  std::vector<double> levels(raw.size());
  std::vector<double> row(model.context.columns.size());
  model.context.levels(at, raw, levels);
  model.context.fill(window, adjacent, levels, raw, row);
  return RowScore{
      .score = joined_score(model.forest.score_row(row), separation(model.ranges, row)),
      .coverage = static_cast<double>(present) / static_cast<double>(raw.size()),
  };
}

}  // namespace exporter
