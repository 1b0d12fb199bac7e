// replay: one detector over past time, through the functions that serve production.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/detector/cycle.h"
#include "exporter/promql/source.h"

namespace exporter {

/// The verdict on one entity at one time.
struct ScoredPoint {
  TimePoint at;
  double score = 0, threshold = 1;
  float coverage = 0;
  bool ready = false, detected = false, active = false;

  double severity() const;
};

/// The detector as a whole at one time.
struct StepCounts {
  TimePoint at;
  std::size_t entities = 0, active = 0, absent = 0;
};

/// One alert: a run of active points.
struct Alert {
  TimePoint start, end;  ///< first and last active point
  double severity = 0;   ///< the highest
  /// At the first point that has some: the features to blame, largest share first.
  std::vector<TopContribution> reasons = {};
};

/// Everything that a replay found of one entity.
struct EntityTrack {
  Labels entity;
  std::vector<ScoredPoint> points;      ///< times ascend; times without a score are left out
  std::vector<float> values, expected;  ///< [points x features], NaN for a missing feature
  std::vector<Alert> alerts;            ///< times ascend
};

/// Time over which a detector is replayed.
struct ReplayRange {
  TimePoint from, to;  ///< on the detector's grid, both inclusive
};

/// What became of one detector.
struct DetectorReplay {
  DetectorSpec spec;
  ReplayRange range;
  std::vector<EntityTrack> tracks;  ///< by entity; those without any score are left out
  std::vector<StepCounts> steps;    ///< cycles that gave a batch
  std::size_t steps_without_data = 0;
  std::size_t trainings = 0, trainings_failed = 0;
  std::string training_error;  ///< of the last one that failed
  std::size_t absences = 0;    ///< times an entity became absent
};

/// Returns the times of the detector's grid inside [from, to].
ReplayRange replay_range(const DetectorSpec& spec, TimePoint from, TimePoint to);

/// Returns the grid that a replay reads: the range and the history before it.
TimeGrid replay_grid(const DetectorSpec& spec, const ReplayRange& range);

/// Returns the queries that a replay sends.
std::vector<std::string> replay_queries(const DetectorSpec& spec);

/// Runs a cycle at each time of the range. The first training ends one interval before it; later
/// ones come when they are due, after the cycle of their time. A cycle without data is passed over,
/// a training that fails leaves the old model, as in production. The result does not depend on
/// `threads`.
/// @param source    answers on replay_grid()
/// @param progress  called with the steps done; may be empty
/// Errors: those of run_cycle but no_data; upstream (canceled) when stopped.
Result<DetectorReplay> replay(const DetectorSpec& spec, const LimitsConfig& limits,
                              const ReplayRange& range, const SeriesSource& source,
                              std::size_t threads, std::stop_token stop,
                              const std::function<void(std::size_t)>& progress = {});

}  // namespace exporter
