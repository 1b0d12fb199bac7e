// What the HTTP routes may ask, answered from the published snapshots.
#pragma once

#include "exporter/config/config.h"
#include "exporter/detector/published.h"
#include "exporter/http/services.h"
#include "exporter/metrics/prediction_metrics.h"
#include "exporter/metrics/results.h"
#include "exporter/model/model_files.h"

namespace exporter {

/// What the routes read. All must outlive the services.
struct Snapshots {
  const Published<Config>& config;
  const Published<DetectorList>& detectors;
  const Published<ModelFiles>& models;
};

/// Completes `base` (ready, reload, collect) with what reads the snapshots. @param metrics  count
/// predictions; must outlive the result
Services make_services(Snapshots from, PredictionMetrics& metrics, Services base);

}  // namespace exporter
