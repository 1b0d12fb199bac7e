// Valid values: what lies outside of a feature's range is no data.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "exporter/features/join.h"

namespace exporter {

/// Makes a gap of a value outside of its feature's range. @param row [features]
/// @return  how many were
std::size_t drop_invalid(const DetectorSpec& spec, std::span<double> row);

/// The same for all rows. @return  feature -> values dropped; features without any are left out
std::map<std::string, std::size_t> drop_invalid(const DetectorSpec& spec, FeatureMatrix& matrix);

}  // namespace exporter
