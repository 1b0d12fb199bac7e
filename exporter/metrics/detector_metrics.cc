#include "exporter/metrics/detector_metrics.h"

#include <array>
#include <iterator>
#include <string_view>

namespace exporter {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using LabelMap = std::map<std::string, std::string>;
using Failures = std::map<std::string, Counter*, std::less<>>;

constexpr std::string_view kKinds[] = {"config", "upstream", "data",
                                       "state",  "request",  "internal"};
constexpr std::string_view kQueryReasons[] = {
    "bad_data", "execution", "timeout",   "connection", "auth",     "http", "busy",
    "canceled", "decode",    "too_large", "config",     "upstream", "data", "internal"};
constexpr std::string_view kSuppressions[] = {"aftermath", "direction", "min_deviation",
                                              "min_deviation_ratio"};
constexpr std::string_view kDropReasons[] = {"limit", "no_model", "no_data", "duplicate", "other"};

const Histogram::BucketBoundaries kQuerySeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                0.5,   1,    2.5,   5,    10,  30};
const Histogram::BucketBoundaries kCycleSeconds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                1,    2.5,   5,    10,  30,   60};
const Histogram::BucketBoundaries kTrainingSeconds{0.1, 0.5, 1,   2.5, 5,   10,
                                                   30,  60,  120, 300, 600, 1800};

Counter& counter(Registry& registry, const char* name, const char* help, const LabelMap& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Family<Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

Histogram& histogram(Registry& registry, const char* name, const char* help, const LabelMap& labels,
                     const Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, bounds);
}

template <std::size_t N>
Failures by_reason(Registry& registry, const char* name, const char* help, LabelMap labels,
                   const std::string_view (&reasons)[N]) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  Failures children;
  for (const auto reason : reasons) {
    labels["reason"] = reason;
    children.emplace(reason, &family.Add(labels));
  }
  return children;
}

/// Counts under the error's reason where that is one of the set, else under its kind.
void count(const Failures& failures, const forest::Error& error) {
  auto found = failures.find(error.label());
  if (found == failures.end()) found = failures.find(to_string(error.kind));
  if (found == failures.end()) found = failures.find("internal");
  if (found != failures.end()) found->second->Increment();
}

void append(std::vector<prometheus::MetricFamily>& out,
            std::vector<prometheus::MetricFamily> families) {
  out.insert(out.end(), std::make_move_iterator(families.begin()),
             std::make_move_iterator(families.end()));
}

LabelMap feature_labels(const std::string& detector, const std::string& feature) {
  return {{"detector", detector}, {"feature", feature}};
}

}  // namespace

FeatureMetrics::FeatureMetrics(const std::string& detector, const std::string& feature,
                               bool has_values)
    : queries_(counter(registry_, "anomaly_exporter_queries_total",
                       "Queries sent for a feature, failed ones included.",
                       feature_labels(detector, feature))),
      warnings_(counter(registry_, "anomaly_exporter_query_warnings_total",
                        "Warnings that came with query answers.",
                        feature_labels(detector, feature))),
      partial_(counter(registry_, "anomaly_exporter_partial_responses_total",
                       "Query answers from which data may be missing.",
                       feature_labels(detector, feature))),
      samples_(counter(registry_, "anomaly_exporter_query_samples_total",
                       "Samples received in query answers.", feature_labels(detector, feature))),
      duration_(histogram(registry_, "anomaly_exporter_query_duration_seconds",
                          "Time from a query to its parsed answer.",
                          feature_labels(detector, feature), kQuerySeconds)),
      failures_(by_reason(registry_, "anomaly_exporter_query_failures_total",
                          "Queries without a usable answer, by reason.",
                          feature_labels(detector, feature), kQueryReasons)) {
  if (!has_values) return;
  auto labels = feature_labels(detector, feature);
  labels["reason"] = "range";
  invalid_ = &counter(registry_, "anomaly_exporter_values_dropped_total",
                      "Values of a feature treated as missing, by reason.", labels);
}

void FeatureMetrics::count_invalid(std::size_t values) {
  if (invalid_ != nullptr) invalid_->Increment(static_cast<double>(values));
}

void FeatureMetrics::record(const QueryReport& report) {
  queries_.Increment();
  duration_.Observe(report.seconds);
  warnings_.Increment(static_cast<double>(report.warnings));
  samples_.Increment(static_cast<double>(report.samples));
  if (report.partial) partial_.Increment();
  if (report.error) count(failures_, *report.error);
}

void FeatureMetrics::collect(std::vector<prometheus::MetricFamily>& out) const {
  append(out, registry_.Collect());
}

DetectorMetrics::DetectorMetrics(const DetectorSpec& spec)
    : labels_{{"detector", spec.name}},
      evaluations_(counter(registry_, "anomaly_exporter_evaluations_total",
                           "Scoring cycles of a detector, failed ones included.", labels_)),
      missed_(counter(registry_, "anomaly_exporter_evaluations_missed_total",
                      "Cycles that were still waiting or running when the next one was due.",
                      labels_)),
      trainings_(counter(registry_, "anomaly_exporter_trainings_total",
                         "Trainings of a detector, failed ones included.", labels_)),
      alerts_(counter(registry_, "anomaly_exporter_alerts_total", "Entities that became active.",
                      labels_)),
      saves_(counter(registry_, "anomaly_exporter_state_saves_total",
                     "Model files written, failed ones included.", labels_)),
      loads_(counter(registry_, "anomaly_exporter_state_loads_total",
                     "Model files read, failed ones included.", labels_)),
      evaluation_duration_(histogram(registry_, "anomaly_exporter_evaluation_duration_seconds",
                                     "Duration of a scoring cycle, its queries included.", labels_,
                                     kCycleSeconds)),
      training_duration_(histogram(registry_, "anomaly_exporter_training_duration_seconds",
                                   "Duration of a training, its queries included.", labels_,
                                   kTrainingSeconds)),
      evaluation_interval_(
          gauges(registry_, "anomaly_exporter_evaluation_interval_seconds",
                 "Configured time between two scoring cycles: /metrics shows the latest one.")
              .Add(labels_)),
      training_interval_(gauges(registry_, "anomaly_exporter_training_interval_seconds",
                                "Configured time between two trainings.")
                             .Add(labels_)),
      last_evaluation_(gauges(registry_,
                              "anomaly_exporter_last_evaluation_success_timestamp_seconds",
                              "When a scoring cycle last gave scores, in unix seconds.")),
      last_training_(gauges(registry_, "anomaly_exporter_last_training_success_timestamp_seconds",
                            "When the model in use was trained, in unix seconds.")),
      model_rows_(gauges(registry_, "anomaly_exporter_model_rows",
                         "Rows that the model in use was trained on.")),
      budget_(gauges(registry_, "anomaly_exporter_alert_budget_per_day",
                     "Configured alerts a day that are accepted per entity; without a budget there "
                     "is no series.")),
      evaluation_failures_(by_reason(registry_, "anomaly_exporter_evaluation_failures_total",
                                     "Scoring cycles without scores, by reason.", labels_, kKinds)),
      training_failures_(by_reason(registry_, "anomaly_exporter_training_failures_total",
                                   "Trainings without a model, by reason.", labels_, kKinds)),
      save_failures_(by_reason(registry_, "anomaly_exporter_state_save_failures_total",
                               "Model files that could not be written, by reason.", labels_,
                               kKinds)),
      load_failures_(by_reason(registry_, "anomaly_exporter_state_load_failures_total",
                               "Model files that could not be used, by reason.", labels_, kKinds)),
      dropped_(by_reason(registry_, "anomaly_exporter_series_dropped_total",
                         "Entities left out of a scoring cycle, by reason.", labels_,
                         kDropReasons)),
      suppressed_(by_reason(registry_, "anomaly_exporter_detections_suppressed_total",
                            "Scores over the threshold that are not detected, by reason.", labels_,
                            kSuppressions)) {
  configure(spec);
}

void DetectorMetrics::configure(const DetectorSpec& spec) {
  evaluation_interval_.Set(to_seconds(spec.interval));
  training_interval_.Set(to_seconds(spec.retrain));
  auto& budget = budget_.Add(labels_);
  if (spec.alert_budget) {
    budget.Set(*spec.alert_budget);
  } else {
    budget_.Remove(&budget);
  }
  std::map<std::string, std::unique_ptr<FeatureMetrics>> kept;
  const auto keep = [&](const std::string& name, bool has_values) {
    auto& slot = kept[name];
    const auto old = features_.find(name);
    if (old != features_.end() && old->second->has_values() == has_values) {
      slot = std::move(old->second);
    } else {
      slot = std::make_unique<FeatureMetrics>(spec.name, name, has_values);
    }
  };
  for (const auto& feature : spec.features) keep(feature.name, true);
  if (!spec.presence.empty()) keep(std::string(kPresenceQuery), false);
  features_ = std::move(kept);
}

void DetectorMetrics::record_queries(const std::vector<QueryReport>& queries) {
  for (const auto& query : queries) {
    const auto found = features_.find(query.feature);
    if (found != features_.end()) found->second->record(query);
  }
}

void DetectorMetrics::record(const CycleReport& report) {
  record_queries(report.queries);
  evaluations_.Increment();
  missed_.Increment(static_cast<double>(report.missed));
  alerts_.Increment(static_cast<double>(report.alerts_started));
  evaluation_duration_.Observe(report.seconds);
  for (const auto& [reason, entities] : report.entities_skipped) {
    const auto found = dropped_.find(reason);
    (found == dropped_.end() ? dropped_.find("other") : found)
        ->second->Increment(static_cast<double>(entities));
  }
  for (const auto& [reason, rows] : report.suppressed) {
    const auto found = suppressed_.find(reason);
    if (found != suppressed_.end()) found->second->Increment(static_cast<double>(rows));
  }
  for (const auto& [feature, values] : report.values_dropped) {
    const auto found = features_.find(feature);
    if (found != features_.end()) found->second->count_invalid(values);
  }
  if (report.error) {
    count(evaluation_failures_, *report.error);
  } else {
    last_evaluation_.Add(labels_).Set(to_seconds(report.finished));
  }
}

void DetectorMetrics::record(const TrainingReport& report) {
  record_queries(report.queries);
  trainings_.Increment();
  training_duration_.Observe(report.seconds);
  if (report.error) {
    count(training_failures_, *report.error);
  } else {
    set_model(report.model_rows, report.trained_at);
  }
}

void DetectorMetrics::record(const StateReport& report) {
  (report.save ? saves_ : loads_).Increment();
  if (report.error) count(report.save ? save_failures_ : load_failures_, *report.error);
}

void DetectorMetrics::count_duplicates(std::size_t entities) {
  dropped_.find("duplicate")->second->Increment(static_cast<double>(entities));
}

void DetectorMetrics::set_model(std::size_t rows, TimePoint trained_at) {
  model_rows_.Add(labels_).Set(static_cast<double>(rows));
  last_training_.Add(labels_).Set(to_seconds(trained_at));
}

void DetectorMetrics::collect(std::vector<prometheus::MetricFamily>& out) const {
  append(out, registry_.Collect());
  for (const auto& [name, feature] : features_) feature->collect(out);
}

}  // namespace exporter
