// What a feature usually is at a time of the day or week, learned only where the season explains
// it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "exporter/calendar.h"

namespace exporter {

/// A periodic expectation: median and spread of the history in each of evenly spaced bins of one
/// period, read with linear interpolation between bin centres. Without bins both are the same
/// at all times.
struct SeasonProfile {
  Duration period{0};  ///< 0: no season
  /// Medians; bin i covers [i, i + 1) * period / bins.size(). In full precision: a value that
  /// repeats shall not deviate at all.
  std::vector<double> bins;
  std::vector<float> spreads;  ///< median absolute deviations from the expectation, by bin, as a
                               ///< share of `spread`; at least a half
  double level = 0;            ///< median of the whole history; NaN when the history is all gaps
  double spread = 1;  ///< median absolute deviation from the expectation, whole history; never 0

  /// Returns what the value usually is at `at`.
  double expected(LocalPoint at) const;
  /// Returns how far it usually is from that at `at`; above 0.
  double usual_deviation(LocalPoint at) const;
};

/// What one feature was.
struct FeatureHistory {
  std::span<const LocalPoint> times;  ///< [n] a step apart, but for what a calendar makes of them
  Duration step{0};
  std::span<const double> values;  ///< [n], NaN for a gap
};

/// Learns the profile of one feature. Each period, shortest first, is learned on the first half of
/// the history and judged on the second: it is taken when it shrinks the median absolute deviation
/// to `kSeasonGain` of the best so far, the first being that around the median. A period needs to
/// fit into each half.
SeasonProfile fit_season(const FeatureHistory& history, std::span<const Duration> periods);

/// How far a season must shrink the spread of unseen history to be used.
inline constexpr double kSeasonGain = 0.7;

/// Returns the median of the finite values, NaN when there is none. Reorders `values`.
double median_in_place(std::vector<double>& values);

}  // namespace exporter
