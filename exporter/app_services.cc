#include "exporter/app_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace exporter {
namespace {

Result<std::shared_ptr<Detector>> find_detector(const Published<DetectorList>& detectors,
                                                const std::string& name) {
  const auto list = detectors.get();
  for (const auto& detector : *list) {
    if (name.empty() || detector->spec().name == name) return detector;
  }
  return Error{ErrorKind::request, fmt::format("no detector named {}", name), "model_not_found"};
}

Result<ModelInformation> information_of(const Detector& detector) {
  const DetectorSpec& spec = detector.spec();
  const auto model = detector.model();
  if (model == nullptr || model->entities.empty()) {
    return Error{ErrorKind::data, fmt::format("detector {} is not trained yet", spec.name),
                 "not_trained"};
  }
  ModelInformation info;
  info.model = spec.name;
  info.trees = spec.forest.trees;
  info.sample = spec.forest.sample;
  info.seed = spec.forest.seed;
  info.features = model->features;
  info.by = spec.by;
  info.sensitivity = spec.sensitivity;
  info.trained_at = model->trained_at;
  info.entities = model->entities.size();
  info.rows = model->rows();
  info.training_first = TimePoint::max();
  info.training_last = TimePoint::min();
  std::vector<double> thresholds;
  for (const auto& [entity, entity_model] : model->entities) {
    info.training_first = std::min(info.training_first, entity_model->first);
    info.training_last = std::max(info.training_last, entity_model->last);
    thresholds.push_back(threshold_of(*entity_model, spec.sensitivity));
  }
  info.threshold = median_in_place(thresholds);
  return info;
}

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

}  // namespace

Services make_services(const Published<Config>& config, const Published<DetectorList>& detectors,
                       Services base) {
  base.config_yaml = [&config] { return to_yaml(*config.get()); };
  base.detectors = [&detectors] { return status_of(*detectors.get()); };
  base.model_information = [&detectors](const std::string& name) -> Result<ModelInformation> {
    auto detector = find_detector(detectors, name);
    if (!detector) return std::move(detector).error();
    return information_of(**detector);
  };
  base.predict = [&detectors](const PredictionRequest& request) -> Result<std::vector<Prediction>> {
    auto detector = find_detector(detectors, request.model);
    if (!detector) return std::move(detector).error();
    const auto scores = (*detector)->predict(request.entity, request.rows);
    if (!scores) return scores.error();
    std::vector<Prediction> predictions;
    for (const auto& [score, threshold] : *scores) {
      predictions.push_back({.score = score, .is_inlier = score <= threshold, .reasons = {}});
    }
    return predictions;
  };
  return base;
}

}  // namespace exporter
