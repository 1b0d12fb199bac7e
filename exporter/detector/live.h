// LiveState: what a detector carries from one cycle to the next, per entity.
#pragma once

#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "exporter/detector/absence.h"
#include "exporter/features/context.h"
#include "exporter/model/activity.h"
#include "exporter/promql/series.h"

namespace exporter {

/// The last rows of one entity, raw.
class RecentRows {
 public:
  /// Rows kept: a context, and an hour of times (at steps of a minute) that can be asked for.
  static constexpr std::size_t kKept = kContextWindow + 60;

  /// Appends a row, forgetting the oldest beyond kKept. @pre at is after newest()
  /// @param raw    [features]
  /// @param usual  false: of an anomaly
  void push(TimePoint at, std::span<const double> raw, bool usual);
  /// Returns the steps right before `at`, as far as they are known: [0..kContextWindow x features],
  /// oldest first, NaN for a gap. @param features  of a row
  forest::Matrix window(TimePoint at, Duration interval, std::size_t features) const;
  /// Returns the same with a gap for each row of an anomaly: what `at` follows on but for those.
  forest::Matrix usual_window(TimePoint at, Duration interval, std::size_t features) const;
  /// Tells whether the two differ.
  bool has_anomaly(TimePoint at, Duration interval) const;
  std::span<const TimePoint> times() const { return times_; }
  std::span<const double> values() const { return values_; }
  bool usual(std::size_t row) const { return usual_[row]; }
  /// Returns the time of the newest row; the epoch when empty.
  TimePoint newest() const { return times_.empty() ? TimePoint{} : times_.back(); }

 private:
  /// Returns the places [first, last) of the rows of the window before `at`.
  std::pair<std::size_t, std::size_t> before(TimePoint at, Duration interval) const;

  std::vector<TimePoint> times_;
  std::vector<double> values_;  ///< [times_.size() x features]
  std::vector<bool> usual_;     ///< [times_.size()]
};

struct EntityState {
  RecentRows recent;
  Activity activity;
  TimePoint first_seen;  ///< first time known to have data
  TimePoint last_seen;
  TimePoint last_trained;  ///< last time a training covered it; the epoch before the first
};

struct LiveState {
  TimePoint last;  ///< the last time scored; the epoch before the first cycle
  std::map<Labels, EntityState> entities;
  MissingEntities missing;  ///< that should be there and gave no data in the last answered cycle
};

/// A LiveState that one thread changes, while others may read it: they hold the mutex, and so does
/// the one that changes it, only while it does.
class SharedLive {
 public:
  /// Of nobody else: no mutex is needed.
  SharedLive(LiveState& state) : state_(state) {}  // NOLINT(google-explicit-constructor)
  SharedLive(LiveState& state, std::mutex& mutex) : state_(state), mutex_(&mutex) {}

  const LiveState& read() const { return state_; }
  /// Calls `change(state)` with the mutex held, and returns what it returns.
  template <typename Change>
  decltype(auto) change(Change change) const {
    const auto lock =
        mutex_ != nullptr ? std::unique_lock(*mutex_) : std::unique_lock<std::mutex>();
    return change(state_);
  }

 private:
  LiveState& state_;
  std::mutex* mutex_ = nullptr;
};

}  // namespace exporter
