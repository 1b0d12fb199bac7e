// Activity: from scores to what people are told, with novelty gate and hysteresis.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "exporter/clock.h"

namespace exporter {

/// When an entity becomes and stops being active.
struct ActivityRule {
  Duration novelty;
  std::size_t hysteresis = 1;
};

/// Returns how far a score lies above the usual one, as a share of the way to 1; below 0 under it.
/// Unlike scores, which have a level of their own in each model, it compares across trainings.
double excess_of(double score, double usual_score);

/// Follows one entity. It becomes active when detected with an excess above that of every score of
/// the last `novelty`, those of alerts that ended included, and ends after `hysteresis` cycles in a
/// row that are not detected. Plain data: it is saved with the live state.
struct Activity {
  /// What is older than novelty is forgotten by slots of novelty / kSlotsOfNovelty, so memory is
  /// bounded. One slot more is kept: what happened exactly `novelty` ago, a nightly job, counts.
  static constexpr std::size_t kSlotsOfNovelty = 24, kSlots = kSlotsOfNovelty + 1;

  bool active = false;
  std::uint32_t below = 0;               ///< cycles in a row without detection while active
  std::int64_t slot = 0;                 ///< number of the newest slot, time / slot length
  std::array<double, kSlots> highest{};  ///< highest excess per slot, 0 or more, at slot % kSlots

  /// Takes the excess of one cycle's score; times ascend. @return true when this cycle starts an
  /// alert
  bool update(const ActivityRule& rule, TimePoint at, double excess, bool detected);

  /// Ends an alert at once.
  void end();
  /// Forgets the remembered scores, for a novelty of another length.
  void forget_scores();

  friend bool operator==(const Activity&, const Activity&) = default;
};

}  // namespace exporter
