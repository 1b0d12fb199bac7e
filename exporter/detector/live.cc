#include "exporter/detector/live.h"

#include <algorithm>
#include <limits>

namespace exporter {

void RecentRows::push(TimePoint at, std::span<const double> raw, bool usual) {
  if (times_.size() == kKept) {
    times_.erase(times_.begin());
    usual_.erase(usual_.begin());
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(raw.size()));
  }
  times_.push_back(at);
  usual_.push_back(usual);
  values_.insert(values_.end(), raw.begin(), raw.end());
}

std::pair<std::size_t, std::size_t> RecentRows::before(TimePoint at, Duration interval) const {
  const TimePoint oldest = at - interval * static_cast<Duration::rep>(kContextWindow);
  const auto first = std::ranges::lower_bound(times_, oldest);
  const auto last = std::ranges::lower_bound(first, times_.end(), at);
  return {static_cast<std::size_t>(first - times_.begin()),
          static_cast<std::size_t>(last - times_.begin())};
}

forest::Matrix RecentRows::window(TimePoint at, Duration interval, std::size_t features) const {
  const auto d = static_cast<Eigen::Index>(features);
  const auto [first, last] = before(at, interval);
  if (first == last) return forest::Matrix(0, d);
  const auto steps = static_cast<Eigen::Index>((at - times_[first]) / interval);
  forest::Matrix rows =
      forest::Matrix::Constant(steps, d, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = first; i < last; ++i) {
    const auto step = steps - static_cast<Eigen::Index>((at - times_[i]) / interval);
    rows.row(step) = Eigen::Map<const Eigen::RowVectorXd>(values_.data() + i * features, d);
  }
  return rows;
}

forest::Matrix RecentRows::usual_window(TimePoint at, Duration interval,
                                        std::size_t features) const {
  forest::Matrix rows = window(at, interval, features);
  const auto [first, last] = before(at, interval);
  for (std::size_t i = first; i < last; ++i) {
    if (usual_[i]) continue;
    const auto step = rows.rows() - static_cast<Eigen::Index>((at - times_[i]) / interval);
    rows.row(step).setConstant(std::numeric_limits<double>::quiet_NaN());
  }
  return rows;
}

bool RecentRows::has_anomaly(TimePoint at, Duration interval) const {
  const auto [first, last] = before(at, interval);
  return std::find(usual_.begin() + static_cast<std::ptrdiff_t>(first),
                   usual_.begin() + static_cast<std::ptrdiff_t>(last),
                   false) != usual_.begin() + static_cast<std::ptrdiff_t>(last);
}

}  // namespace exporter
