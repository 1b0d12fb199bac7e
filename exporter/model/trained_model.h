// TrainedModel: what a detector knows about its entities, and scoring one row with it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exporter/features/context.h"
#include "exporter/features/join.h"
#include "exporter/model/alert_rates.h"
#include "exporter/model/usual_range.h"
#include "forest/isolation_forest.h"

namespace exporter {

/// What was learned from the history of one entity.
struct EntityModel {
  ContextModel context;
  std::vector<UsualRange> ranges;  ///< [columns]
  /// Over context rows, its own or one that entities share; without the columns of relations then.
  std::shared_ptr<const forest::IsolationForest> forest;
  double usual_score = 1;  ///< a high quantile of the scores that training rows get from trees that
                           ///< did not draw them: 99.6 %, of a wide entity 99 %
  AlertRates alert_rates;
  TimePoint first, last;  ///< times of the first and last training row
  std::size_t rows = 0;   ///< training rows with at least one feature
  bool ready = false;     ///< false: warming; scored and shown, never detected
};

/// Every entity of a detector. Immutable once published.
struct TrainedModel {
  std::uint64_t spec_checksum = 0;  ///< DetectorSpec::training_checksum() it was trained for
  std::vector<std::string> features;
  TimePoint trained_at;  ///< end of the last full training; zero when there was none
  std::map<Labels, std::shared_ptr<const EntityModel>> entities;
  /// The forest that entities to come will share; null when each has its own.
  std::shared_ptr<const forest::IsolationForest> shared;

  /// Returns the model of an entity, or null.
  const EntityModel* find(const Labels& entity) const;
  /// Returns the training rows of all entities.
  std::size_t rows() const;
};

/// An entity is ready once it has this many rows ...
inline constexpr std::size_t kMinReadyRows = 256;
/// ... that span the shortest season of its detector.
Duration ready_span(const DetectorSpec& spec);

/// Returns the score above which a row is detected: q + sensitivity (1 - q), q being the usual
/// score; with an alert budget the sensitivity that would have kept to it.
double threshold_of(const EntityModel& model, const DetectorSpec& spec);

/// The verdict on one row.
struct RowScore {
  double score = 0;     ///< (0, 1], higher is more anomalous
  double coverage = 0;  ///< share of the features present
};

/// Joins the score of a forest, 2^(-E[h] / c(n)), and the separation p of the most displaced
/// column: 2^(-(1 - p) E[h] / c(n)).
double joined_score(double forest_score, double separation);

/// Scores one row beside its recent past: 2^(-(1 - p) E[h] / c(n)). E[h] is the range-aware mean
/// path length of the forest; p is the separation probability of the most displaced column, with
/// which the walk ends at the root. It is asked of columns that were constant, where no cut could
/// be made, and of all columns of an entity that is not wide: there a single displaced feature
/// would drown among columns that trees ask for as often. Source: Guha et al., "Robust Random Cut
/// Forest Based Anomaly Detection on Streams", ICML 2016 (separation probability).
/// @param window  [0..kContextWindow x features] the steps right before it, oldest first, NaN for
///                a gap
/// @param raw     [features], NaN for a missing one
/// @return        nothing when no feature is present
std::optional<RowScore> score_row(const EntityModel& model, TimePoint at,
                                  const forest::ConstMatrixRef& window,
                                  std::span<const double> raw);

}  // namespace exporter
