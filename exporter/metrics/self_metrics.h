// SelfMetrics: anomaly_exporter_*, the exporter's own health, fed by plain calls.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/clock.h"
#include "exporter/config/config.h"
#include "exporter/detector/report.h"

namespace exporter {

/// Counts what cycles, trainings, state files, reloads and requests did. Every known child exists
/// at 0 from set_detectors() on; timestamps appear once they are known. Labels: `detector`,
/// `feature` where a query is meant, a closed `reason` on failures. Safe from any thread.
class SelfMetrics final : public prometheus::Collectable {
 public:
  SelfMetrics();
  ~SelfMetrics() override;
  SelfMetrics(const SelfMetrics&) = delete;
  SelfMetrics& operator=(const SelfMetrics&) = delete;

  /// Takes the detectors in force: new ones start at 0, kept ones keep their counts, vanished ones
  /// (and vanished features) leave no series behind, and reports about them are ignored from here
  /// on.
  /// @param datasource  URL of the series source, shown as label of `up`; credentials in it are cut
  /// out
  void set_detectors(const std::vector<DetectorSpec>& detectors, const std::string& datasource,
                     const LimitsConfig& limits);

  void record(const CycleReport& report);
  void record(const TrainingReport& report);
  void record(const StateReport& report);
  /// Counts entities that /metrics leaves out as their labels read as another one's.
  void record_duplicates(std::string_view detector, std::size_t entities);
  /// Tells of a model read from the state at start: its rows, and when it was trained.
  void record_restored(std::string_view detector, std::size_t rows, TimePoint trained_at);
  /// Counts a reload; `now` becomes the time of the last good one when `ok`. The start counts as
  /// the first reload.
  void record_reload(bool ok, TimePoint now);
  /// Counts a finished HTTP request. `handler` must come from a closed set: the path of a route, or
  /// `other`.
  void record_request(std::string_view handler, int code, double seconds);

  /// Returns the families; names can repeat (one family per detector): render() merges them.
  std::vector<prometheus::MetricFamily> collect() const { return Collect(); }
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace exporter
