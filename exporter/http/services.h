// What the routes may ask of the daemon: plain functions filled by App, safe from any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exporter/clock.h"
#include "exporter/model/feature_reason.h"
#include "exporter/promql/series.h"
#include "forest/result.h"

namespace exporter {

/// A parsed body of POST /prediction.
struct PredictionRequest {
  std::string model;  ///< detector or model file; "" means the first model file, else detector
  std::optional<Labels> entity;           ///< required unless the detector has exactly one
  std::optional<TimePoint> time;          ///< score as if at this time; default: now
  std::vector<std::vector<double>> rows;  ///< raw features in config order, NaN for a missing one
  bool explain = false;
};

struct Prediction {
  double score = 0;                    ///< the metric's positive score in (0, 1]
  bool is_inlier = true;               ///< score <= threshold
  std::vector<FeatureReason> reasons;  ///< with `explain`: every feature, in the request's order
};

/// What GET /model_information tells of one detector's model.
struct ModelInformation {
  std::string model;
  std::size_t trees = 0, sample = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> features;
  std::vector<std::string> by;
  double threshold = 0;  ///< of the only entity, else the median over entities
  double sensitivity = 0;
  TimePoint training_first, training_last, trained_at;
  std::size_t entities = 0, rows = 0;
};

/// One line of the landing page.
struct DetectorStatus {
  std::string name, state;  ///< warming, ready, stale
  std::size_t entities = 0, active = 0;
};

/// Errors carry kind and reason; the routes map them: reason `model_not_found` and
/// `entity_not_found` give 404, `entity_required` and `length` 422, `not_trained` 503; else by kind
/// as in STYLE.
struct Services {
  std::function<bool()> ready;
  std::function<forest::Status()> reload;    ///< synchronous
  std::function<std::string()> config_yaml;  ///< secrets masked
  std::function<std::vector<prometheus::MetricFamily>()> collect;
  std::function<forest::Result<std::vector<Prediction>>(const PredictionRequest&)> predict;
  std::function<forest::Result<ModelInformation>(const std::string& model)> model_information;
  std::function<std::vector<DetectorStatus>()> detectors;
};

}  // namespace exporter
