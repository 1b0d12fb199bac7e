// The landing page: what this is, where everything is, and how the detectors fare.
#pragma once

#include <string>
#include <vector>

#include "exporter/http/message.h"
#include "exporter/http/services.h"

namespace exporter {

/// Returns `/`: name, version, links relative to the page, detectors with their state, model files.
/// @param telemetry_path  as linked, below the prefix
HttpResponse landing_response(const std::vector<DetectorStatus>& detectors,
                              const std::vector<ModelInformation>& files,
                              const std::string& telemetry_path);

}  // namespace exporter
