#include "exporter/features/season.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace exporter {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr Duration kDay = std::chrono::hours(24);

// A quarter of an hour for days, an hour for weeks, never finer than the samples.
std::size_t bin_count(Duration period, Duration step) {
  const Duration width = period <= kDay ? std::chrono::minutes(15) : std::chrono::hours(1);
  return static_cast<std::size_t>(std::max<Duration::rep>(1, period / std::max(width, step)));
}

// A quiet hour is not allowed to make its noise look enormous.
constexpr double kLeastSpread = 0.5;

Duration phase(LocalPoint at, Duration period) {
  const auto rest = at.time_since_epoch() % period;
  return rest < Duration{0} ? rest + period : rest;
}

std::size_t bin_of(LocalPoint at, Duration period, std::size_t count) {
  const auto bin = phase(at, period).count() * static_cast<Duration::rep>(count) / period.count();
  return std::min(static_cast<std::size_t>(bin), count - 1);
}

// Reads `bins` between their centres, as a circle.
template <typename T>
double interpolate(const std::vector<T>& bins, Duration since_start, Duration period) {
  const double position =
      to_seconds(since_start) / to_seconds(period) * static_cast<double>(bins.size()) - 0.5;
  const double floor = std::floor(position);
  const auto count = static_cast<std::ptrdiff_t>(bins.size());
  const auto left = (static_cast<std::ptrdiff_t>(floor) + count) % count;
  const double a = static_cast<double>(bins[static_cast<std::size_t>(left)]);
  const double b = static_cast<double>(bins[static_cast<std::size_t>((left + 1) % count)]);
  return a + (b - a) * (position - floor);
}

std::vector<double> deviations(const FeatureHistory& history, std::size_t first, std::size_t last,
                               const SeasonProfile& profile) {
  std::vector<double> found;
  found.reserve(last - first);
  for (std::size_t t = first; t < last; ++t) {
    if (std::isfinite(history.values[t]))
      found.push_back(std::abs(history.values[t] - profile.expected(history.times[t])));
  }
  return found;
}

double median_deviation(const FeatureHistory& history, std::size_t first, std::size_t last,
                        const SeasonProfile& profile) {
  auto found = deviations(history, first, last, profile);
  return median_in_place(found);
}

// The median of each bin; `fallback` for an empty one.
std::vector<double> medians(std::vector<std::vector<double>>& members, double fallback) {
  std::vector<double> found;
  for (auto& member : members) {
    const double median = median_in_place(member);
    found.push_back(std::isnan(median) ? fallback : median);
  }
  return found;
}

// The median of the history per bin.
SeasonProfile fit_expectation(const FeatureHistory& history, std::size_t first, std::size_t last,
                              Duration period) {
  SeasonProfile profile;
  std::vector<double> all(history.values.begin() + static_cast<std::ptrdiff_t>(first),
                          history.values.begin() + static_cast<std::ptrdiff_t>(last));
  profile.level = median_in_place(all);
  if (period == Duration{0} || std::isnan(profile.level)) return profile;
  std::vector<std::vector<double>> members(bin_count(period, history.step));
  for (std::size_t t = first; t < last; ++t) {
    if (std::isfinite(history.values[t]))
      members[bin_of(history.times[t], period, members.size())].push_back(history.values[t]);
  }
  profile.period = period;
  profile.bins = medians(members, profile.level);
  return profile;
}

// The usual deviation from that, per bin. A constant history has the deviation of its few other
// values, or 1.
void fit_spread(const FeatureHistory& history, SeasonProfile& profile) {
  auto all = deviations(history, 0, history.times.size(), profile);
  double mean = 0;
  for (const double deviation : all) mean += deviation / static_cast<double>(all.size());
  const double median = median_in_place(all);
  profile.spread = median > 0 ? median : mean;
  // A constant has no scale of its own: a hundredth of its value stands in, and 1 for a constant 0.
  if (!(profile.spread > 0))
    profile.spread = profile.level != 0 ? std::abs(profile.level) / 100 : 1;
  if (profile.bins.empty()) return;
  std::vector<std::vector<double>> members(profile.bins.size());
  for (std::size_t t = 0; t < history.times.size(); ++t) {
    if (!std::isfinite(history.values[t])) continue;
    members[bin_of(history.times[t], profile.period, members.size())].push_back(
        std::abs(history.values[t] - profile.expected(history.times[t])));
  }
  for (const double spread : medians(members, profile.spread)) {
    profile.spreads.push_back(static_cast<float>(std::max(kLeastSpread, spread / profile.spread)));
  }
}

}  // namespace

double median_in_place(std::vector<double>& values) {
  values.erase(
      std::remove_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }),
      values.end());
  if (values.empty()) return kNaN;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  const double below = *std::max_element(values.begin(), middle);
  return below + (*middle - below) / 2;
}

double SeasonProfile::expected(LocalPoint at) const {
  return bins.empty() ? level : interpolate(bins, phase(at, period), period);
}

double SeasonProfile::usual_deviation(LocalPoint at) const {
  return spreads.empty() ? spread : spread * interpolate(spreads, phase(at, period), period);
}

SeasonProfile fit_season(const FeatureHistory& history, std::span<const Duration> periods) {
  const std::size_t half = history.times.size() / 2;
  Duration best{0};
  double best_deviation = median_deviation(history, half, history.times.size(),
                                           fit_expectation(history, 0, half, Duration{0}));
  for (const Duration period : periods) {
    if (history.step * static_cast<Duration::rep>(half) < period) continue;
    const double deviation = median_deviation(history, half, history.times.size(),
                                              fit_expectation(history, 0, half, period));
    if (deviation < kSeasonGain * best_deviation) {
      best = period;
      best_deviation = deviation;
    }
  }
  SeasonProfile profile = fit_expectation(history, 0, history.times.size(), best);
  fit_spread(history, profile);
  return profile;
}

}  // namespace exporter
