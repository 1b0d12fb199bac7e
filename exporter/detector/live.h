// LiveState: what a detector carries from one cycle to the next, per entity.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "exporter/detector/activity.h"
#include "exporter/features/context.h"
#include "exporter/promql/series.h"

namespace exporter {

/// The last clean rows of one entity, raw. Rows judged anomalous stay out, so that the reference of
/// an incident is what came before it, and the end of the incident is visible at once.
class RecentRows {
 public:
  /// Rows kept: what a context needs of the past at the times of a whole window.
  static constexpr std::size_t kKept = 2 * kContextWindow;

  /// Appends a row, forgetting the oldest beyond kKept. @param raw [features]
  void push(TimePoint at, std::span<const double> raw);
  /// Returns the levels of the newest kContextWindow rows under `context`: [rows x features],
  /// oldest first.
  forest::Matrix levels(const ContextModel& context) const;
  /// Returns the rows of times before `at`.
  RecentRows before(TimePoint at) const;
  /// Tells whether the newest row is so old at `at`, three context windows, that the day has moved
  /// on: it says nothing of what is recent.
  bool outdated(TimePoint at, Duration interval) const {
    return at - newest() > interval * static_cast<Duration::rep>(3 * kContextWindow);
  }
  std::span<const TimePoint> times() const { return times_; }
  std::span<const double> values() const { return values_; }
  /// Tells whether the newest row is the one `interval` before `at`.
  bool adjacent(TimePoint at, Duration interval) const {
    return !times_.empty() && times_.back() == at - interval;
  }
  /// Returns the time of the newest row; the epoch when empty.
  TimePoint newest() const { return times_.empty() ? TimePoint{} : times_.back(); }

 private:
  std::vector<TimePoint> times_;
  std::vector<double> values_;  ///< [times_.size() x features]
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
};

}  // namespace exporter
