// What the routes may ask of the daemon: plain functions filled by App, safe from any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/clock.h"
#include "exporter/http/row_table.h"
#include "exporter/metrics/prediction_metrics.h"
#include "exporter/metrics/rendered_scores.h"
#include "exporter/metrics/results.h"
#include "exporter/model/feature_reason.h"
#include "exporter/promql/series.h"
#include "forest/model.h"
#include "forest/result.h"

namespace exporter {

/// A parsed body of POST /prediction.
struct PredictionRequest {
  std::string model;  ///< detector or model file; "" means the first model file, else detector
  std::optional<Labels> entity;   ///< of a detector; required unless it has exactly one
  std::optional<TimePoint> time;  ///< of a detector: score as if at this time; default: now
  RowTable rows;                  ///< raw features in config order, NaN for a missing one
  bool batch = false;             ///< `feature_vectors` was given: messages count rows from 0
  bool explain = false;
};

/// The answer for one row.
struct Prediction {
  double score = 0;                             ///< the metric's positive score in (0, 1]
  bool is_inlier = true;                        ///< score <= threshold
  std::span<const FeatureReason> reasons = {};  ///< with `explain`: every feature, in order
};

/// Takes what a prediction yields, so that no answer is held twice.
struct PredictionSink {
  std::string model;    ///< receives the name of the model that answers, once it is found
  std::size_t row = 0;  ///< receives the row that an Error of reason `length` is about
  /// Takes the next row's answer; false ends the prediction, which then counts as done.
  std::function<bool(const Prediction&)> take;
};

/// What GET /model_information tells of a detector's model, beyond a model file's.
struct DetectorInformation {
  std::vector<std::string> by;
  double sensitivity = 0;
  TimePoint training_first, training_last, trained_at;
  std::size_t entities = 0;
};

/// What GET /model_information tells of a model.
struct ModelInformation {
  std::string model;
  std::vector<forest::Parameter> parameters = {};  ///< under scikit-learn's names
  std::size_t trees = 0;
  std::vector<std::string> features;
  double threshold = 0;  ///< of a detector with several entities: the median over them
  std::size_t rows = 0;  ///< trained on; 0 when not known
  std::string preset = {}, origin = {};  ///< of a model file
  std::size_t file_bytes = 0;            ///< of a model file
  std::optional<DetectorInformation> detector = {};
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
  std::function<forest::Status()> reload;                          ///< synchronous
  std::function<std::string()> config_yaml;                        ///< secrets masked
  std::function<std::vector<prometheus::MetricFamily>()> collect;  ///< the exporter's own health
  /// The detectors' finished results; may be empty.
  std::function<std::vector<std::shared_ptr<const RenderedScores>>()> results = {};
  /// Answers row by row. Errors besides the above: `too_large`, 413: more work than one request may
  /// cause.
  std::function<forest::Status(const PredictionRequest&, PredictionSink&)> predict;
  std::function<void(const PredictionReport&)> predicted = {};  ///< counts it; may be empty
  std::function<forest::Result<ModelInformation>(const std::string& model)> model_information;
  std::function<std::vector<DetectorStatus>()> detectors;
  std::function<std::vector<ModelInformation>()> model_files = {};  ///< in order; may be empty
  /// The detectors themselves, for /api/v1/; empty: no such routes.
  std::function<std::shared_ptr<const DetectorList>()> detector_list = {};
};

}  // namespace exporter
