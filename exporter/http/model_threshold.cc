#include "exporter/http/model_threshold.h"

#include <vector>

#include "exporter/features/season.h"

namespace exporter {

double median_threshold(const TrainedModel& model, const DetectorSpec& spec) {
  std::vector<double> thresholds;
  thresholds.reserve(model.entities.size());
  for (const auto& [entity, each] : model.entities) {
    thresholds.push_back(threshold_of(*each, spec));
  }
  return median_in_place(thresholds);
}

}  // namespace exporter
