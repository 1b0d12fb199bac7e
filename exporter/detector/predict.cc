// Detector::predict: what raw feature vectors would score.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <utility>

#include "exporter/detector/detector.h"
#include "exporter/detector/valid_values.h"
#include "exporter/time_text.h"

namespace exporter {
namespace {

// Every feature of a row, with its share in the anomaly.
std::vector<FeatureReason> reasons(const DetectorSpec& spec, const Explainer& explainer,
                                   TimePoint at, const forest::Matrix& window,
                                   std::span<const double> row) {
  std::vector<double> shares(row.size());
  explainer.shares(at, window, row, shares);
  const auto expected = expected_row(explainer.model(), at);
  std::vector<FeatureReason> all;
  all.reserve(row.size());
  for (std::size_t f = 0; f < row.size(); ++f) {
    all.push_back({.feature = spec.features[f].name,
                   .value = row[f],
                   .expected = expected[f],
                   .contribution = shares[f]});
  }
  return all;
}

}  // namespace

Result<RecentRows> Detector::recent_of(const Labels& entity,
                                       const std::optional<TimePoint>& time) const {
  RecentRows recent;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = live_.entities.find(entity); found != live_.entities.end()) {
      recent = found->second.recent;
    }
  }
  if (!time) return recent;
  const TimePoint newest = clock_.now();
  if (recent.times().empty()) {
    return Error{
        ErrorKind::request,
        fmt::format("nothing is kept of entity {} yet; leave `time` out", entity.to_string()),
        "time"};
  }
  const TimePoint oldest = recent.times().front() + spec_.interval;
  if (*time < oldest || *time > newest) {
    return Error{
        ErrorKind::request,
        fmt::format("time {} is outside of what is kept of entity {}: {} to {}", to_rfc3339(*time),
                    entity.to_string(), to_rfc3339(oldest), to_rfc3339(newest)),
        "time"};
  }
  return recent;
}

Result<std::vector<RowVerdict>> Detector::predict(const PredictQuery& query) const {
  const auto model = model_.get();
  if (model == nullptr || model->entities.empty()) {
    return Error{ErrorKind::data, fmt::format("detector {} is not trained yet", spec_.name),
                 "not_trained"};
  }
  if (!query.entity && model->entities.size() > 1) {
    return Error{
        ErrorKind::request,
        fmt::format(
            "detector {} has {} entities: say which one in `entity`, an object of the labels {}",
            spec_.name, model->entities.size(), fmt::join(spec_.by, ", ")),
        "entity_required"};
  }
  const Labels& wanted = query.entity ? *query.entity : model->entities.begin()->first;
  const EntityModel* known = model->find(wanted);
  if (known == nullptr) {
    return Error{
        ErrorKind::request,
        fmt::format("detector {} has no trained entity {}", spec_.name, wanted.to_string()),
        "entity_not_found"};
  }
  const TimePoint at = query.time ? evaluation_time(spec_, Duration{0}, *query.time)
                                  : evaluation_time(spec_, query_offset_, clock_.now());
  const auto recent = recent_of(wanted, query.time);
  if (!recent) return recent.error();
  const forest::Matrix window = recent->window(at, spec_.interval, spec_.features.size());
  const double threshold = threshold_of(*known, spec_);
  std::optional<Explainer> explainer;
  if (query.explain) explainer = explainers_.get(model->entities.at(wanted));
  std::vector<RowVerdict> verdicts;
  verdicts.reserve(query.rows.size());
  for (std::vector<double> row : query.rows) {
    if (row.size() != spec_.features.size()) {
      return Error{ErrorKind::request,
                   fmt::format("feature vector has {} values, detector {} has {} features",
                               row.size(), spec_.name, spec_.features.size()),
                   "length"};
    }
    drop_invalid(spec_, row);
    const auto scored = score_row(*known, at, window, row);
    if (!scored) {
      return Error{ErrorKind::request, "feature vector has no finite value", "length"};
    }
    verdicts.push_back({.score = scored->score, .threshold = threshold});
    if (explainer) {
      verdicts.back().reasons = reasons(spec_, *explainer, at, window, row);
    }
  }
  return verdicts;
}

}  // namespace exporter
