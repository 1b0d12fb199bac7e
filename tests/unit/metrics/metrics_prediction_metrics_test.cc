#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "exporter/metrics/exposition.h"
#include "exporter/metrics/prediction_metrics.h"

using namespace exporter;
using std::chrono::microseconds;

namespace {

std::string rendered(const PredictionMetrics& metrics) {
  std::vector<prometheus::MetricFamily> families;
  metrics.collect(families);
  return render(families, ExpositionFormat::text);
}

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("every child is there at 0 from the start, and so is unknown", "[metrics]") {
  PredictionMetrics metrics;
  metrics.set_models({"mean_sd"});
  const auto text = rendered(metrics);
  for (const std::string model : {"mean_sd", "unknown"}) {
    for (const std::string outcome :
         {"ok", "invalid", "not_found", "too_large", "unavailable", "error"}) {
      CHECK(has(text, "anomaly_exporter_prediction_requests_total{model=\"" + model +
                          "\",outcome=\"" + outcome + "\"} 0"));
    }
    for (const std::string verdict : {"inlier", "outlier"}) {
      CHECK(has(text, "anomaly_exporter_prediction_rows_total{model=\"" + model + "\",verdict=\"" +
                          verdict + "\"} 0"));
    }
    CHECK(has(text, "anomaly_exporter_prediction_score_count{model=\"" + model + "\"} 0"));
    CHECK(
        has(text, "anomaly_exporter_prediction_duration_seconds_count{model=\"" + model + "\"} 0"));
  }
}

TEST_CASE("a report counts the request, its latency, and each row", "[metrics]") {
  PredictionMetrics metrics;
  metrics.set_models({"mean_sd"});
  ScoreTally scores;
  scores.add(0.5, true);
  scores.add(0.42, true);
  scores.add(1.0, false);
  metrics.record({"mean_sd", 200, microseconds(30), scores});
  const auto text = rendered(metrics);
  CHECK(
      has(text, "anomaly_exporter_prediction_requests_total{model=\"mean_sd\",outcome=\"ok\"} 1"));
  CHECK(
      has(text, "anomaly_exporter_prediction_rows_total{model=\"mean_sd\",verdict=\"inlier\"} 2"));
  CHECK(
      has(text, "anomaly_exporter_prediction_rows_total{model=\"mean_sd\",verdict=\"outlier\"} 1"));
  CHECK(has(text, "anomaly_exporter_prediction_score_bucket{model=\"mean_sd\",le=\"0.4\"} 0"));
  CHECK(has(text, "anomaly_exporter_prediction_score_bucket{model=\"mean_sd\",le=\"0.5\"} 2"));
  CHECK(has(text, "anomaly_exporter_prediction_score_bucket{model=\"mean_sd\",le=\"+Inf\"} 3"));
  CHECK(has(text, "anomaly_exporter_prediction_score_sum{model=\"mean_sd\"} 1.92"));
  CHECK(
      has(text,
          "anomaly_exporter_prediction_duration_seconds_bucket{model=\"mean_sd\",le=\"5e-05\"} 1"));
  CHECK(has(
      text,
      "anomaly_exporter_prediction_duration_seconds_bucket{model=\"mean_sd\",le=\"2.5e-05\"} 0"));
}

TEST_CASE("outcomes are a closed set, and a name that is not configured counts as unknown",
          "[metrics]") {
  PredictionMetrics metrics;
  metrics.set_models({"m"});
  const std::map<int, std::string> outcomes{
      {422, "invalid"},     {400, "invalid"},     {404, "not_found"}, {413, "too_large"},
      {429, "unavailable"}, {503, "unavailable"}, {500, "error"},     {502, "error"}};
  for (const auto& [status, outcome] : outcomes) metrics.record({"evil\"\n", status, {}, {}});
  const auto text = rendered(metrics);
  CHECK(text.find("evil") == std::string::npos);
  for (const std::string outcome : {"invalid", "unavailable", "error"}) {
    CHECK(has(text, "anomaly_exporter_prediction_requests_total{model=\"unknown\",outcome=\"" +
                        outcome + "\"} 2"));
  }
  CHECK(
      has(text, "anomaly_exporter_prediction_rows_total{model=\"unknown\",verdict=\"inlier\"} 0"));
}

TEST_CASE("a kept model keeps its counts, a vanished one leaves nothing", "[metrics]") {
  PredictionMetrics metrics;
  metrics.set_models({"a", "b"});
  metrics.record({"a", 200, {}, {}});
  metrics.record({"b", 200, {}, {}});
  metrics.set_models({"b", "c"});
  const auto text = rendered(metrics);
  CHECK(text.find("model=\"a\"") == std::string::npos);
  CHECK(has(text, "anomaly_exporter_prediction_requests_total{model=\"b\",outcome=\"ok\"} 1"));
  CHECK(has(text, "anomaly_exporter_prediction_requests_total{model=\"c\",outcome=\"ok\"} 0"));
}

TEST_CASE("a score that is no number lands beyond all bounds and spoils no sum", "[metrics]") {
  PredictionMetrics metrics;
  ScoreTally scores;
  scores.add(std::numeric_limits<double>::quiet_NaN(), true);
  metrics.record({"", 200, {}, scores});
  const auto text = rendered(metrics);
  CHECK(has(text, "anomaly_exporter_prediction_score_bucket{model=\"unknown\",le=\"1.0\"} 0"));
  CHECK(has(text, "anomaly_exporter_prediction_score_bucket{model=\"unknown\",le=\"+Inf\"} 1"));
  CHECK(has(text, "anomaly_exporter_prediction_score_sum{model=\"unknown\"} 0"));
}

TEST_CASE("reports from several threads are all counted, also while models change", "[metrics]") {
  PredictionMetrics metrics;
  metrics.set_models({"a"});
  ScoreTally scores;
  scores.add(0.5, true);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 500; ++j) metrics.record({"a", 200, microseconds(1), scores});
    });
  }
  for (int i = 0; i < 50; ++i) metrics.set_models({"a", std::to_string(i)});
  for (auto& thread : threads) thread.join();
  CHECK(has(rendered(metrics), "anomaly_exporter_prediction_score_count{model=\"a\"} 2000"));
}
