// The line from rows to alerts on the demo fleet: quiet hours are quiet, incidents are found on
// their host alone.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "docker/demo/fleet.h"
#include "exporter/detector/cycle.h"
#include "exporter/detector/training.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

constexpr std::int64_t kEpoch = 1767225600;  // 2026-01-01, a Thursday
constexpr std::int64_t kStep = 15;
constexpr std::int64_t kHistory = 6 * 86400, kQuiet = 6 * 3600, kPause = 900, kLasts = 180;
constexpr std::size_t kWindow = 4;  // rates over a minute
const std::vector<std::string> kHosts{"web-1", "api-1", "cache-1"};

// What docker/demo/config.yaml asks for, computed as Prometheus would from samples on the grid.
class FleetSource final : public SeriesSource {
 public:
  explicit FleetSource(const std::vector<demo::Incident>& incidents, std::int64_t end) {
    demo::Fleet fleet(7, kEpoch);
    for (std::int64_t t = kEpoch; t < end; t += kStep) {
      fleet.advance_to(t, incidents);
      for (const std::string& name : kHosts) {
        for (const demo::Metric& metric : demo::metrics()) {
          if (metric.entity_label != "instance") continue;
          raw_[std::string(metric.name)][name].push_back(
              fleet.value(metric.name, name).value_or(kGap));
        }
      }
    }
  }

  Result<SeriesFrame> fetch(const std::string& query, const TimeGrid& grid,
                            std::stop_token) const override {
    SeriesFrame frame;
    frame.grid = grid;
    for (const std::string& name : kHosts) {
      frame.labels.push_back(host(name));
      for (std::size_t i = 0; i < grid.size; ++i) {
        const auto at = static_cast<std::size_t>(
            (static_cast<std::int64_t>(to_seconds(grid.at(i))) - kEpoch) / kStep);
        frame.values.push_back(value(query, name, at));
      }
    }
    return frame;
  }

 private:
  double rate(const std::string& metric, const std::string& name, std::size_t at) const {
    const auto& series = raw_.at(metric).at(name);
    if (at < kWindow) return kGap;
    return (series[at] - series[at - kWindow]) / static_cast<double>(kStep * kWindow);
  }
  double value(const std::string& query, const std::string& name, std::size_t at) const {
    if (query == "demo_load" || query == "demo_memory_used_bytes")
      return raw_.at(query).at(name)[at];
    if (query == "latency") {
      return rate("demo_request_duration_seconds_sum", name, at) /
             rate("demo_request_duration_seconds_count", name, at);
    }
    if (query == "errors")
      return rate("demo_request_errors_total", name, at) / rate("demo_requests_total", name, at);
    return rate(query, name, at);
  }

  std::map<std::string, std::map<std::string, std::vector<double>>> raw_;
};

DetectorSpec spec() {
  DetectorSpec made;
  made.name = "hosts";
  made.by = {"instance"};
  made.interval = std::chrono::seconds(kStep);
  made.novelty = std::chrono::minutes(5);
  made.hysteresis = 1;
  made.sensitivity = 0.3;
  for (const char* query :
       {"demo_cpu_busy_seconds_total", "demo_load", "demo_memory_used_bytes",
        "demo_disk_io_seconds_total", "demo_network_receive_bytes_total",
        "demo_network_transmit_bytes_total", "demo_requests_total", "latency", "errors"}) {
    made.features.push_back({query, query, MissingPolicy::gap});
  }
  return made;
}

TimePoint at(std::int64_t unix_seconds) { return TimePoint{std::chrono::seconds(unix_seconds)}; }

}  // namespace

TEST_CASE(
    "quiet hours of the fleet alert nobody, and each incident alerts its own host soon and alone") {
  std::vector<demo::Incident> incidents;
  std::int64_t end = kEpoch + kHistory + kQuiet;
  for (const char* kind :
       {"cpu_hog", "memory_leak", "latency", "error_burst", "traffic_drop", "broken_relation"}) {
    for (const std::string& name : kHosts) {
      incidents.push_back({kind, name, end, end + kLasts});
      end += kLasts + kPause;
    }
  }
  const FleetSource source(incidents, end);

  const std::int64_t trained_until = kEpoch + kHistory;
  TrainingReport training;
  const auto model = run_training(
      spec(), {},
      {.first = at(kEpoch + 300), .last = at(trained_until), .full = true, .entities = {}}, nullptr,
      source, {}, training);
  REQUIRE(model);
  REQUIRE(model->entities.size() == kHosts.size());

  LiveState live;
  std::set<std::string> quiet_alerts, wrong_hosts;
  std::map<std::string, std::int64_t> found, ended;
  for (std::int64_t t = trained_until + kStep; t < end; t += kStep) {
    CycleReport report;
    const auto batch = run_cycle(spec(), {}, &*model, live, source, at(t), {}, report);
    REQUIRE(batch);
    for (const EntityScore& each : batch->scores) {
      const std::string name(each.entity.get("instance"));
      if (each.active && t < incidents.front().start) quiet_alerts.insert(name);
      for (const demo::Incident& incident : incidents) {
        if (t < incident.start || t >= incident.end + kPause) continue;
        const std::string key = incident.kind + " " + incident.target;
        if (name != incident.target) {
          if (each.active) wrong_hosts.insert(key + " -> " + name);
        } else if (each.active && t <= incident.end) {
          found.emplace(key, t - incident.start);
        } else if (!each.active && t > incident.end) {
          ended.emplace(key, t - incident.end);
        }
      }
    }
  }
  CHECK(quiet_alerts == std::set<std::string>{});
  CHECK(wrong_hosts == std::set<std::string>{});
  for (const demo::Incident& incident : incidents) {
    const std::string key = incident.kind + " " + incident.target;
    INFO(key);
    REQUIRE(found.contains(key));
    CHECK(found[key] <= 90);
    REQUIRE(ended.contains(key));
    CHECK(ended[key] <= 180);
  }
}
