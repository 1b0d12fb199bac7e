// DetectorMetrics: the own-health series of one detector, in a registry of their own so that they
// vanish with it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/detector/report.h"

namespace exporter {

/// Series with labels `detector` and `feature`: one feature's queries. Not thread-safe, as its
/// owner locks.
class FeatureMetrics {
 public:
  /// @param has_values  false for a query that is no feature's
  FeatureMetrics(const std::string& detector, const std::string& feature, bool has_values);
  void record(const QueryReport& report);
  void count_invalid(std::size_t values);
  bool has_values() const { return invalid_ != nullptr; }
  void collect(std::vector<prometheus::MetricFamily>& out) const;

 private:
  prometheus::Registry registry_;
  prometheus::Counter &queries_, &warnings_, &partial_, &samples_;
  prometheus::Histogram& duration_;
  std::map<std::string, prometheus::Counter*, std::less<>> failures_;
  prometheus::Counter* invalid_ = nullptr;  ///< null for a query that is no feature's
};

/// Series with label `detector`. Not thread-safe, as its owner locks.
class DetectorMetrics {
 public:
  explicit DetectorMetrics(const DetectorSpec& spec);
  /// Takes the intervals and the features of a reloaded spec of the same name.
  void configure(const DetectorSpec& spec);
  void record(const CycleReport& report);
  void record(const TrainingReport& report);
  void record(const StateReport& report);
  void count_duplicates(std::size_t entities);
  void set_model(std::size_t rows, TimePoint trained_at);
  void collect(std::vector<prometheus::MetricFamily>& out) const;

 private:
  using Failures = std::map<std::string, prometheus::Counter*, std::less<>>;
  void record_queries(const std::vector<QueryReport>& queries);

  prometheus::Registry registry_;
  std::map<std::string, std::string> labels_;
  prometheus::Counter &evaluations_, &missed_, &trainings_, &alerts_, &saves_, &loads_;
  prometheus::Histogram &evaluation_duration_, &training_duration_;
  prometheus::Gauge &evaluation_interval_, &training_interval_;
  prometheus::Family<prometheus::Gauge>&last_evaluation_, &last_training_, &model_rows_, &budget_;
  Failures evaluation_failures_, training_failures_, save_failures_, load_failures_, dropped_,
      suppressed_;
  std::map<std::string, std::unique_ptr<FeatureMetrics>> features_;
};

}  // namespace exporter
