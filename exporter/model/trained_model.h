// TrainedModel: what a detector knows about its entities; training it, and scoring one row with it.
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
#include "forest/isolation_forest.h"

namespace exporter {

/// What the rows trained on hold of a context column.
struct UsualRange {
  double low = 0, high = 0;
  double width = 0;  ///< of the range it counts as; infinite for a column left to the forest

  /// Returns gap / (gap + width), the probability that a cut over a range of that width stretched
  /// to hold the value parts it from the rows; 0 inside the range and for NaN.
  double separation(double value) const;
};

/// What was learned from the history of one entity.
struct EntityModel {
  ContextModel context;
  std::vector<UsualRange> ranges;  ///< [columns]
  forest::IsolationForest forest;  ///< over context rows
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

  /// Returns the model of an entity, or null.
  const EntityModel* find(const Labels& entity) const;
  /// Returns the training rows of all entities.
  std::size_t rows() const;
};

/// Fewer rows than this are no history: the entity gets no model yet.
inline constexpr std::size_t kMinTrainingRows = 32;
/// An entity is ready once it has this many rows ...
inline constexpr std::size_t kMinReadyRows = 256;
/// ... that span the shortest season of its detector.
Duration ready_span(const DetectorSpec& spec);

/// Returns the score above which a row is detected: q + sensitivity (1 - q), q being the usual
/// score; with an alert budget the sensitivity that would have kept to it.
double threshold_of(const EntityModel& model, const DetectorSpec& spec);

/// Trains the model of one entity from its history: context, forest and usual score. The rows that
/// a first, smaller forest scores highest (0.3 %, of a wide entity 3 %) are left out of the second:
/// a past incident shall not become usual. Forests are range-aware; of kWideFeatures or more
/// features each cut is a hyperplane of three columns, and trees grow until each row is alone.
/// @param raw  [grid.size x features], NaN for a gap
/// @return     nothing when fewer than kMinTrainingRows rows have a value
std::optional<EntityModel> train_entity(const DetectorSpec& spec, const TimeGrid& grid,
                                        const forest::ConstMatrixRef& raw);

/// The verdict on one row.
struct RowScore {
  double score = 0;     ///< (0, 1], higher is more anomalous
  double coverage = 0;  ///< share of the features present
};

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
