// A real Prometheus scrapes 100,000 series with hostile labels, in OpenMetrics and in text, and has
// every value; promtool, curl and Python read the body too.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exporter/http/metrics_route.h"
#include "exporter/http/server.h"
#include "exporter/metrics/process.h"
#include "exporter/metrics/self_metrics.h"
#include "tests/integration/support/process.h"

// After Eigen: it brings resolv.h, which makes a macro of a name used there.
#include <httplib.h>

using namespace exporter;
using namespace std::chrono_literals;

namespace {

constexpr int kPlainEntities = 16'640;
const std::string kBroken = "\xEF\xBF\xBD";

// Label values that try to break a line, a body or a scrape, and what a reader must get.
const std::vector<std::pair<std::string, std::string>> kValues = [] {
  std::vector<std::pair<std::string, std::string>> values;
  for (const char* same : {"\n",
                           "\"",
                           "\\",
                           "\\n",
                           "\\\"",
                           "} 1\nanomaly_score{a=\"",
                           "a\r\nb",
                           "\r",
                           "\x01\x7F",
                           "# EOF",
                           "\n# EOF\n",
                           "\n\n",
                           ",",
                           "=",
                           " ",
                           "a, b",
                           "NaN",
                           "h\xC3\xB6st",
                           "\xF0\x9F\x98\x80",
                           "\xE2\x80\xA8",
                           "\xEF\xBB\xBF"
                           "bom",
                           "${a}",
                           "%s%n"}) {
    values.emplace_back(same, same);
  }
  for (const char c : {'v', '\\', '"', '\n'}) {
    values.emplace_back(std::string(10'000, c), std::string(10'000, c));
  }
  values.emplace_back("a\xFFz", "a" + kBroken + "z");
  values.emplace_back("\xC3", kBroken);
  values.emplace_back("\xED\xA0\x80", kBroken + kBroken + kBroken);
  values.emplace_back("cut\xF0\x9F\x98", "cut" + kBroken + kBroken + kBroken);
  return values;
}();

EntityScore entity(std::vector<Labels::Pair> pairs, double score) {
  EntityScore each;
  each.entity = Labels(std::move(pairs));
  each.score = score;
  each.threshold = 0.1 + 0.2;
  each.coverage = 1;
  return each;
}

// One entity per value, told apart by its score; two more whose labels read as an earlier one's.
ScoreBatch hostile_batch() {
  ScoreBatch batch;
  for (std::size_t i = 0; i < kValues.size(); ++i) {
    batch.scores.push_back(
        entity({{"instance", kValues[i].first}, {"job", "j"}}, static_cast<double>(i) / 1024));
  }
  for (const char* name : {"service.name", "service-name", "le", "__name__", "detector"}) {
    batch.scores.push_back(entity({{name, "\"\n"}}, 0.5));
  }
  batch.scores.push_back(entity({{"instance", "\xFF"}, {"job", "j"}}, 0.75));  // as "\xC3"
  batch.entities = batch.scores.size();
  return batch;
}
constexpr std::size_t kDropped = 2;

ScoreBatch plain_batch() {
  ScoreBatch batch;
  for (int i = 0; i < kPlainEntities; ++i) {
    batch.scores.push_back(
        entity({{"instance", fmt::format("host-{:05}:9100", i)}, {"job", "node"}}, 1.0 / (i + 1)));
  }
  batch.entities = batch.scores.size();
  return batch;
}

// What the daemon serves, from made-up batches.
class Exporter {
 public:
  Exporter() {
    for (const auto& [name, batch] :
         {std::pair("hostile", hostile_batch()), std::pair("plain", plain_batch())}) {
      results_.push_back(std::make_shared<const RenderedScores>(render_scores(name, batch)));
    }
    DetectorSpec spec;
    spec.name = "hostile";
    spec.features = {{"cpu", "cpu", MissingPolicy::gap}};
    self_.set_detectors({spec}, "http://localhost:9090", {});
    Services services;
    services.ready = [] { return true; };
    services.collect = [this] { return own(); };
    services.results = [this] { return results_; };
    HttpOptions options;
    options.listen = {"127.0.0.1:0"};
    options.threads = 2;
    server_ = std::make_unique<HttpServer>(options, services);
    REQUIRE(server_->start());

    // Prometheus prefers OpenMetrics; this one never hears of it.
    text_server_.Get("/metrics", [this](const httplib::Request& asked, httplib::Response& answer) {
      HttpRequest request;
      request.headers.emplace("accept-encoding", asked.get_header_value("Accept-Encoding"));
      const auto made = metrics_response(request, own(), results_);
      std::string body;
      for (const auto& block : made.blocks) body += *block;
      for (const auto& [name, value] : made.headers) answer.set_header(name, value);
      // The library packs what it knows as text.
      answer.set_content_provider(body.size(), made.content_type,
                                  [body](std::size_t at, std::size_t size, auto& sink) {
                                    return sink.write(body.data() + at, size);
                                  });
    });
    text_port_ = text_server_.bind_to_any_port("127.0.0.1");
    text_thread_ = std::thread([this] { text_server_.listen_after_bind(); });
  }
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;
  ~Exporter() {
    text_server_.stop();
    text_thread_.join();
    server_->stop(0ms);
  }

  std::string address() const { return server_->addresses().at(0); }
  std::string text_address() const { return fmt::format("127.0.0.1:{}", text_port_); }
  std::size_t duplicates() const { return results_[0]->duplicates + results_[1]->duplicates; }

 private:
  std::vector<prometheus::MetricFamily> own() const {
    auto families = self_.collect();
    for (auto& family : process_metrics()) families.push_back(std::move(family));
    return families;
  }

  std::vector<std::shared_ptr<const RenderedScores>> results_;
  SelfMetrics self_;
  std::unique_ptr<HttpServer> server_;
  httplib::Server text_server_;
  int text_port_ = 0;
  std::thread text_thread_;
};

std::string get(const std::string& address, const httplib::Headers& headers = {}) {
  httplib::Client client("http://" + address);
  const auto answer = client.Get("/metrics", headers);
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  return answer->body;
}

std::size_t series_of(const std::string& body) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < body.size(); at = body.find('\n', at) + 1) {
    lines += body[at] == '#' ? 0 : 1;
  }
  return lines;
}

nlohmann::json query(int port, const std::string& promql) {
  httplib::Client client("127.0.0.1", port);
  client.set_read_timeout(60s);
  const auto answer = client.Post("/api/v1/query", httplib::Params{{"query", promql}});
  REQUIRE(answer);
  INFO(answer->body.substr(0, 500));
  REQUIRE(answer->status == 200);
  return nlohmann::json::parse(answer->body).at("data").at("result");
}

double number(int port, const std::string& promql) {
  const auto result = query(port, promql);
  if (result.empty()) return -1;
  return std::stod(result.at(0).at("value").at(1).get<std::string>());
}

// Waits until an expression has a value, and returns the last one seen.
double wait_for(int port, const std::string& promql, double wanted) {
  const auto end = std::chrono::steady_clock::now() + 90s;
  double seen = number(port, promql);
  while (seen != wanted && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(200ms);
    seen = number(port, promql);
  }
  return seen;
}

}  // namespace

TEST_CASE("Prometheus has every one of 100000 series with hostile labels, from both formats") {
  const Exporter exporter;
  const std::string text = get(exporter.address());
  const std::string openmetrics =
      get(exporter.address(), {{"Accept", "application/openmetrics-text;version=1.0.0"}});
  const auto series = static_cast<double>(series_of(text));
  CHECK(series > 100'000);
  CHECK(series_of(openmetrics) == series_of(text));
  CHECK(exporter.duplicates() == kDropped);

  const integration::TemporaryFolder folder;
  const auto job = [](const char* name, const std::string& address) {
    return fmt::format(
        "  - job_name: {0}\n    honor_labels: true\n    static_configs:\n"
        "      - {{targets: ['{1}'], labels: {{via: {0}}}}}\n",
        name, address);
  };
  const auto config = folder.write(
      "prometheus.yml", "global: {scrape_interval: 3s, scrape_timeout: 3s}\nscrape_configs:\n" +
                            job("openmetrics", exporter.address()) +
                            job("text", exporter.text_address()));
  integration::Process prometheus({"prometheus", "--config.file=" + config,
                                   "--storage.tsdb.path=" + (folder / "data"),
                                   "--web.listen-address=127.0.0.1:0"});
  const int port = std::stoi(prometheus.wait_for("Listening on\" address=127\\.0\\.0\\.1:(\\d+)"));
  prometheus.wait_for("Server is ready to receive web requests");

  for (const std::string via : {"openmetrics", "text"}) {
    INFO(via);
    // Which of process_* can be read may differ by one scrape; the results may not.
    CHECK(wait_for(port, "up{via=\"" + via + "\"}", 1) == 1);
    CHECK(number(port, "scrape_samples_scraped{via=\"" + via + "\"}") >= series - 8);
    const double results =
        7.0 * static_cast<double>(kPlainEntities + hostile_batch().entities - kDropped);
    CHECK(wait_for(port,
                   "count({via=\"" + via +
                       "\",__name__=~\"anomaly_(active|detected|entity_absent|"
                       "feature_coverage_ratio|score|score_threshold|severity_ratio)\"})",
                   results) == results);
    CHECK(number(port, "anomaly_entities{detector=\"plain\",via=\"" + via + "\"}") ==
          kPlainEntities);
    CHECK(number(port, "anomaly_score{instance=\"host-00006:9100\",via=\"" + via + "\"}") ==
          1.0 / 7);
    CHECK(number(port, "anomaly_score_threshold{instance=\"host-00006:9100\",via=\"" + via +
                           "\"}") == 0.1 + 0.2);

    std::map<std::string, double> seen;
    for (const auto& each :
         query(port, "anomaly_score{detector=\"hostile\",job=\"j\",via=\"" + via + "\"}")) {
      seen[each.at("metric").at("instance")] = std::stod(each.at("value").at(1).get<std::string>());
    }
    CHECK(seen.size() == kValues.size());
    for (std::size_t i = 0; i < kValues.size(); ++i) {
      INFO("value " << i);
      REQUIRE(seen.contains(kValues[i].second));
      CHECK(seen.at(kValues[i].second) == static_cast<double>(i) / 1024);
    }
    for (const char* name :
         {"service_name", "exported_le", "exported___name__", "exported_detector"}) {
      const auto found =
          query(port, fmt::format("anomaly_score{{detector=\"hostile\",{}=\"\\\"\\n\",via=\"{}\"}}",
                                  name, via));
      CHECK(found.size() == 1);
    }
  }
  CHECK(prometheus.output().find("Error on ingesting") == std::string::npos);
  CHECK(prometheus.output().find("Append failed") == std::string::npos);
}

TEST_CASE("promtool, curl and Python read the body, compressed or not") {
  const Exporter exporter;
  const integration::TemporaryFolder folder;
  const std::string url = "http://" + exporter.address() + "/metrics";
  const auto names = "?name[]=anomaly_score&name[]=anomaly_severity_ratio";
  // The same families each time: the exporter's own change between two scrapes.
  integration::run({"curl", "-sSfg", "-o", folder / "plain", url + names});
  integration::run({"curl", "-sSfg", "--compressed", "-o", folder / "undone", url + names});
  integration::run(
      {"curl", "-sSfg", "-H", "Accept-Encoding: gzip", "-o", folder / "packed.gz", url + names});
  integration::run({"cmp", folder / "plain", folder / "undone"});
  integration::run({"gzip", "-t", folder / "packed.gz"});
  integration::run({"python3", "-c",
                    "import gzip, sys, zlib\n"
                    "packed, plain = (open(name, 'rb').read() for name in sys.argv[1:])\n"
                    "assert gzip.decompress(packed) == plain\n"
                    "one = zlib.decompressobj(31)\n"
                    "assert one.decompress(packed) == plain and one.eof and not one.unused_data\n",
                    folder / "packed.gz", folder / "plain"});
  // Every metric of the exporter is clean by the linter.
  const auto whole = folder.write("whole", get(exporter.address()));
  integration::run({"sh", "-c", "promtool check metrics < \"$1\"", "sh", whole});
}
