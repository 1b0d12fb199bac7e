#include "exporter/detector/valid_values.h"

#include <cmath>
#include <limits>

namespace exporter {
namespace {

bool drop(const FeatureSpec& feature, double& value) {
  if (!feature.range || std::isnan(value) || feature.range->contains(value)) return false;
  value = std::numeric_limits<double>::quiet_NaN();
  return true;
}

}  // namespace

std::size_t drop_invalid(const DetectorSpec& spec, std::span<double> row) {
  std::size_t dropped = 0;
  for (std::size_t f = 0; f < row.size(); ++f) dropped += drop(spec.features[f], row[f]) ? 1 : 0;
  return dropped;
}

std::map<std::string, std::size_t> drop_invalid(const DetectorSpec& spec, FeatureMatrix& matrix) {
  std::map<std::string, std::size_t> dropped;
  for (std::size_t f = 0; f < spec.features.size(); ++f) {
    if (!spec.features[f].range) continue;
    std::size_t count = 0;
    for (double& value : matrix.values.col(static_cast<Eigen::Index>(f))) {
      count += drop(spec.features[f], value) ? 1 : 0;
    }
    if (count > 0) dropped.emplace(spec.features[f].name, count);
  }
  return dropped;
}

}  // namespace exporter
