// run_cycle: one scoring cycle of one detector at one time; live scoring, tests and replays call
// the same function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "exporter/detector/live.h"
#include "exporter/detector/report.h"
#include "exporter/model/explainer.h"
#include "exporter/model/trained_model.h"
#include "exporter/promql/source.h"

namespace exporter {

/// One feature's part in an entity's anomaly.
struct TopContribution {
  std::uint32_t feature = 0;  ///< its place in ScoreBatch::features
  double share = 0;           ///< above 0, up to 1
};

/// How many contributions a batch keeps of one entity.
inline constexpr std::size_t kTopContributions = 5;

/// The verdict on one entity.
struct EntityScore {
  Labels entity;
  double score = 0;
  double threshold = 1;
  double coverage = 0;
  bool ready = false;     ///< false: warming, never detected
  bool detected = false;  ///< ready and score > threshold
  bool active = false;
  /// Of detected and active entities: the features with the largest shares, largest first, at most
  /// kTopContributions. All shares of a row sum to 1; empty when nothing drives the score.
  std::vector<TopContribution> contributions = {};

  /// Returns (score - threshold) / (1 - threshold); 0 at the threshold, 1 at a score of 1, negative
  /// below.
  double severity() const;
};

/// A batch as it stands on /metrics; exporter/metrics/rendered_scores.h.
struct RenderedScores;

/// Everything that one cycle found, of one instant.
struct ScoreBatch {
  TimePoint at;        ///< the time that was scored
  TimePoint finished;  ///< when it was published
  std::vector<EntityScore>
      scores;                ///< sorted by entity; entities without data or model are left out
  std::size_t entities = 0;  ///< entities with data, scored or not
  std::vector<std::string> features = {};  ///< in config order
  forest::Matrix values = {};    ///< [scores x features] as observed; NaN for a missing feature
  forest::Matrix expected = {};  ///< [scores x features] what each usually is for that entity at
                                 ///< that time; NaN when it never had a value
  std::shared_ptr<const RenderedScores> rendered = {};  ///< made once by Observer::render
};

/// The entities of a batch that are explained in one cycle, those of the highest severity: a fleet
/// that turns anomalous as a whole must not delay its own scores.
inline constexpr std::size_t kExplainedPerCycle = 100;

/// Fetches what is missing since the last cycle (on the first one: a context window), joins, scores
/// the newest row of each entity and updates `live`. `live` is unchanged when the source or
/// join fails.
/// @param model  may be null: nothing is scored, but the recent past is kept
/// @param explainers  say why detected and active entities are; null: nobody asks
/// @param at     on the detector's grid, later than live.last
/// @param report gains the queries, skipped entities and started alerts
/// Errors: those of the source and of join, prefixed with the feature; data (reason no_data) when
/// nothing matched.
Result<ScoreBatch> run_cycle(const DetectorSpec& spec, const LimitsConfig& limits,
                             const TrainedModel* model, LiveState& live, const SeriesSource& source,
                             TimePoint at, std::stop_token stop, CycleReport& report,
                             Explainers* explainers = nullptr);

/// Runs each feature's query on the grid and reports it. Errors: the first one, prefixed with the
/// feature's name.
Result<std::vector<SeriesFrame>> fetch_features(const DetectorSpec& spec,
                                                const SeriesSource& source, const TimeGrid& grid,
                                                std::stop_token stop,
                                                std::vector<QueryReport>& reports);

/// Returns the newest time of the detector's grid whose data can be complete: floor((now - offset)
/// / interval) * interval.
TimePoint evaluation_time(const DetectorSpec& spec, Duration query_offset, TimePoint now);

}  // namespace exporter
