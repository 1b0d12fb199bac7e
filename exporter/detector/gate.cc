#include "exporter/detector/gate.h"

#include <algorithm>
#include <cmath>

namespace exporter {
namespace {

bool is_limited(const FeatureSpec& feature) {
  return feature.direction != Direction::both || feature.min_deviation > 0 ||
         feature.min_deviation_ratio > 0;
}

}  // namespace

std::string_view to_string(Suppression suppression) {
  switch (suppression) {
    case Suppression::none: return "";
    case Suppression::direction: return "direction";
    case Suppression::min_deviation: return "min_deviation";
    case Suppression::min_deviation_ratio: return "min_deviation_ratio";
    case Suppression::aftermath: return "aftermath";
  }
  return "";
}

bool has_gates(const DetectorSpec& spec) { return std::ranges::any_of(spec.features, is_limited); }

Suppression judge_deviation(const FeatureSpec& feature, const Deviation& deviation) {
  if (!is_limited(feature)) return Suppression::none;
  const double away = deviation.value - deviation.expected;
  if (!std::isfinite(away)) return Suppression::direction;
  const double noise = kNoise * deviation.usual;
  if ((feature.direction == Direction::up && away <= noise) ||
      (feature.direction == Direction::down && away >= -noise)) {
    return Suppression::direction;
  }
  const double size = std::abs(away);
  if (size < feature.min_deviation) return Suppression::min_deviation;
  if (size < feature.min_deviation_ratio * std::abs(deviation.expected)) {
    return Suppression::min_deviation_ratio;
  }
  return Suppression::none;
}

Suppression judge_row(std::span<const FeatureSpec> features, std::span<const Deviation> row,
                      std::span<const double> shares) {
  const auto largest = std::ranges::max_element(shares);
  for (std::size_t f = 0; f < features.size(); ++f) {
    const bool blamed = shares[f] >= kBlamed * *largest;
    if (blamed && judge_deviation(features[f], row[f]) == Suppression::none) {
      return Suppression::none;
    }
  }
  const auto worst = static_cast<std::size_t>(largest - shares.begin());
  return judge_deviation(features[worst], row[worst]);
}

}  // namespace exporter
