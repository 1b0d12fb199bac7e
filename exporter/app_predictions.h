// POST /prediction and GET /model_information, answered by model files and detectors.
#pragma once

#include <string>

#include "exporter/app_services.h"
#include "exporter/http/services.h"

namespace exporter {

/// Scores the rows of a request with the model file or the detector it names. Errors: request
/// (model_not_found, length, entity_*, time, too_large), data (not_trained).
Status predict(const Snapshots& from, const PredictionRequest& request, PredictionSink& sink);

/// Tells of a model by name; "" as in a prediction. Errors: request (model_not_found), data
/// (not_trained).
Result<ModelInformation> information_of(const Snapshots& from, const std::string& name);

}  // namespace exporter
