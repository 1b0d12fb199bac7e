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
  bool averaged =
      false;  ///< compare the mean of the last two scores, so that one odd sample counts half
};

/// Follows one entity. It becomes active when detected with a score above every score of the last
/// `novelty`, those of alerts that ended included, and ends after `hysteresis` cycles in a row that
/// are not detected. Plain data: it is saved with the live state.
struct Activity {
  /// Scores older than novelty are forgotten by slots of novelty / kSlots, so memory is bounded.
  static constexpr std::size_t kSlots = 24;

  bool active = false;
  std::uint32_t below = 0;               ///< cycles in a row without detection while active
  std::int64_t slot = 0;                 ///< number of the newest slot, time / slot length
  std::array<double, kSlots> highest{};  ///< highest score per slot, at slot % kSlots

  /// Takes the score of one cycle; times ascend. @return true when this cycle starts an alert
  bool update(const ActivityRule& rule, TimePoint at, double score, bool detected);

  /// Ends an alert at once.
  void end();
  /// Forgets the remembered scores, for a novelty of another length.
  void forget_scores();

  friend bool operator==(const Activity&, const Activity&) = default;
};

}  // namespace exporter
