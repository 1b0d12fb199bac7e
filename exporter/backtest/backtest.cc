#include "exporter/backtest/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "exporter/backtest/recorded_source.h"
#include "exporter/time_text.h"

namespace exporter {
namespace {

// What share of the time reading takes, about; for the bar.
constexpr double kReadingShare = 0.2;

/// Adds up how far the detectors are.
class SharedProgress {
 public:
  SharedProgress(std::size_t detectors, const BacktestOptions& options)
      : options_(options), shares_(detectors), steps_(detectors) {}

  void update(std::size_t detector, double share, std::size_t steps) {
    if (!options_.progress) return;
    const std::lock_guard lock(mutex_);
    shares_[detector] = share;
    steps_[detector] = steps;
    BacktestProgress sum;
    for (const double each : shares_) sum.share += each / static_cast<double>(shares_.size());
    for (const std::size_t each : steps_) sum.steps += each;
    options_.progress(sum);
  }

 private:
  const BacktestOptions& options_;
  std::mutex mutex_;
  std::vector<double> shares_;
  std::vector<std::size_t> steps_;
};

Error stopped() { return {ErrorKind::upstream, "stopped", "canceled"}; }

/// Takes the detectors one after the other, from any number of threads.
class Backtest {
 public:
  Backtest(const std::vector<DetectorSpec>& detectors, const LimitsConfig& limits,
           const SeriesSource& source, const BacktestOptions& options)
      : detectors_(detectors),
        limits_(limits),
        source_(source),
        options_(options),
        threads_each_(
            std::max<std::size_t>(1, options.threads / std::max<std::size_t>(1, detectors.size()))),
        progress_(detectors.size(), options),
        results_(detectors.size()) {}

  Result<std::vector<DetectorReplay>> run(std::stop_token stop);

 private:
  void work(std::stop_token stop);
  Result<DetectorReplay> replay_one(std::size_t index, std::stop_token stop);

  const std::vector<DetectorSpec>& detectors_;
  const LimitsConfig& limits_;
  const SeriesSource& source_;
  const BacktestOptions& options_;
  const std::size_t threads_each_;
  SharedProgress progress_;
  std::atomic<std::size_t> next_ = 0;
  std::stop_source failed_;
  std::vector<std::optional<Result<DetectorReplay>>> results_;
};

Result<DetectorReplay> Backtest::replay_one(std::size_t index, std::stop_token stop) {
  const DetectorSpec& spec = detectors_[index];
  const ReplayRange range = replay_range(spec, options_.from, options_.to);
  if (range.to < range.from) {
    return Error{ErrorKind::data,
                 fmt::format("no step of {} lies from {} to {}", format_duration(spec.interval),
                             to_rfc3339(options_.from), to_rfc3339(options_.to)),
                 "empty_range"};
  }
  const TimeGrid grid = replay_grid(spec, range);
  const auto recorded = RecordedSource::record(
      source_, replay_queries(spec), grid, limits_.training_samples, stop,
      [&](double share) { progress_.update(index, share * kReadingShare, 0); });
  if (!recorded) return recorded.error();
  if (recorded->samples() == 0) {
    return Error{ErrorKind::data,
                 fmt::format("no query has a value from {} to {}; look at the queries with "
                             "`anomaly_exporter check`, and at how far Prometheus' data goes back",
                             to_rfc3339(grid.start), to_rfc3339(grid.last())),
                 "no_data"};
  }
  const auto steps = static_cast<double>((range.to - range.from) / spec.interval + 1);
  return replay(spec, limits_, range, *recorded, threads_each_, stop, [&](std::size_t done) {
    const double share = static_cast<double>(done) / steps;
    progress_.update(index, kReadingShare + (1 - kReadingShare) * share, done);
  });
}

void Backtest::work(std::stop_token stop) {
  for (std::size_t i = next_++; i < detectors_.size(); i = next_++) {
    if (stop.stop_requested()) return;
    try {
      results_[i] = replay_one(i, stop);
    } catch (const std::exception& failure) {
      results_[i] = Error{ErrorKind::data, std::string("internal error: ") + failure.what()};
    }
    if (!*results_[i]) failed_.request_stop();
  }
}

Result<std::vector<DetectorReplay>> Backtest::run(std::stop_token stop) {
  {
    const std::stop_callback forward(stop, [this] { failed_.request_stop(); });
    std::vector<std::jthread> workers;
    for (std::size_t i = 1; i < std::min(options_.threads, detectors_.size()); ++i) {
      workers.emplace_back([this] { work(failed_.get_token()); });
    }
    work(failed_.get_token());
  }
  if (stop.stop_requested()) return stopped();
  std::vector<DetectorReplay> replays;
  std::optional<Error> error;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    auto& result = results_[i];
    if (result && *result) {
      replays.push_back(**std::move(result));
    } else if (result && (!error || error->label() == "canceled")) {
      // One that failed stops the others, which say so.
      error = std::move(*result).error().in(detectors_[i].name);
    }
  }
  if (error) return *std::move(error);
  return replays;
}

}  // namespace

Status take_step(DetectorSpec& spec, Duration step) {
  const auto misfit = [&](std::string_view key, Duration length) {
    return Error{ErrorKind::config,
                 fmt::format("{}: --step {} does not fit {} {}: it must be no longer{}", spec.name,
                             format_duration(step), key, format_duration(length),
                             key == "season" ? " and divide it" : "")};
  };
  for (const Duration season : spec.season) {
    if (step > season || season % step != Duration::zero()) return misfit("season", season);
  }
  if (step > spec.history) return misfit("history", spec.history);
  if (step > spec.retrain) return misfit("retrain", spec.retrain);
  spec.interval = step;
  return Done{};
}

Result<std::vector<DetectorReplay>> backtest(const std::vector<DetectorSpec>& detectors,
                                             const LimitsConfig& limits, const SeriesSource& source,
                                             const BacktestOptions& options, std::stop_token stop) {
  return Backtest(detectors, limits, source, options).run(stop);
}

}  // namespace exporter
