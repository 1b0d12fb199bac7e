#include "exporter/model/alert_rates.h"

#include <algorithm>
#include <cmath>

namespace exporter {
namespace {

std::size_t alerts(std::span<const TimePoint> times, std::span<const double> scores,
                   double threshold, const ActivityRule& rule) {
  Activity activity;
  std::size_t count = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) continue;
    count += activity.update(rule, times[i], scores[i], scores[i] > threshold) ? 1 : 0;
  }
  return count;
}

}  // namespace

double AlertRates::sensitivity_for(double budget_per_day) const {
  const auto within = std::ranges::find_if(per_day, [&](double r) { return r <= budget_per_day; });
  const auto step = std::min<std::ptrdiff_t>(within - per_day.begin(), kSteps - 1);
  return static_cast<double>(step) / kSteps;
}

AlertRates alert_rates(std::span<const TimePoint> times, std::span<const double> scores,
                       double usual_score, const ActivityRule& rule) {
  AlertRates rates;
  if (times.size() < 2) return rates;
  const double days = to_seconds(times.back() - times.front()) / to_seconds(std::chrono::hours(24));
  double most = 0;  // from the highest sensitivity down
  for (std::size_t i = AlertRates::kSteps; i-- > 0;) {
    const double sensitivity = static_cast<double>(i) / AlertRates::kSteps;
    const double threshold = usual_score + sensitivity * (1 - usual_score);
    most = std::max(most, static_cast<double>(alerts(times, scores, threshold, rule)) / days);
    rates.per_day[i] = most;
  }
  return rates;
}

}  // namespace exporter
