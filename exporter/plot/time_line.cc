#include "exporter/plot/time_line.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace exporter::plot {
namespace {

/// Joins points column by column of pixels.
class Reducer {
 public:
  explicit Reducer(Path& path) : path_(path) {}

  void add(Pixel at) {
    if (!column_.empty() && std::floor(at.x) != std::floor(column_.front().x)) end_column();
    column_.push_back(at);
    if (column_.size() == kMostHeld) shrink();
  }
  /// Ends the line: the next point begins another.
  void end_run() {
    end_column();
    if (run_.size() == 1) {
      path_.dot(run_.front());
    } else if (!run_.empty()) {
      path_.polyline(run_, false);
    }
    run_.clear();
  }

 private:
  static constexpr std::size_t kMostHeld = 1024;

  // Keeps the first, lowest, highest and last point in their order.
  void shrink() {
    const auto by_height = [](const Pixel& a, const Pixel& b) { return a.y < b.y; };
    const auto [low, high] = std::minmax_element(column_.begin(), column_.end(), by_height);
    std::vector<Pixel> kept{column_.front(), *std::min(low, high), *std::max(low, high),
                            column_.back()};
    column_ = std::move(kept);
  }
  void end_column() {
    if (column_.size() > 4) shrink();
    run_.insert(run_.end(), column_.begin(), column_.end());
    column_.clear();
  }

  Path& path_;
  std::vector<Pixel> column_, run_;
};

}  // namespace

Path time_line(const Frame& frame, std::span<const double> times, std::span<const float> values,
               double gap) {
  Path path;
  Reducer reducer(path);
  double last = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto value = static_cast<double>(values[i]);
    if (!std::isfinite(value)) continue;
    if (times[i] - last > gap) reducer.end_run();
    last = times[i];
    reducer.add(frame.at_share(std::clamp(frame.share_x(times[i]), 0.0, 1.0),
                               std::clamp(frame.share_y(value), 0.0, 1.0)));
  }
  reducer.end_run();
  return path;
}

}  // namespace exporter::plot
