#include "exporter/metrics/results.h"

#include <algorithm>
#include <string>
#include <utility>

namespace exporter {

std::vector<std::shared_ptr<const RenderedScores>> latest_results(const DetectorList& detectors) {
  std::vector<std::pair<std::string_view, std::shared_ptr<const RenderedScores>>> named;
  for (const auto& detector : detectors) {
    const auto batch = detector->batch();
    if (batch == nullptr || batch->rendered == nullptr) continue;
    named.emplace_back(detector->spec().name, batch->rendered);
  }
  std::ranges::sort(named, {}, [](const auto& each) { return each.first; });
  std::vector<std::shared_ptr<const RenderedScores>> results;
  for (auto& [name, rendered] : named) results.push_back(std::move(rendered));
  return results;
}

prometheus::MetricFamily detector_states(const DetectorList& detectors) {
  prometheus::MetricFamily family;
  family.name = "anomaly_exporter_detector_state";
  family.help = "1 for the state the detector is in: warming, ready or stale.";
  family.type = prometheus::MetricType::Gauge;
  for (const auto& detector : detectors) {
    const DetectorState current = detector->state();
    for (const auto each : {DetectorState::warming, DetectorState::ready, DetectorState::stale}) {
      auto& metric = family.metric.emplace_back();
      metric.label = {{"detector", detector->spec().name}, {"state", std::string(to_string(each))}};
      metric.gauge.value = each == current ? 1 : 0;
    }
  }
  return family;
}

LimitsConfig limits_per_detector(const Config& config) {
  LimitsConfig limits = config.limits;
  const std::size_t detectors = std::max<std::size_t>(1, config.detectors.size());
  const std::size_t share = limits.series / kSeriesPerEntity / detectors;
  limits.entities_per_detector =
      std::min(limits.entities_per_detector, std::max<std::size_t>(1, share));
  return limits;
}

RenderLimits render_limits(const Config& config) {
  const std::size_t detectors = std::max<std::size_t>(1, config.detectors.size());
  return {.series = config.limits.series / detectors,
          .feature_series = config.limits.feature_series / detectors};
}

std::size_t expected_series(const Config& config, std::size_t entities, std::size_t features) {
  const bool by_feature = entities * features <= render_limits(config).feature_series;
  // Contributions are those of active entities alone.
  return entities * (kSeriesPerEntity + (by_feature ? 2 * features : 0));
}

}  // namespace exporter
