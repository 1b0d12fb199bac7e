// Gate: which high scores are worth telling, by direction and size of the deviation that drives
// them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "exporter/config/config.h"

namespace exporter {

/// Why a score over the threshold is not detected.
enum class Suppression : std::uint8_t {
  none,
  direction,
  min_deviation,
  min_deviation_ratio,
  aftermath,  ///< only the anomaly that went before makes the row unusual
};

/// Returns the reason as metrics and the API spell it; "" for none.
std::string_view to_string(Suppression suppression);

/// Tells whether a feature of the detector limits what may be detected. Without such a feature
/// nothing needs judging.
bool has_gates(const DetectorSpec& spec);

/// What a feature is at a time, and what it usually is.
struct Deviation {
  double value = 0;
  double expected = 0;
  double usual = 0;  ///< how far it usually is from its expectation, 0 or more
};

/// Judges one feature: whether it is away from its expectation in an allowed direction, and by both
/// of its minimum deviations. To be on one side takes more than kNoise usual deviations: the sign
/// of noise says nothing. A feature without limits always passes; a value or an expectation that is
/// missing is no deviation for one that has them (`direction`).
Suppression judge_deviation(const FeatureSpec& feature, const Deviation& deviation);

/// Judges a row over the threshold. It passes when one of the features to blame passes; else the
/// reason is that of the feature with the largest share. To blame are those whose share of the
/// anomaly is at least kBlamed of the largest share; all of them when nothing drives the row.
/// @param row, shares  [features]; shares as of Explainer::shares()
Suppression judge_row(std::span<const FeatureSpec> features, std::span<const Deviation> row,
                      std::span<const double> shares);

/// Median absolute deviations, about two standard deviations.
inline constexpr double kNoise = 3;

/// Shares are spread thin over features that moved by chance; those must not carry an anomaly past
/// the limits of the feature that did.
inline constexpr double kBlamed = 0.25;

}  // namespace exporter
