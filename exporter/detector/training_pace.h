// TrainingPace: how trainings are spaced, so that failures and a busy fleet do not train all the
// time.
#pragma once

#include <algorithm>
#include <chrono>

#include "exporter/clock.h"

namespace exporter {

/// Rows between two trainings of young entities, which come one by one and are gathered.
inline constexpr Duration::rep kYoungTrainingRows = 8;
inline constexpr Duration kLongestTrainingBackoff = std::chrono::hours(1);

/// Says when a training that is due may begin. @tparam Time  of a clock that runs on: the steady
/// one in production, the replayed time in a backtest.
template <typename Time>
class TrainingPace {
 public:
  explicit TrainingPace(Duration interval) : interval_(interval) {}

  bool allows(Time now, bool full) const {
    return now >= retry_at_ && (full || now >= next_young_);
  }
  /// After a failure the next try waits one interval, then twice as long, up to an hour.
  void note_failure(Time now) {
    backoff_ = std::clamp(backoff_ * 2, interval_, std::max(interval_, kLongestTrainingBackoff));
    retry_at_ = now + backoff_;
  }
  void note_success(Time now) {
    backoff_ = Duration{0};
    next_young_ = now + interval_ * kYoungTrainingRows;
  }

 private:
  Duration interval_, backoff_{0};
  Time retry_at_{}, next_young_{};
};

}  // namespace exporter
