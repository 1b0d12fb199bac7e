// The one threshold that is told of a detector's model.
#pragma once

#include "exporter/model/trained_model.h"

namespace exporter {

/// Returns the median over the entities of `threshold_of`; NaN without entities.
double median_threshold(const TrainedModel& model, const DetectorSpec& spec);

}  // namespace exporter
