// FeatureReason: one feature's part in a row's score.
#pragma once

#include <string>

namespace exporter {

struct FeatureReason {
  std::string feature;
  double value = 0;         ///< as observed; NaN when missing
  double expected = 0;      ///< what it usually is for that entity at that time; NaN when unknown
  double contribution = 0;  ///< share in the row's anomaly, 0 to 1; all 0 when nothing drives it
};

}  // namespace exporter
