#include "exporter/metrics/prediction_metrics.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "exporter/detector/published.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kUnknown = "unknown";

/// Outcomes, a closed set.
constexpr std::array<const char*, 6> kOutcomes{"ok",        "invalid",     "not_found",
                                               "too_large", "unavailable", "error"};

std::size_t outcome_of(int status) {
  switch (status) {
    case 200: return 0;
    case 404: return 2;
    case 413: return 3;
    case 429:
    case 503: return 4;
    default: return status >= 400 && status < 500 ? 1 : 5;
  }
}

template <std::size_t N>
std::size_t bucket_of(const std::array<double, N>& bounds, double value) {
  const auto found = std::ranges::find_if(bounds, [value](double b) { return value <= b; });
  return static_cast<std::size_t>(found - bounds.begin());
}

void raise(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  if (by != 0) counter.fetch_add(by, std::memory_order_relaxed);
}

/// Cumulative buckets, of which the last has no bound.
template <std::size_t N>
struct Buckets {
  std::array<std::atomic<std::uint64_t>, N + 1> counts{};
  std::atomic<double> sum{0};

  ClientMetric collect(const std::array<double, N>& bounds) const {
    ClientMetric metric;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= N; ++i) {
      total += counts[i].load(std::memory_order_relaxed);
      metric.histogram.bucket.push_back(
          {total, i < N ? bounds[i] : std::numeric_limits<double>::infinity()});
    }
    metric.histogram.sample_count = total;
    metric.histogram.sample_sum = sum.load(std::memory_order_relaxed);
    return metric;
  }
};

/// Counters of one model, on cache lines that no other model's share.
struct alignas(64) ModelCounters {
  std::array<std::atomic<std::uint64_t>, kOutcomes.size()> outcomes{};
  std::atomic<std::uint64_t> inliers{0}, outliers{0};
  Buckets<kPredictionSeconds.size()> seconds;
  Buckets<kScoreBounds.size()> scores;
};

using Models = std::map<std::string, std::shared_ptr<ModelCounters>, std::less<>>;

void add_label(ClientMetric& metric, const char* name, const std::string& value) {
  metric.label.push_back({name, value});
}

ClientMetric counter(const std::string& model, const char* label, const char* value,
                     const std::atomic<std::uint64_t>& count) {
  ClientMetric metric;
  add_label(metric, "model", model);
  add_label(metric, label, value);
  metric.counter.value = static_cast<double>(count.load(std::memory_order_relaxed));
  return metric;
}

}  // namespace

void ScoreTally::add(double score, bool is_inlier) {
  ++(is_inlier ? inliers_ : outliers_);
  ++buckets_[bucket_of(kScoreBounds, score)];
  if (!std::isnan(score)) sum_ += score;
}

struct PredictionMetrics::State {
  Published<Models> models;
};

PredictionMetrics::PredictionMetrics() : state_(std::make_unique<State>()) { set_models({}); }

PredictionMetrics::~PredictionMetrics() = default;

void PredictionMetrics::set_models(const std::vector<std::string>& names) {
  const auto old = state_->models.get();
  auto next = std::make_shared<Models>();
  const auto take = [&](std::string_view name) {
    std::shared_ptr<ModelCounters> counters;
    if (old != nullptr) {
      if (const auto found = old->find(name); found != old->end()) counters = found->second;
    }
    next->emplace(name, counters != nullptr ? counters : std::make_shared<ModelCounters>());
  };
  take(kUnknown);
  for (const std::string& name : names) take(name);
  state_->models.set(std::move(next));
}

void PredictionMetrics::record(const PredictionReport& report) {
  const auto models = state_->models.get();
  auto found = models->find(report.model);
  if (found == models->end()) found = models->find(kUnknown);
  ModelCounters& model = *found->second;
  raise(model.outcomes[outcome_of(report.status)]);
  const double seconds = std::chrono::duration<double>(report.duration).count();
  raise(model.seconds.counts[bucket_of(kPredictionSeconds, seconds)]);
  model.seconds.sum.fetch_add(seconds, std::memory_order_relaxed);
  const ScoreTally& scores = report.scores;
  if (scores.inliers() + scores.outliers() == 0) return;
  raise(model.inliers, scores.inliers());
  raise(model.outliers, scores.outliers());
  for (std::size_t i = 0; i < scores.buckets().size(); ++i) {
    raise(model.scores.counts[i], scores.buckets()[i]);
  }
  model.scores.sum.fetch_add(scores.sum(), std::memory_order_relaxed);
}

void PredictionMetrics::collect(std::vector<MetricFamily>& out) const {
  MetricFamily requests{"anomaly_exporter_prediction_requests_total",
                        "Requests to POST /prediction, by model and outcome.",
                        MetricType::Counter,
                        {}};
  MetricFamily rows{"anomaly_exporter_prediction_rows_total",
                    "Feature vectors that POST /prediction answered, by model and verdict.",
                    MetricType::Counter,
                    {}};
  MetricFamily seconds{"anomaly_exporter_prediction_duration_seconds",
                       "Time from a parsed HTTP request to the finished answer of "
                       "POST /prediction, by model.",
                       MetricType::Histogram,
                       {}};
  MetricFamily scores{"anomaly_exporter_prediction_score",
                      "Scores that POST /prediction answered, 0 to 1, higher is more anomalous.",
                      MetricType::Histogram,
                      {}};
  for (const auto& [name, model] : *state_->models.get()) {
    for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
      requests.metric.push_back(counter(name, "outcome", kOutcomes[i], model->outcomes[i]));
    }
    rows.metric.push_back(counter(name, "verdict", "inlier", model->inliers));
    rows.metric.push_back(counter(name, "verdict", "outlier", model->outliers));
    seconds.metric.push_back(model->seconds.collect(kPredictionSeconds));
    add_label(seconds.metric.back(), "model", name);
    scores.metric.push_back(model->scores.collect(kScoreBounds));
    add_label(scores.metric.back(), "model", name);
  }
  for (auto* family : {&requests, &rows, &seconds, &scores}) out.push_back(std::move(*family));
}

}  // namespace exporter
