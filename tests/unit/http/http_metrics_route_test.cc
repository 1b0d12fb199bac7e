#include <algorithm>
#include <catch2/catch.hpp>

#include "exporter/http/compression.h"
#include "exporter/http/metrics_route.h"
#include "fake_server.h"

using namespace exporter;

namespace {

// The results of two detectors, large enough for several pieces.
std::vector<std::shared_ptr<const RenderedScores>> results() {
  std::vector<std::shared_ptr<const RenderedScores>> all;
  for (const char* detector : {"first", "second"}) {
    ScoreBatch batch;
    for (int i = 10'000; i < 14'000; ++i) {
      EntityScore each;
      each.entity = Labels(std::vector<Labels::Pair>{{"instance", std::to_string(i)}});
      each.score = 1.0 / i;
      batch.scores.push_back(each);
    }
    batch.entities = batch.scores.size();
    all.push_back(std::make_shared<const RenderedScores>(render_scores(detector, batch)));
  }
  return all;
}

Services services_with_results() {
  auto services = fake_services();
  services.collect = [] {
    prometheus::ClientMetric metric;
    metric.gauge.value = 1;
    return std::vector<prometheus::MetricFamily>{
        {"process_threads", "Threads.", prometheus::MetricType::Gauge, {metric}},
        {"anomaly_exporter_up", "Up.", prometheus::MetricType::Gauge, {metric}}};
  };
  services.results = [all = results()] { return all; };
  return services;
}

HttpRequest accepting(const std::string& encoding) {
  HttpRequest request;
  request.headers.emplace("accept-encoding", encoding);
  return request;
}

bool is_packed(const HttpResponse& response) {
  return std::ranges::count(response.headers, "Content-Encoding",
                            [](const auto& header) { return header.first; }) == 1;
}

const std::string kOpenMetrics = "Accept: application/openmetrics-text;version=1.0.0\r\n";

}  // namespace

TEST_CASE("a small scrape is not compressed, a larger one is, as far as the client allows",
          "[http]") {
  prometheus::MetricFamily family{"a", "A.", prometheus::MetricType::Gauge, {}};
  family.metric.resize(1);
  CHECK_FALSE(is_packed(metrics_response(accepting("gzip"), {family})));
  for (int i = 0; i < 100; ++i) family.metric.emplace_back().label = {{"x", std::to_string(i)}};
  CHECK(is_packed(metrics_response(accepting("gzip"), {family})));
  CHECK_FALSE(is_packed(metrics_response(accepting("br, gzip;q=0"), {family})));
  CHECK_FALSE(is_packed(metrics_response({}, {family})));
}

TEST_CASE("an answer holds the finished results themselves, no copies", "[http]") {
  const auto all = results();
  for (const bool gzip : {false, true}) {
    const auto response = metrics_response(accepting(gzip ? "gzip" : "identity"), {}, all);
    std::size_t shared = 0, fresh_bytes = 0;
    for (const auto& block : response.blocks) {
      const auto holds = [&](const BodyPiece& piece) {
        return block == (gzip ? piece.packed : piece.text);
      };
      const bool found = std::ranges::any_of(all, [&](const auto& each) {
        return std::ranges::any_of(
            each->families, [&](const auto& family) { return std::ranges::any_of(family, holds); });
      });
      shared += found ? 1 : 0;
      fresh_bytes += found ? 0 : block->size();
    }
    CHECK(shared >= 2 * result_families().size());
    CHECK(fresh_bytes < 4096);
    CHECK(response.body.empty());
  }
}

TEST_CASE("the compressed answer is the plain one, in each format, whole and by name", "[http]") {
  const FakeServer server(services_with_results());
  for (const auto& accept : {std::string(), kOpenMetrics}) {
    for (const char* path : {"/metrics", "/metrics?name[]=anomaly_score&name[]=process_threads",
                             "/metrics?name[]=anomaly_severity_ratio"}) {
      const auto plain = server.get(path, accept);
      const auto packed = server.get(path, accept + "Accept-Encoding: gzip\r\n");
      REQUIRE(plain.status == 200);
      CHECK(plain.headers.count("content-encoding") == 0);
      REQUIRE(packed.headers.at("content-encoding") == "gzip");
      CHECK(packed.body.size() * 4 < plain.body.size());
      std::string undone;
      REQUIRE_FALSE(inflate_body(packed.body, 1 << 24, undone));
      CHECK(undone == plain.body);
    }
  }
}

TEST_CASE("HEAD tells the length of the answer and sends none", "[http]") {
  const FakeServer server(services_with_results());
  const auto whole = server.get("/metrics", "Accept-Encoding: gzip\r\n");
  const auto head = server.get("/metrics", "Accept-Encoding: gzip\r\n", "HEAD");
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-length") == std::to_string(whole.body.size()));
  CHECK(head.headers.at("content-encoding") == "gzip");
  CHECK(head.headers.at("vary") == "Accept, Accept-Encoding");
  CHECK(head.body.empty());
}
