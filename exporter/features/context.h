// What the forest sees of a row: each feature beside its recent past, its season and its siblings.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exporter/features/relation.h"
#include "exporter/features/rolling.h"
#include "exporter/features/season.h"
#include "exporter/promql/series.h"

namespace exporter {

/// How many steps before a row its context looks at.
inline constexpr std::size_t kContextWindow = kScales.back() - 1;

enum class ContextKind : std::uint8_t {
  value,      ///< as observed
  change,     ///< difference to the step before; missing after a gap
  mean,       ///< rolling mean over a scale
  deviation,  ///< rolling standard deviation over a scale
  season,     ///< (value - expectation) / usual deviation at that time of the season
  relation,   ///< a combination of features that is usually near zero; `feature` is its number in
              ///< Relation
};

/// One column of a context row. All but season and relation are in units of the feature's usual
/// deviation; value and mean are taken from its usual level.
struct ContextColumn {
  std::uint32_t feature = 0;
  ContextKind kind = ContextKind::value;
  std::uint8_t scale = 0;  ///< of mean and deviation: place in kScales
  friend bool operator==(const ContextColumn&, const ContextColumn&) = default;
};

/// Turns the raw features of one entity into context rows: "unusual for this entity at this time",
/// not only "large". Rows of training and of live scoring come from the same function.
struct ContextModel {
  std::shared_ptr<const Calendar> calendar;  ///< of the seasons; null: UTC
  std::vector<SeasonProfile> season;         ///< [features]
  Relation relation;
  std::vector<ContextColumn> columns;  ///< what a context row holds, in order: by feature, then
                                       ///< relations

  std::size_t feature_count() const { return season.size(); }
  /// Returns what time of the seasons it is.
  LocalPoint season_time(TimePoint at) const {
    return calendar ? calendar->season_time(at) : LocalPoint{at.time_since_epoch()};
  }
  /// Returns what a feature usually is at a time, NaN when it never had a value.
  double expected(std::size_t feature, TimePoint at) const {
    return season[feature].expected(season_time(at));
  }
  /// Returns how far a feature usually is from that at a time; above 0.
  double usual_deviation(std::size_t feature, TimePoint at) const {
    return season[feature].usual_deviation(season_time(at));
  }
  /// Writes the context row of `raw`.
  /// @param window  [0..kContextWindow x features] the steps right before it, oldest first, NaN for
  ///                a gap
  /// @param raw     [features] @param out [columns]; NaN where the past does not suffice
  void fill(TimePoint at, const forest::ConstMatrixRef& window, std::span<const double> raw,
            std::span<double> out) const;
};

/// Entities of this many features count as wide: hosts rather than a few metrics.
inline constexpr std::size_t kWideFeatures = 10;

/// Which columns a context has.
enum class ColumnLayout : std::uint8_t {
  own,    ///< those that the entity's history gives something to
  common  ///< the same for all entities, but for relations: one forest can be grown on their rows
};

/// Learns seasons and relation from an entity's history. A wide entity gets no relation: it has too
/// many that hold by chance (measured: twice the false alerts), and cuts through several columns
/// see the others. @param raw [grid.size x features] @param calendar  of the seasons; null: UTC
ContextModel fit_context(const TimeGrid& grid, const forest::ConstMatrixRef& raw,
                         std::span<const Duration> periods, ColumnLayout layout = ColumnLayout::own,
                         std::shared_ptr<const Calendar> calendar = nullptr);

/// Builds the context row of each history row: [grid.size x columns].
forest::Matrix context_rows(const ContextModel& model, const TimeGrid& grid,
                            const forest::ConstMatrixRef& raw);

}  // namespace exporter
