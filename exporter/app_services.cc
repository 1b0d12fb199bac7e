#include "exporter/app_services.h"

#include <algorithm>
#include <utility>

#include "exporter/app_predictions.h"

namespace exporter {
namespace {

std::vector<DetectorStatus> status_of(const DetectorList& detectors) {
  std::vector<DetectorStatus> all;
  for (const auto& detector : detectors) {
    DetectorStatus status{.name = detector->spec().name,
                          .state = std::string(to_string(detector->state()))};
    if (const auto batch = detector->batch()) {
      status.entities = batch->entities;
      status.active =
          static_cast<std::size_t>(std::ranges::count_if(batch->scores, &EntityScore::active));
    }
    all.push_back(std::move(status));
  }
  return all;
}

std::vector<ModelInformation> files_of(const Snapshots& from) {
  std::vector<ModelInformation> all;
  for (const auto& file : *from.models.get()) {
    if (auto information = information_of(from, file->spec().name))
      all.push_back(std::move(*information));
  }
  return all;
}

}  // namespace

Services make_services(Snapshots from, PredictionMetrics& metrics, Services base) {
  base.config_yaml = [from] { return to_yaml(*from.config.get()); };
  base.detector_list = [from] { return from.detectors.get(); };
  base.detectors = [from] { return status_of(*from.detectors.get()); };
  base.model_files = [from] { return files_of(from); };
  base.model_information = [from](const std::string& name) { return information_of(from, name); };
  base.predict = [from](const PredictionRequest& request, PredictionSink& sink) {
    return predict(from, request, sink);
  };
  base.predicted = [&metrics](const PredictionReport& report) { metrics.record(report); };
  return base;
}

}  // namespace exporter
