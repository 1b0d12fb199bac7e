// Rolling mean and standard deviation of a feature over several scales.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace exporter {

/// Lengths of the windows in steps, each ending with the row itself: from a spike to a shift that
/// lasts for hours (at steps of a minute) or days (at steps of an hour).
inline constexpr std::array<std::size_t, 4> kScales{3, 12, 48, 192};

/// Mean and standard deviation (of the population) over the values of one window.
struct Rolling {
  double mean = 0;
  double deviation = 0;  ///< NaN for fewer than two values
};

/// Computes both for each scale. Sums are of differences to the newest value, so that a large level
/// costs no precision, and a constant has its very value as mean and a deviation of 0.
/// @param series  values at consecutive steps, oldest first, the row itself last; NaN for a gap; at
///                least one, and those beyond the longest scale are not looked at
/// @return        NaN throughout when the newest value is a gap
std::array<Rolling, kScales.size()> rolling(std::span<const double> series);

}  // namespace exporter
