// PredictionMetrics: what POST /prediction was asked and answered, per model.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

/// Upper bounds of the score buckets; scores lie in (0, 1].
inline constexpr std::array<double, 19> kScoreBounds{0.1,  0.2,   0.3,  0.35,  0.4,  0.45, 0.5,
                                                     0.55, 0.6,   0.65, 0.7,   0.75, 0.8,  0.85,
                                                     0.9,  0.925, 0.95, 0.975, 1.0};
/// Upper bounds of the latency buckets, in seconds.
inline constexpr std::array<double, 14> kPredictionSeconds{
    5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 5e-2, 0.25, 1, 5};

/// Scores of one request, counted without a lock.
class ScoreTally {
 public:
  void add(double score, bool is_inlier);
  std::uint64_t inliers() const { return inliers_; }
  std::uint64_t outliers() const { return outliers_; }
  double sum() const { return sum_; }
  /// Scores per bucket of kScoreBounds; the last one is beyond all bounds, and NaN.
  const std::array<std::uint32_t, kScoreBounds.size() + 1>& buckets() const { return buckets_; }

 private:
  std::array<std::uint32_t, kScoreBounds.size() + 1> buckets_{};
  std::uint64_t inliers_ = 0, outliers_ = 0;
  double sum_ = 0;
};

/// What one request came to.
struct PredictionReport {
  std::string_view model;  ///< as configured; any other text counts as `unknown`
  int status = 200;        ///< of the HTTP answer; gives the outcome
  std::chrono::steady_clock::duration duration{};
  const ScoreTally& scores;
};

/// Counts requests by outcome, rows by verdict, and histograms of latency and score, each with the
/// label `model`. Every child exists at 0 from set_models() on. Safe from any thread; a report
/// costs a few relaxed additions.
class PredictionMetrics {
 public:
  PredictionMetrics();
  ~PredictionMetrics();
  PredictionMetrics(const PredictionMetrics&) = delete;
  PredictionMetrics& operator=(const PredictionMetrics&) = delete;

  /// Takes the names in force: kept ones keep their counts, vanished ones leave no series behind.
  /// `unknown`, for requests that name no model, is always there.
  void set_models(const std::vector<std::string>& names);
  void record(const PredictionReport& report);
  /// Appends the families.
  void collect(std::vector<prometheus::MetricFamily>& out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace exporter
