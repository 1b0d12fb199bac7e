// run_training: history -> TrainedModel; and when it is due.
#pragma once

#include <optional>
#include <set>
#include <stop_token>

#include "exporter/detector/cycle.h"
#include "exporter/detector/report.h"
#include "exporter/model/trained_model.h"

namespace exporter {

/// What to train: everything on the whole history, or the entities that are young, on theirs.
struct TrainingPlan {
  TimePoint first, last;  ///< range to read, on the detector's grid
  bool full = true;
  std::set<Labels> entities;  ///< when not full
};

/// With `scope: auto` entities share a forest when those of each would take more than this.
inline constexpr std::size_t kForestsBytes = std::size_t{256} << 20;

/// Tells whether that many entities of a detector share a forest.
bool shares_forest(const DetectorSpec& spec, std::size_t entities);

/// Reads the plan's range, trains a model per entity and returns the detector's next model: the new
/// entities beside those of `old` that the plan leaves alone. A full training drops entities that
/// had no data in the history. The history is shortened so that at most `limits.training_samples`
/// are read. Errors: those of the source and of join; data (reason partial) when an answer may lack
/// data.
Result<TrainedModel> run_training(const DetectorSpec& spec, const LimitsConfig& limits,
                                  const TrainingPlan& plan, const TrainedModel* old,
                                  const SeriesSource& source, std::stop_token stop,
                                  TrainingReport& report);

/// Tells what to train at `at`, if anything. Everything: without a model, and each `retrain`. Young
/// entities, those without a ready model: when their data has doubled since their last training
/// (from kMinTrainingRows rows on), and when it first spans ready_span().
std::optional<TrainingPlan> due_training(const DetectorSpec& spec, const TrainedModel* model,
                                         const LiveState& live, TimePoint at);

/// Notes in `live` what a training covered, so that due_training() waits for more data of entities
/// that had too little.
void note_training(const TrainingPlan& plan, LiveState& live);

}  // namespace exporter
