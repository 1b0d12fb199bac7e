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

#include "exporter/detector/fetch.h"
#include "exporter/detector/gate.h"
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
  bool detected = false;  ///< ready and score > threshold, and not suppressed
  bool active = false;
  Suppression suppressed = Suppression::none;  ///< why a score over the threshold is not detected
  /// Of detected, active and suppressed entities: the features with the largest shares, largest
  /// first, at most kTopContributions. All shares of a row sum to 1; empty when nothing drives the
  /// score.
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
  std::size_t absent = 0;    ///< entities that are absent
  std::vector<MissingEntity> missing = {};  ///< sorted by entity; as far as the limit of entities
  std::vector<std::string> features = {};   ///< in config order
  forest::Matrix values = {};    ///< [scores x features] as observed; NaN for a missing feature
  forest::Matrix expected = {};  ///< [scores x features] what each usually is for that entity at
                                 ///< that time; NaN when it never had a value
  std::shared_ptr<const RenderedScores> rendered = {};  ///< made once by Observer::render
};

/// The entities of a batch that are explained in one cycle, those of the highest severity: a fleet
/// that turns anomalous as a whole must not delay its own scores.
inline constexpr std::size_t kExplainedPerCycle = 100;

/// Tables for explaining that are kept beside the models of a detector, in bytes: about 40 entities
/// of 100 trees of 256 rows.
inline constexpr std::size_t kExplainerBytes = std::size_t{16} << 20;

/// Fetches what is missing since the last cycle (on the first one: a context window), joins, scores
/// the newest row of each entity, notes who is absent and updates `live`. `live` is unchanged when
/// the source or join fails; when the presence query alone fails, or an answer may lack data,
/// nobody becomes absent.
/// @param model  may be null: nothing is scored, but the recent past is kept
/// @param explainers  say why detected and active entities are; null: nobody asks. A detector with
/// gates (has_gates) needs one for each row over the threshold: without, it makes its own.
/// @param at     on the detector's grid, later than live.last
/// @param report gains the queries, skipped entities, suppressed rows, dropped values, and alerts
/// and absences that started
/// Errors: those of the source and of join, prefixed with the feature; data (reason no_data) when
/// nothing matched and no entity is known to be missing.
Result<ScoreBatch> run_cycle(const DetectorSpec& spec, const LimitsConfig& limits,
                             const TrainedModel* model, const SharedLive& live,
                             const SeriesSource& source, TimePoint at, std::stop_token stop,
                             CycleReport& report, Explainers* explainers = nullptr);

/// Returns what each feature of an entity usually is at a time: [features], NaN when unknown.
std::vector<double> expected_row(const EntityModel& model, TimePoint at);

/// Returns the newest time of the detector's grid whose data can be complete: floor((now - offset)
/// / interval) * interval.
TimePoint evaluation_time(const DetectorSpec& spec, Duration query_offset, TimePoint now);

}  // namespace exporter
