#include "exporter/metrics/self_metrics.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "exporter/metrics/detector_metrics.h"
#include "exporter/version.h"

namespace exporter {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::Registry;

const Histogram::BucketBoundaries kRequestSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                  0.05,   0.1,   0.25,   0.5,   1,    5};

/// Cuts user, password, query and fragment out of a URL.
std::string without_credentials(std::string url) {
  url.resize(std::min(url.find_first_of("?#"), url.size()));
  const auto scheme = url.find("://");
  const auto host = scheme == std::string::npos ? 0 : scheme + 3;
  const auto path = std::min(url.find('/', host), url.size());
  const auto at = url.rfind('@', path);
  if (at != std::string::npos && at >= host) url.erase(host, at + 1 - host);
  return url;
}

Family<Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

/// Tells whether any query of a report reached the server; nothing when none was sent to an end.
std::optional<bool> reached(const std::vector<QueryReport>& queries) {
  std::optional<bool> answer;
  for (const auto& query : queries) {
    if (query.error && query.error->label() == "canceled") continue;
    if (!query.error || query.error->kind != forest::ErrorKind::upstream) return true;
    answer = false;
  }
  return answer;
}

struct HandlerMetrics {
  Histogram* duration = nullptr;
  std::map<int, Counter*> codes;
};

}  // namespace

struct SelfMetrics::State {
  mutable std::mutex mutex;
  Registry registry;
  Family<Gauge>& up =
      gauges(registry, "anomaly_exporter_up",
             "Whether the latest queries reached the series source (1) or not (0).");
  Family<Gauge>& reload_successful =
      gauges(registry, "anomaly_exporter_config_last_reload_successful",
             "Whether the last configuration reload was successful.");
  Family<Gauge>& reload_timestamp =
      gauges(registry, "anomaly_exporter_config_last_reload_success_timestamp_seconds",
             "When the configuration was last loaded, in unix seconds.");
  Gauge& series_limit =
      gauges(registry, "anomaly_exporter_series_limit",
             "Configured limit of result series on /metrics, all detectors together.")
          .Add({});
  Gauge& entities_limit = gauges(registry, "anomaly_exporter_entities_limit",
                                 "Configured limit of entities of one detector.")
                              .Add({});
  Family<Counter>& requests = prometheus::BuildCounter()
                                  .Name("anomaly_exporter_http_requests_total")
                                  .Help("HTTP requests answered, by route and status code.")
                                  .Register(registry);
  Family<Histogram>& request_duration =
      prometheus::BuildHistogram()
          .Name("anomaly_exporter_http_request_duration_seconds")
          .Help("Time from a complete HTTP request to its answer.")
          .Register(registry);
  std::string datasource;
  Gauge* datasource_up = nullptr;
  std::map<std::string, HandlerMetrics, std::less<>> handlers;
  std::map<std::string, std::unique_ptr<DetectorMetrics>, std::less<>> detectors;

  DetectorMetrics* find(std::string_view detector) {
    const auto found = detectors.find(detector);
    return found == detectors.end() ? nullptr : found->second.get();
  }

  void set_up(const std::vector<QueryReport>& queries) {
    const auto up_now = reached(queries);
    if (!up_now) return;
    if (datasource_up == nullptr) datasource_up = &up.Add({{"datasource", datasource}});
    datasource_up->Set(*up_now ? 1 : 0);
  }
};

SelfMetrics::SelfMetrics() : state_(std::make_unique<State>()) {
  const std::string platform = kPlatform;
  const auto slash = std::min(platform.find('/'), platform.size());
  gauges(state_->registry, "anomaly_exporter_build_info",
         "Always 1; the labels tell what was built, and how.")
      .Add({{"version", kVersion},
            {"revision", kRevision},
            {"branch", kBranch},
            {"compiler", kCompiler},
            {"os", platform.substr(0, slash)},
            {"arch", platform.substr(std::min(slash + 1, platform.size()))}})
      .Set(1);
}

SelfMetrics::~SelfMetrics() = default;

void SelfMetrics::set_detectors(const std::vector<DetectorSpec>& detectors,
                                const std::string& datasource, const LimitsConfig& limits) {
  const std::lock_guard lock(state_->mutex);
  state_->series_limit.Set(static_cast<double>(limits.series));
  state_->entities_limit.Set(static_cast<double>(limits.entities_per_detector));
  auto shown = without_credentials(datasource);
  if (shown != state_->datasource) {
    if (state_->datasource_up != nullptr) state_->up.Remove(state_->datasource_up);
    state_->datasource_up = nullptr;
    state_->datasource = std::move(shown);
  }
  std::map<std::string, std::unique_ptr<DetectorMetrics>, std::less<>> kept;
  for (const auto& spec : detectors) {
    auto& slot = kept[spec.name];
    const auto old = state_->detectors.find(spec.name);
    if (old != state_->detectors.end() && old->second) {
      slot = std::move(old->second);
      slot->configure(spec);
    } else if (!slot) {
      slot = std::make_unique<DetectorMetrics>(spec);
    }
  }
  state_->detectors = std::move(kept);
}

void SelfMetrics::record(const CycleReport& report) {
  const std::lock_guard lock(state_->mutex);
  auto* detector = state_->find(report.detector);
  if (detector == nullptr) return;
  detector->record(report);
  state_->set_up(report.queries);
}

void SelfMetrics::record(const TrainingReport& report) {
  const std::lock_guard lock(state_->mutex);
  auto* detector = state_->find(report.detector);
  if (detector == nullptr) return;
  detector->record(report);
  state_->set_up(report.queries);
}

void SelfMetrics::record(const StateReport& report) {
  const std::lock_guard lock(state_->mutex);
  auto* detector = state_->find(report.detector);
  if (detector != nullptr) detector->record(report);
}

void SelfMetrics::record_restored(std::string_view detector, std::size_t rows,
                                  TimePoint trained_at) {
  const std::lock_guard lock(state_->mutex);
  auto* found = state_->find(detector);
  if (found != nullptr) found->set_model(rows, trained_at);
}

void SelfMetrics::record_duplicates(std::string_view detector, std::size_t entities) {
  const std::lock_guard lock(state_->mutex);
  auto* found = state_->find(detector);
  if (found != nullptr) found->count_duplicates(entities);
}

void SelfMetrics::record_reload(bool ok, TimePoint now) {
  const std::lock_guard lock(state_->mutex);
  state_->reload_successful.Add({}).Set(ok ? 1 : 0);
  if (ok) state_->reload_timestamp.Add({}).Set(to_seconds(now));
}

void SelfMetrics::record_request(std::string_view handler, int code, double seconds) {
  const std::lock_guard lock(state_->mutex);
  auto found = state_->handlers.find(handler);
  if (found == state_->handlers.end())
    found = state_->handlers.emplace(handler, HandlerMetrics{}).first;
  auto& [name, metrics] = *found;
  if (metrics.duration == nullptr)
    metrics.duration = &state_->request_duration.Add({{"handler", name}}, kRequestSeconds);
  auto& counter = metrics.codes[code];
  if (counter == nullptr)
    counter = &state_->requests.Add({{"handler", name}, {"code", std::to_string(code)}});
  counter->Increment();
  metrics.duration->Observe(seconds);
}

std::vector<MetricFamily> SelfMetrics::Collect() const {
  const std::lock_guard lock(state_->mutex);
  auto families = state_->registry.Collect();
  for (const auto& [name, detector] : state_->detectors) detector->collect(families);
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return families;
}

}  // namespace exporter
