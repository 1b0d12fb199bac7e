#include "exporter/detector/live.h"

#include <algorithm>

namespace exporter {

void RecentRows::push(TimePoint at, std::span<const double> raw) {
  if (times_.size() == kKept) {
    times_.erase(times_.begin());
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(raw.size()));
  }
  times_.push_back(at);
  values_.insert(values_.end(), raw.begin(), raw.end());
}

RecentRows RecentRows::before(TimePoint at) const {
  RecentRows kept;
  if (times_.empty()) return kept;
  const auto count = std::ranges::lower_bound(times_, at) - times_.begin();
  const std::size_t d = values_.size() / times_.size();
  kept.times_.assign(times_.begin(), times_.begin() + count);
  kept.values_.assign(values_.begin(), values_.begin() + count * static_cast<std::ptrdiff_t>(d));
  return kept;
}

forest::Matrix RecentRows::levels(const ContextModel& context) const {
  const std::size_t d = context.feature_count();
  const std::size_t rows = std::min(times_.size(), kContextWindow);
  const std::size_t first = times_.size() - rows;
  forest::Matrix levels(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(d));
  for (std::size_t i = 0; i < rows; ++i) {
    context.levels(times_[first + i], {values_.data() + (first + i) * d, d},
                   {levels.row(static_cast<Eigen::Index>(i)).data(), d});
  }
  return levels;
}

}  // namespace exporter
