// AlertRates: how often an entity would have alerted in its history, by sensitivity.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "exporter/model/activity.h"

namespace exporter {

/// Alerts a day in the training history, had the threshold been of that sensitivity.
struct AlertRates {
  static constexpr std::size_t kSteps = 64;
  /// At sensitivity i / kSteps, never rising with i. A rate below one alert in the length of the
  /// history cannot be told from none.
  std::array<double, kSteps> per_day{};

  /// Returns the lowest sensitivity whose rate is within a budget of alerts a day; the highest when
  /// none is.
  double sensitivity_for(double budget_per_day) const;
};

/// Replays the history through Activity once for each sensitivity.
/// @param times, scores  [n] of the training rows in order, each score by trees that did not draw
///                       the row; NaN scores are passed over
/// @param usual_score    EntityModel::usual_score
AlertRates alert_rates(std::span<const TimePoint> times, std::span<const double> scores,
                       double usual_score, const ActivityRule& rule);

}  // namespace exporter
