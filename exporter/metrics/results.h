// What the detectors show on /metrics, and how much of it there may be.
#pragma once

#include <prometheus/metric_family.h>

#include <memory>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/detector/detector.h"
#include "exporter/metrics/rendered_scores.h"

namespace exporter {

using DetectorList = std::vector<std::shared_ptr<Detector>>;

/// Returns the latest batch of each detector as it was rendered when it was published, by detector
/// name; batches that are too old are left out. Copies pointers only.
std::vector<std::shared_ptr<const RenderedScores>> latest_results(const DetectorList& detectors);

/// Returns `anomaly_exporter_detector_state` of every detector as it is now.
prometheus::MetricFamily detector_states(const DetectorList& detectors);

/// Returns the limits as each detector gets them: its entities stay under an equal share of
/// `limits.series`.
LimitsConfig limits_per_detector(const Config& config);

/// Returns what each detector may take of `limits.series` and `limits.feature_series`: equal
/// shares.
RenderLimits render_limits(const Config& config);

/// Returns how many series a detector takes at most while no entity is active.
std::size_t expected_series(const Config& config, std::size_t entities, std::size_t features);

}  // namespace exporter
