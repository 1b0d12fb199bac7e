#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "exporter/config/config.h"

namespace {

using namespace std::chrono_literals;
using exporter::Config;
using exporter::Duration;

const std::string kSmallest =
    "detectors: [{name: n, by: [instance], features: [{name: x, query: x}]}]\n";

Config good(const std::string& name) {
  auto config = exporter::load_config(std::filesystem::path(ANOMALY_TEST_DATA) / "config" / name);
  REQUIRE((config ? "" : config.error().message) == "");
  return *std::move(config);
}

/// Sets STATE_DIRECTORY for one scope.
class StateDirectory {
 public:
  explicit StateDirectory(const char* value) {
    if (const char* before = std::getenv("STATE_DIRECTORY")) before_ = before;
    value == nullptr ? ::unsetenv("STATE_DIRECTORY") : ::setenv("STATE_DIRECTORY", value, 1);
  }
  ~StateDirectory() {
    before_ ? ::setenv("STATE_DIRECTORY", before_->c_str(), 1) : ::unsetenv("STATE_DIRECTORY");
  }

 private:
  std::optional<std::string> before_;
};

std::string state_dir(const char* variable, const std::string& extra = "") {
  const StateDirectory set(variable);
  const auto config = exporter::parse_config(kSmallest + extra, "/etc/anomaly/config.yaml");
  REQUIRE(config);
  return config->state.dir.string();
}

}  // namespace

TEST_CASE("ten lines are enough, everything else has a default", "[config]") {
  const Config config = good("good-smallest.yaml");
  CHECK(config.prometheus.url == "http://localhost:9090");
  CHECK(config.prometheus.query_offset == 30s);
  CHECK(config.prometheus.timeout == 30s);
  CHECK_FALSE(config.prometheus.basic_auth);
  CHECK_FALSE(config.prometheus.authorization);
  REQUIRE(config.detectors.size() == 1);
  const auto& node = config.detectors.front();
  CHECK(node.interval == 1min);
  CHECK(node.history == 24h * 28);
  CHECK(node.season == std::vector<Duration>{24h, 24h * 7});
  CHECK(node.sensitivity == 0.2);
  CHECK(node.hysteresis == 3);
  CHECK_FALSE(node.alert_budget);
  CHECK(node.presence.empty());
  CHECK(node.absence.after == 3);
  CHECK(node.absence.forget == 24h);
  CHECK(node.features[0].direction == exporter::Direction::both);
  CHECK(node.features[0].min_deviation == 0);
  CHECK(node.features[0].min_deviation_ratio == 0);
  CHECK_FALSE(node.features[0].range);
  CHECK(node.forest.trees == 100);
  CHECK(node.forest.sample == 1024);
  REQUIRE(node.features.size() == 2);
  CHECK(node.features[0].name == "cpu_busy");
  CHECK(node.features[0].query ==
        "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m]))");
  CHECK(config.runtime.workers == 2);
  CHECK(config.http.threads == 64);
}

TEST_CASE("every key reaches its value", "[config]") {
  const std::string folder = (std::filesystem::path(ANOMALY_TEST_DATA) / "config").string();
  const Config config = good("good-every-key.yaml");
  const auto& prometheus = config.prometheus;
  CHECK(prometheus.url == "https://prometheus.example.org:9443/prometheus");
  CHECK(prometheus.query_offset == 0s);
  CHECK(prometheus.timeout == 10s);
  CHECK(prometheus.http_method == "GET");
  REQUIRE(prometheus.basic_auth);
  CHECK(prometheus.basic_auth->username == "reader");
  CHECK(prometheus.basic_auth->password_file == folder + "/secrets/password");
  CHECK(prometheus.tls_config.ca_file == folder + "/tls/ca.pem");
  CHECK(prometheus.tls_config.cert_file == folder + "/tls/client.pem");
  CHECK(prometheus.tls_config.key_file == "/etc/keys/client.key");
  CHECK(prometheus.tls_config.server_name == "prometheus");
  CHECK(prometheus.tls_config.insecure_skip_verify);
  CHECK(prometheus.proxy_url == "http://user:hunter2@proxy:3128");
  CHECK_FALSE(prometheus.follow_redirects);
  REQUIRE(prometheus.http_headers.size() == 2);
  CHECK(prometheus.http_headers[0].name == "X-Scope-OrgID");
  CHECK(prometheus.http_headers[0].values == std::vector<std::string>{"team-a", "team-b"});
  CHECK(prometheus.http_headers[1].secrets == std::vector<std::string>{"hunter2"});
  CHECK(prometheus.http_headers[1].files == std::vector<std::string>{folder + "/secrets/key"});

  REQUIRE(config.detectors.size() == 2);
  const auto& node = config.detectors[0];
  CHECK(node.name == "node-1");
  CHECK(node.by == std::vector<std::string>{"job", "instance"});
  CHECK(node.interval == 15s);
  CHECK(node.history == 24h * 14);
  CHECK(node.retrain == 6h);
  CHECK(node.season == std::vector<Duration>{12h, 24h * 7});
  CHECK(node.scope == exporter::Scope::shared);
  CHECK(node.timezone == "Europe/Berlin");
  CHECK(node.holidays == std::vector<std::string>{"2026-05-01", folder + "/holidays.ics"});
  REQUIRE(node.calendar);
  CHECK(node.calendar->holidays().size() == 3);
  CHECK(config.detectors[1].calendar == nullptr);
  CHECK(node.sensitivity == 0.05);
  CHECK(node.novelty == 10min);
  CHECK(node.hysteresis == 5);
  CHECK(node.features[0].missing == exporter::MissingPolicy::gap);
  CHECK(node.features[1].missing == exporter::MissingPolicy::zero);
  CHECK(node.features[0].direction == exporter::Direction::up);
  CHECK(node.features[1].direction == exporter::Direction::down);
  CHECK(node.features[0].min_deviation == 0.05);
  CHECK(node.features[0].min_deviation_ratio == 0.1);
  CHECK(node.features[0].range == exporter::ValueRange{0, 1});
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(node.features[1].range == exporter::ValueRange{-kInfinity, kInfinity});
  CHECK(node.presence == "up{job=\"node\"}");
  CHECK(node.absence.after == 4);
  CHECK(node.absence.forget == 12h);
  CHECK_FALSE(node.alert_budget);
  CHECK(config.detectors[1].alert_budget == Approx(3.0 / 7));
  CHECK(node.forest.trees == 200);
  CHECK(node.forest.sample == 512);
  CHECK(node.forest.seed == UINT64_MAX);
  CHECK(config.state.dir == folder + "/var/state");
  CHECK(config.runtime.workers == 3);
  CHECK(config.http.threads == 12);
  CHECK(config.limits.entities_per_detector == 10);
  CHECK(config.limits.series == 20);
  CHECK(config.limits.feature_series == 0);
  CHECK(config.limits.training_samples == 30);
}

TEST_CASE("an alias stands for what its anchor holds", "[config]") {
  const Config config = good("good-anchors.yaml");
  CHECK(config.detectors[1].by == config.detectors[0].by);
  CHECK(config.detectors[1].features[0].query == config.detectors[0].features[0].query);
  CHECK(config.detectors[1].forest.trees == 150);
  CHECK(config.detectors[1].interval == 5min);
}

TEST_CASE("default seasons are clipped to the history and the interval", "[config]") {
  const Config config = good("good-short-history.yaml");
  CHECK(config.detectors[0].season == std::vector<Duration>{24h});
  // 7 s divides a week, 604800 s, and not a day, 86400 s.
  CHECK(config.detectors[1].season == std::vector<Duration>{24h * 7});
  CHECK(config.detectors[2].season.empty());
}

TEST_CASE("a slow detector forgets an absent entity no sooner than it can tell of it", "[config]") {
  const auto config = exporter::parse_config(
      "detectors: [{name: n, by: [instance], interval: 1d, features: [{name: x, query: x}]}]\n",
      "c.yaml");
  REQUIRE(config);
  CHECK(config->detectors[0].absence.forget == 6 * 24h);
}

TEST_CASE("a query keeps its lines and loses the space around it", "[config]") {
  const Config config = good("good-queries.yaml");
  const auto& features = config.detectors[0].features;
  CHECK(features[5].query ==
        "# anomaly_score would be feedback: it's left alone\nsum by (instance) (\n"
        "  rate(http_requests_total{code=~\"5..\"}[5m])\n)");
  CHECK(features[6].query == "up / on (instance) group_left (anomaly_zone) down");
}

TEST_CASE("state.dir comes from the file, then from systemd, then stands beside the file",
          "[config]") {
  CHECK(state_dir(nullptr) == "/etc/anomaly/state");
  CHECK(state_dir("") == "/etc/anomaly/state");
  CHECK(state_dir("/var/lib/a") == "/var/lib/a");
  CHECK(state_dir("/var/lib/a:/var/lib/b") == "/var/lib/a");
  CHECK(state_dir("/var/lib/a", "state: {dir: ../b}\n") == "/etc/b");
  CHECK(state_dir("/var/lib/a", "state: {dir: /srv/c}\n") == "/srv/c");
}

TEST_CASE("the problem nearest to the top of the file is the one reported", "[config]") {
  const auto config = exporter::parse_config(
      "runtime: {workers: 0}\n"
      "detectors:\n  - {name: n, by: [], features: []}\n"
      "packs: []\n",
      "c.yaml");
  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().message, Catch::StartsWith("c.yaml:1: runtime.workers: "));
}

TEST_CASE("a wrong value never drags a follow-up problem to the top", "[config]") {
  const auto config = exporter::parse_config(
      "detectors:\n  - name: n\n    by: [instance]\n    history: 30m\n    interval: 1 hour\n"
      "    features: [{name: x, query: x}]\n",
      "c.yaml");
  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().message,
             Catch::StartsWith("c.yaml:5: detectors[0].interval: not a duration"));
}
