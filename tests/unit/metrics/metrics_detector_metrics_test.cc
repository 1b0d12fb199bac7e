#include <catch2/catch.hpp>

#include "exporter/metrics/detector_metrics.h"
#include "exporter/metrics/exposition.h"

using namespace exporter;

namespace {

DetectorSpec spec(std::vector<std::string> features) {
  DetectorSpec made;
  made.name = "node";
  for (auto& name : features) made.features.push_back({std::move(name), "up", MissingPolicy::gap});
  return made;
}

forest::Error error(forest::ErrorKind kind, std::string reason) {
  return {kind, "failed", std::move(reason)};
}

CycleReport cycle(std::vector<QueryReport> queries = {}) {
  CycleReport report;
  report.detector = "node";
  report.queries = std::move(queries);
  return report;
}

QueryReport query(double seconds, std::optional<forest::Error> failure = std::nullopt) {
  QueryReport report;
  report.feature = "cpu";
  report.seconds = seconds;
  report.error = std::move(failure);
  return report;
}

TrainingReport training(double seconds) {
  TrainingReport report;
  report.detector = "node";
  report.seconds = seconds;
  return report;
}

std::string shown(const DetectorMetrics& metrics) {
  std::vector<prometheus::MetricFamily> families;
  metrics.collect(families);
  return render(std::move(families), ExpositionFormat::text);
}

bool has(const DetectorMetrics& metrics, const std::string& line) {
  const std::string text = shown(metrics);
  const auto at = text.find(line + "\n");
  return at != std::string::npos && (at == 0 || text[at - 1] == '\n');
}

}  // namespace

TEST_CASE("a query's answer and failure are counted by feature and reason", "[metrics]") {
  DetectorMetrics metrics(spec({"cpu"}));
  auto good = query(0.2);
  good.samples = 40;
  good.warnings = 2;
  good.partial = true;
  metrics.record(cycle({good, query(9, error(forest::ErrorKind::upstream, "timeout")),
                        query(0, error(forest::ErrorKind::data, "never heard of"))}));
  CHECK(has(metrics, R"(anomaly_exporter_queries_total{detector="node",feature="cpu"} 3)"));
  CHECK(has(
      metrics,
      R"(anomaly_exporter_query_failures_total{detector="node",feature="cpu",reason="timeout"} 1)"));
  CHECK(has(
      metrics,
      R"(anomaly_exporter_query_failures_total{detector="node",feature="cpu",reason="data"} 1)"));
  CHECK(has(
      metrics,
      R"(anomaly_exporter_query_failures_total{detector="node",feature="cpu",reason="bad_data"} 0)"));
  CHECK(has(metrics, R"(anomaly_exporter_query_warnings_total{detector="node",feature="cpu"} 2)"));
  CHECK(
      has(metrics, R"(anomaly_exporter_partial_responses_total{detector="node",feature="cpu"} 1)"));
  CHECK(has(metrics, R"(anomaly_exporter_query_samples_total{detector="node",feature="cpu"} 40)"));
  CHECK(has(
      metrics,
      R"(anomaly_exporter_query_duration_seconds_bucket{detector="node",feature="cpu",le="0.25"} 2)"));
  CHECK(shown(metrics).find("never heard of") == std::string::npos);
}

TEST_CASE("a cycle counts misses, alerts and skipped entities; only a good one sets the time",
          "[metrics]") {
  DetectorMetrics metrics(spec({"cpu"}));
  CHECK(shown(metrics).find("last_evaluation_success") == std::string::npos);
  auto failed = cycle();
  failed.error = error(forest::ErrorKind::upstream, "timeout");
  failed.missed = 2;
  metrics.record(failed);
  CHECK(shown(metrics).find("last_evaluation_success") == std::string::npos);
  auto good = cycle();
  good.finished = TimePoint(std::chrono::milliseconds(1500));
  good.alerts_started = 3;
  good.entities_skipped = {{"limit", 4}, {"unheard", 1}};
  metrics.record(good);
  CHECK(has(metrics, R"(anomaly_exporter_evaluations_total{detector="node"} 2)"));
  CHECK(has(metrics, R"(anomaly_exporter_evaluations_missed_total{detector="node"} 2)"));
  CHECK(has(metrics,
            R"(anomaly_exporter_evaluation_failures_total{detector="node",reason="upstream"} 1)"));
  CHECK(has(metrics,
            R"(anomaly_exporter_last_evaluation_success_timestamp_seconds{detector="node"} 1.5)"));
  CHECK(has(metrics, R"(anomaly_exporter_alerts_total{detector="node"} 3)"));
  CHECK(has(metrics, R"(anomaly_exporter_series_dropped_total{detector="node",reason="limit"} 4)"));
  CHECK(has(metrics, R"(anomaly_exporter_series_dropped_total{detector="node",reason="other"} 1)"));
  CHECK(has(metrics, R"(anomaly_exporter_evaluation_interval_seconds{detector="node"} 60)"));
}

TEST_CASE("a training sets rows and time when it gave a model, else counts the reason",
          "[metrics]") {
  DetectorMetrics metrics(spec({"cpu"}));
  auto failed = training(2);
  failed.error = error(forest::ErrorKind::data, "rows");
  metrics.record(failed);
  CHECK(shown(metrics).find("model_rows") == std::string::npos);
  auto good = training(3);
  good.finished = TimePoint(std::chrono::seconds(9));
  good.rows = 32;  // of one young entity
  good.model_rows = 900;
  good.trained_at = TimePoint(std::chrono::seconds(7));
  metrics.record(good);
  CHECK(has(metrics, R"(anomaly_exporter_trainings_total{detector="node"} 2)"));
  CHECK(
      has(metrics, R"(anomaly_exporter_training_failures_total{detector="node",reason="data"} 1)"));
  CHECK(has(metrics, R"(anomaly_exporter_model_rows{detector="node"} 900)"));
  CHECK(has(metrics,
            R"(anomaly_exporter_last_training_success_timestamp_seconds{detector="node"} 7)"));
  CHECK(has(metrics, R"(anomaly_exporter_training_duration_seconds_sum{detector="node"} 5)"));
}

TEST_CASE("state files are counted by direction", "[metrics]") {
  DetectorMetrics metrics(spec({"cpu"}));
  metrics.record(StateReport{.detector = "node", .save = true, .error = {}});
  metrics.record(
      StateReport{.detector = "node", .save = true, .error = error(forest::ErrorKind::state, "")});
  metrics.record(
      StateReport{.detector = "node", .save = false, .error = error(forest::ErrorKind::state, "")});
  CHECK(has(metrics, R"(anomaly_exporter_state_saves_total{detector="node"} 2)"));
  CHECK(has(metrics,
            R"(anomaly_exporter_state_save_failures_total{detector="node",reason="state"} 1)"));
  CHECK(has(metrics, R"(anomaly_exporter_state_loads_total{detector="node"} 1)"));
  CHECK(has(metrics,
            R"(anomaly_exporter_state_load_failures_total{detector="node",reason="state"} 1)"));
}

TEST_CASE("a reload drops the series of a vanished feature and keeps the counts of the others",
          "[metrics]") {
  DetectorMetrics metrics(spec({"cpu", "load"}));
  metrics.record(cycle({query(0)}));
  metrics.configure(spec({"cpu", "disk"}));
  CHECK(shown(metrics).find("feature=\"load\"") == std::string::npos);
  CHECK(has(metrics, R"(anomaly_exporter_queries_total{detector="node",feature="cpu"} 1)"));
  CHECK(has(metrics, R"(anomaly_exporter_queries_total{detector="node",feature="disk"} 0)"));
}

TEST_CASE("suppressed detections and dropped values are counted by closed reasons", "[metrics]") {
  DetectorMetrics metrics(spec({"cpu"}));
  const std::string suppressed = "anomaly_exporter_detections_suppressed_total";
  const std::string dropped = "anomaly_exporter_values_dropped_total";
  for (const char* reason : {"direction", "min_deviation", "min_deviation_ratio"}) {
    CHECK(has(metrics, suppressed + "{detector=\"node\",reason=\"" + reason + "\"} 0"));
  }
  auto report = cycle();
  report.suppressed = {{"direction", 2}, {"min_deviation_ratio", 1}};
  report.values_dropped = {{"cpu", 3}, {"vanished", 1}};
  metrics.record(report);
  CHECK(has(metrics, suppressed + R"({detector="node",reason="direction"} 2)"));
  CHECK(has(metrics, suppressed + R"({detector="node",reason="min_deviation_ratio"} 1)"));
  CHECK(has(metrics, dropped + R"({detector="node",feature="cpu",reason="range"} 3)"));
  CHECK(shown(metrics).find("vanished") == std::string::npos);
}

TEST_CASE("the presence query is counted beside the features, without values", "[metrics]") {
  auto with_presence = spec({"cpu"});
  with_presence.presence = "up";
  DetectorMetrics metrics(with_presence);
  auto report = cycle({query(0)});
  report.queries.push_back(query(0, error(forest::ErrorKind::upstream, "timeout")));
  report.queries.back().feature = kPresenceQuery;
  metrics.record(report);
  CHECK(has(metrics, R"(anomaly_exporter_queries_total{detector="node",feature="presence"} 1)"));
  CHECK(has(
      metrics,
      R"(anomaly_exporter_query_failures_total{detector="node",feature="presence",reason="timeout"} 1)"));
  CHECK(shown(metrics).find(R"(values_dropped_total{detector="node",feature="presence")") ==
        std::string::npos);
  metrics.configure(spec({"cpu", "presence"}));
  CHECK(has(metrics, R"(anomaly_exporter_queries_total{detector="node",feature="presence"} 0)"));
  CHECK(has(
      metrics,
      R"(anomaly_exporter_values_dropped_total{detector="node",feature="presence",reason="range"} 0)"));
}

TEST_CASE("an alert budget is shown while there is one", "[metrics]") {
  auto budgeted = spec({"cpu"});
  budgeted.alert_budget = 0.5;
  DetectorMetrics metrics(budgeted);
  CHECK(has(metrics, R"(anomaly_exporter_alert_budget_per_day{detector="node"} 0.5)"));
  metrics.configure(spec({"cpu"}));
  CHECK(shown(metrics).find("anomaly_exporter_alert_budget_per_day{") == std::string::npos);
}
