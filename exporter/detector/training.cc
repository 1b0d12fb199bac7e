#include "exporter/detector/training.h"

#include <algorithm>

#include "exporter/detector/valid_values.h"
#include "exporter/log.h"
#include "exporter/model/entity_training.h"
#include "exporter/model/history_rows.h"
#include "exporter/model/shared_training.h"
#include "exporter/model/usual_forest.h"

namespace exporter {
namespace {

TimePoint floor_to(TimePoint at, Duration step) {
  return TimePoint{at.time_since_epoch() / step * step};
}

// How many points of history may be read so that all series together stay under the limit.
Result<std::size_t> affordable_points(const DetectorSpec& spec, const LimitsConfig& limits,
                                      const TrainingPlan& plan, const SeriesSource& source,
                                      std::stop_token stop) {
  std::vector<QueryReport> probes;
  auto frames = fetch_features(spec, source, TimeGrid::instant(plan.last), stop, probes);
  if (!frames) return std::move(frames).error();
  std::size_t series = 0;
  for (const SeriesFrame& frame : *frames) series += frame.labels.size();
  return limits.training_samples / std::max<std::size_t>(1, series);
}

// An entity without data for a whole training interval, and no longer told as absent, has left; its
// model would only take memory.
bool seen_lately(const DetectorSpec& spec, const FeatureMatrix& matrix, std::size_t entity) {
  const Duration longest = std::max(spec.retrain, spec.absence.forget);
  const auto rows = static_cast<Eigen::Index>(longest / spec.interval) + 1;
  const auto values = matrix.rows(entity);
  return values.bottomRows(std::min(rows, values.rows())).array().isFinite().any();
}

// The places in the matrix of those that the plan names and that are still there, at most as many
// as there may be.
std::vector<std::size_t> entities_to_train(const DetectorSpec& spec, const LimitsConfig& limits,
                                           const TrainingPlan& plan, const FeatureMatrix& matrix) {
  std::vector<std::size_t> wanted;
  for (std::size_t e = 0; e < matrix.entities.size(); ++e) {
    if (wanted.size() == limits.entities_per_detector) break;
    if (!plan.full && !plan.entities.contains(matrix.entities[e])) continue;
    if (seen_lately(spec, matrix, e)) wanted.push_back(e);
  }
  return wanted;
}

// Those that are young do as the others.
bool plan_shares_forest(const DetectorSpec& spec, const TrainingPlan& plan, const TrainedModel* old,
                        std::size_t entities) {
  if (plan.full || old == nullptr) return shares_forest(spec, entities);
  return old->shared != nullptr || shares_forest(spec, old->entities.size() + entities);
}

using Models = std::vector<std::optional<EntityModel>>;

Models train_apart(const DetectorSpec& spec, const FeatureMatrix& matrix,
                   const std::vector<std::size_t>& wanted, std::stop_token stop) {
  Models models(wanted.size());
  for (std::size_t i = 0; i < wanted.size() && !stop.stop_requested(); ++i) {
    models[i] = train_entity(spec, matrix.grid, matrix.rows(wanted[i]));
  }
  return models;
}

// Young entities take the forest that is there, unless most of the fleet is young.
Models train_together(const DetectorSpec& spec, const TrainingPlan& plan, const TrainedModel* old,
                      const FeatureMatrix& matrix, const std::vector<std::size_t>& wanted,
                      std::stop_token stop) {
  std::vector<forest::ConstMatrixRef> histories;
  histories.reserve(wanted.size());
  for (const std::size_t e : wanted) histories.push_back(matrix.rows(e));
  const bool joins = !plan.full && old != nullptr && old->shared != nullptr &&
                     2 * wanted.size() <= old->entities.size();
  return train_shared(spec, matrix.grid, histories, joins ? old->shared : nullptr, stop);
}

}  // namespace

Result<TrainedModel> run_training(const DetectorSpec& spec, const LimitsConfig& limits,
                                  const TrainingPlan& plan, const TrainedModel* old,
                                  const SeriesSource& source, std::stop_token stop,
                                  TrainingReport& report) {
  const auto points = affordable_points(spec, limits, plan, source, stop);
  if (!points) return points.error();
  const auto longest =
      spec.interval * static_cast<Duration::rep>(std::max(*points, kMinTrainingRows));
  const TimeGrid grid =
      TimeGrid::range(std::max(plan.first, plan.last - longest), plan.last, spec.interval);
  if (plan.last - longest > plan.first) {
    log::warn("History shortened by limits.training_samples",
              {{"detector", spec.name},
               {"asked", format_duration(plan.last - plan.first)},
               {"read", format_duration(longest)},
               {"enough_to_be_ready", longest >= ready_span(spec)}});
  }

  auto frames = fetch_features(spec, source, grid, stop, report.queries);
  if (!frames) return std::move(frames).error();
  auto joined = join(*frames, spec);
  if (!joined) return std::move(joined).error();
  drop_invalid(spec, *joined);
  frames->clear();
  frames->shrink_to_fit();
  if (joined->partial) {
    return Error{ErrorKind::data,
                 "an answer may lack data (see the query's warnings); not trained on", "partial"};
  }

  TrainedModel next;
  next.spec_checksum = spec.training_checksum();
  next.features = joined->features;
  if (plan.full) next.trained_at = plan.last;
  if (!plan.full && old != nullptr) {
    next.trained_at = old->trained_at;
    next.entities = old->entities;
    next.shared = old->shared;
  }
  const auto wanted = entities_to_train(spec, limits, plan, *joined);
  const bool shared = plan_shares_forest(spec, plan, old, wanted.size());
  auto models = shared ? train_together(spec, plan, old, *joined, wanted, stop)
                       : train_apart(spec, *joined, wanted, stop);
  if (stop.stop_requested()) return Error{ErrorKind::upstream, "stopped", "canceled"};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!models[i]) continue;
    ++report.entities;
    report.rows += models[i]->rows;
    if (shared) next.shared = models[i]->forest;
    next.entities[joined->entities[wanted[i]]] =
        std::make_shared<const EntityModel>(*std::move(models[i]));
  }
  if (plan.full && old != nullptr && !old->entities.empty() && next.entities.empty()) {
    return Error{ErrorKind::data, "the history is empty; the old model stays", "no_data"};
  }
  return next;
}

bool shares_forest(const DetectorSpec& spec, std::size_t entities) {
  if (spec.scope != Scope::automatic) return spec.scope == Scope::shared;
  return entities * forest_bytes(spec) > kForestsBytes;
}

std::optional<TrainingPlan> due_training(const DetectorSpec& spec, const TrainedModel* model,
                                         const LiveState& live, TimePoint at) {
  const TimePoint oldest = floor_to(at - spec.history, spec.interval);
  // A model from the future was trained before the clock was set back.
  if (model == nullptr || at - model->trained_at >= spec.retrain ||
      model->trained_at - at >= spec.retrain) {
    return TrainingPlan{.first = oldest, .last = at, .full = true, .entities = {}};
  }
  TrainingPlan plan{.first = at, .last = at, .full = false, .entities = {}};
  const Duration enough = spec.interval * static_cast<Duration::rep>(kMinTrainingRows);
  for (const auto& [entity, state] : live.entities) {
    const EntityModel* known = model->find(entity);
    if (known != nullptr && known->ready) continue;
    const TimePoint first =
        known != nullptr ? std::min(state.first_seen, known->first) : state.first_seen;
    const TimePoint covered =
        known != nullptr ? std::max(state.last_trained, known->last) : state.last_trained;
    const Duration span = at - first + spec.interval;
    const Duration known_span = covered < first ? Duration{0} : covered - first + spec.interval;
    const bool doubled = span >= std::max(enough, known_span * 2);
    const Duration needed =
        std::max(ready_span(spec), spec.interval * static_cast<Duration::rep>(kMinReadyRows));
    const bool becomes_ready = span >= needed && known_span < needed;
    if (!doubled && !becomes_ready) continue;
    plan.entities.insert(entity);
    plan.first = std::min(plan.first, std::max(oldest, first));
  }
  if (plan.entities.empty()) return std::nullopt;
  return plan;
}

void note_training(const TrainingPlan& plan, LiveState& live) {
  for (auto& [entity, state] : live.entities) {
    if (plan.full || plan.entities.contains(entity)) state.last_trained = plan.last;
  }
}

}  // namespace exporter
