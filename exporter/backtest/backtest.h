// backtest: every detector of a configuration over a past range of its Prometheus.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "exporter/backtest/replay.h"
#include "exporter/config/config.h"
#include "exporter/promql/source.h"

namespace exporter {

/// How far a backtest is.
struct BacktestProgress {
  double share = 0;       ///< 0 to 1, of all detectors
  std::size_t steps = 0;  ///< cycles replayed
};

/// Asks for a backtest.
struct BacktestOptions {
  TimePoint from, to;
  std::size_t threads = 1;
  std::function<void(const BacktestProgress&)> progress = {};  ///< from any thread
};

/// Puts `step` in place of a detector's interval. Errors: config, when its season, history or
/// retrain do not fit the step.
Status take_step(DetectorSpec& spec, Duration step);

/// Reads what each detector needs once, and replays it; detectors side by side, one at a time on
/// one thread. The result does not depend on the number of threads.
/// @param limits  as each detector gets them
/// Errors, prefixed with the detector: those of RecordedSource::record and replay(); data (no_data)
/// when no query of it has a value in the range, (empty_range) when no time of its grid lies in it.
Result<std::vector<DetectorReplay>> backtest(const std::vector<DetectorSpec>& detectors,
                                             const LimitsConfig& limits, const SeriesSource& source,
                                             const BacktestOptions& options, std::stop_token stop);

}  // namespace exporter
