#include "exporter/model/activity.h"

#include <algorithm>

namespace exporter {
namespace {

void advance(Activity& activity, std::int64_t slot) {
  const std::int64_t passed = slot - activity.slot;
  if (passed <= 0) return;
  if (passed >= static_cast<std::int64_t>(Activity::kSlots)) {
    activity.highest.fill(0);
  } else {
    for (std::int64_t s = activity.slot + 1; s <= slot; ++s) {
      activity.highest[static_cast<std::size_t>(s) % Activity::kSlots] = 0;
    }
  }
  activity.slot = slot;
}

}  // namespace

double excess_of(double score, double usual_score) {
  return usual_score < 1 ? (score - usual_score) / (1 - usual_score) : 0;
}

bool Activity::update(const ActivityRule& rule, TimePoint at, double excess, bool detected) {
  const auto length = std::max<Duration>(Duration{1}, rule.novelty / kSlotsOfNovelty);
  advance(*this, at.time_since_epoch() / length);
  const bool starts = !active && detected && excess > *std::ranges::max_element(highest);
  double& newest = highest[static_cast<std::size_t>(slot) % kSlots];
  newest = std::max(newest, excess);
  if (starts) {
    active = true;
  } else if (active && !detected && ++below < rule.hysteresis) {
    return false;
  } else if (active && !detected) {
    active = false;
  }
  below = 0;
  return starts;
}

void Activity::end() {
  active = false;
  below = 0;
}

void Activity::forget_scores() {
  slot = 0;
  highest.fill(0);
}

}  // namespace exporter
