#include "exporter/model/trained_model.h"

#include <algorithm>
#include <cmath>

namespace exporter {

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

double joined_score(double forest_score, double separation) {
  return std::pow(forest_score, 1 - separation);
}

std::optional<RowScore> score_row(const EntityModel& model, TimePoint at,
                                  const forest::ConstMatrixRef& window,
                                  std::span<const double> raw) {
  const auto present = std::ranges::count_if(raw, [](double v) { return std::isfinite(v); });
  if (present == 0) return std::nullopt;
  std::vector<double> row(model.context.columns.size());
  model.context.fill(at, window, raw, row);
  const auto columns = std::span<const double>(row).first(model.forest->feature_count());
  return RowScore{
      .score = joined_score(model.forest->score_row(columns), separation(model.ranges, row)),
      .coverage = static_cast<double>(present) / static_cast<double>(raw.size()),
  };
}

}  // namespace exporter
