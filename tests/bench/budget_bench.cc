// Measures whether alert budgets are kept: quiet fleets of the demo, 30 entity-months of them, are
// replayed with the trainings they would have had, once for each budget. Prints lines of budget and
// realised rate, in alerts a day and entity.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "docker/demo/fleet.h"
#include "exporter/backtest/replay.h"

namespace {

using namespace exporter;

constexpr std::int64_t kEpoch = 1767225600;  // 2026-01-01, a Thursday
constexpr std::int64_t kStep = 300, kDay = 86400, kHistory = 28 * kDay, kScored = 25 * kDay;
constexpr int kFleets = 3;  // of 12 hosts: 30 entity-months
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TimePoint at(std::int64_t unix_seconds) { return TimePoint{std::chrono::seconds(unix_seconds)}; }

// The hosts of a fleet on a grid, with what docker/demo/config.yaml asks of them.
class QuietFleet final : public SeriesSource {
 public:
  explicit QuietFleet(std::uint64_t seed) {
    demo::Fleet fleet(seed, kEpoch);
    for (const std::string& entity : fleet.entities()) {
      if (fleet.is_host(entity)) hosts_.push_back(entity);
    }
    for (std::int64_t t = kEpoch; t <= kEpoch + kHistory + kScored; t += kStep) {
      fleet.advance_to(t, {});
      for (const demo::Sample& sample : fleet.read()) {
        raw_[std::string(sample.metric->name)][std::string(sample.entity)].push_back(sample.value);
      }
    }
  }

  Result<SeriesFrame> fetch(const std::string& query, const TimeGrid& grid,
                            std::stop_token) const override {
    SeriesFrame frame;
    frame.grid = grid;
    for (const std::string& host : hosts_) {
      frame.labels.emplace_back(std::vector<Labels::Pair>{{"instance", host}});
      for (std::size_t i = 0; i < grid.size; ++i) {
        const auto seconds = static_cast<std::int64_t>(to_seconds(grid.at(i).time_since_epoch()));
        frame.values.push_back(value(query, host, (seconds - kEpoch) / kStep));
      }
    }
    return frame;
  }

  static DetectorSpec spec() {
    DetectorSpec spec;
    spec.name = "hosts";
    spec.by = {"instance"};
    spec.interval = std::chrono::seconds(kStep);
    for (const char* query :
         {"demo_cpu_busy_seconds_total", "demo_load", "demo_memory_used_bytes",
          "demo_disk_io_seconds_total", "demo_network_receive_bytes_total",
          "demo_network_transmit_bytes_total", "demo_requests_total", "latency", "errors"}) {
      spec.features.push_back({query, query, MissingPolicy::gap});
    }
    return spec;
  }

 private:
  double rate(const std::string& metric, const std::string& host, std::int64_t step) const {
    const auto& series = raw_.at(metric).at(host);
    if (step < 1 || step >= static_cast<std::int64_t>(series.size())) return kNaN;
    const auto i = static_cast<std::size_t>(step);
    return (series[i] - series[i - 1]) / static_cast<double>(kStep);
  }
  double value(const std::string& query, const std::string& host, std::int64_t step) const {
    if (query == "demo_load" || query == "demo_memory_used_bytes") {
      const auto& series = raw_.at(query).at(host);
      const bool known = step >= 0 && step < static_cast<std::int64_t>(series.size());
      return known ? series[static_cast<std::size_t>(step)] : kNaN;
    }
    if (query == "latency") {
      return rate("demo_request_duration_seconds_sum", host, step) /
             rate("demo_request_duration_seconds_count", host, step);
    }
    if (query == "errors") {
      return rate("demo_request_errors_total", host, step) /
             rate("demo_requests_total", host, step);
    }
    return rate(query, host, step);
  }

  std::vector<std::string> hosts_;
  std::map<std::string, std::map<std::string, std::vector<double>>> raw_;
};

}  // namespace

int main() {
  std::vector<QuietFleet> fleets;
  for (int i = 0; i < kFleets; ++i) fleets.emplace_back(static_cast<std::uint64_t>(i + 1));
  for (const double days : {1.0, 3.0, 7.0, 14.0, 30.0}) {
    DetectorSpec spec = QuietFleet::spec();
    spec.alert_budget = 1 / days;
    const auto range =
        replay_range(spec, at(kEpoch + kHistory + kStep), at(kEpoch + kHistory + kScored));
    double alerts = 0, entity_days = 0;
    for (const QuietFleet& fleet : fleets) {
      const auto replayed = replay(spec, {}, range, fleet, 2, {});
      if (!replayed) {
        std::fprintf(stderr, "budget_bench: %s\n", replayed.error().message.c_str());
        return 1;
      }
      for (const EntityTrack& track : replayed->tracks) {
        alerts += static_cast<double>(track.alerts.size());
        entity_days += static_cast<double>(track.points.size() * kStep) / kDay;
      }
    }
    std::printf("%.6g %.6g\n", 1 / days, alerts / entity_days);
    std::fflush(stdout);
  }
  return 0;
}
