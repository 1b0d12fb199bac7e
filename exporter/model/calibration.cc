#include "exporter/model/calibration.h"

#include <cmath>
#include <utility>

#include "exporter/model/usual_forest.h"
#include "forest/threshold.h"

namespace exporter {
namespace {

// A wide entity's scores lie closer together.
constexpr double kUsualQuantile = 0.996, kUsualQuantileOfWide = 0.99;

double usual_score_of(const DetectorSpec& spec, std::span<const double> scores,
                      const std::vector<Eigen::Index>& kept) {
  std::vector<double> usual;
  usual.reserve(kept.size());
  for (const Eigen::Index row : kept) usual.push_back(scores[static_cast<std::size_t>(row)]);
  return forest::quantile(usual, is_wide(spec) ? kUsualQuantileOfWide : kUsualQuantile);
}

}  // namespace

EntityModel calibrated(const DetectorSpec& spec, const HistoryRows& history, ContextModel context,
                       const forest::ConstMatrixRef& rows, std::vector<double> scores,
                       const std::vector<Eigen::Index>& kept,
                       std::shared_ptr<const forest::IsolationForest> forest) {
  std::vector<UsualRange> ranges = usual_ranges(context, rows_of(rows, kept));
  std::vector<TimePoint> times;
  times.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double* row = rows.row(static_cast<Eigen::Index>(i)).data();
    scores[i] = joined_score(scores[i], separation(ranges, {row, ranges.size()}));
    times.push_back(history.grid.at(static_cast<std::size_t>(history.present[i])));
  }
  const double usual_score = usual_score_of(spec, scores, kept);
  const ActivityRule rule{.novelty = spec.novelty, .hysteresis = spec.hysteresis};
  const TimeGrid& grid = history.grid;
  return EntityModel{
      .context = std::move(context),
      .ranges = std::move(ranges),
      .forest = std::move(forest),
      .usual_score = usual_score,
      .alert_rates = alert_rates(times, scores, usual_score, rule),
      .first = grid.start,
      .last = grid.last(),
      .rows = history.present.size(),
      // One row short of the season is the whole season: the last row ends its step.
      .ready = history.present.size() >= kMinReadyRows && std::isfinite(usual_score) &&
               grid.last() - grid.start + grid.step >= ready_span(spec),
  };
}

}  // namespace exporter
