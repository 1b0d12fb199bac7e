#include "exporter/features/rolling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace exporter {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Sums run side by side; which one a value goes to depends on its age alone, so that gaps before
// the first value change no bit.
constexpr std::size_t kLanes = 4;

struct Sums {
  std::array<double, kLanes> count{}, sum{}, squares{};

  void add(std::size_t lane, double difference) {
    const bool known = std::isfinite(difference);
    const double value = known ? difference : 0;
    count[lane] += known ? 1 : 0;
    sum[lane] += value;
    squares[lane] += value * value;
  }
  static double total(const std::array<double, kLanes>& lanes) {
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  }
};

Rolling read(const Sums& sums, double newest) {
  const double count = Sums::total(sums.count);
  const double mean = Sums::total(sums.sum) / count;
  const double variance = Sums::total(sums.squares) / count - mean * mean;
  return {.mean = newest + mean,
          .deviation = count < 2 ? kNaN : std::sqrt(std::max(0.0, variance))};
}

}  // namespace

std::array<Rolling, kScales.size()> rolling(std::span<const double> series) {
  std::array<Rolling, kScales.size()> found;
  const double newest = series.back();
  if (!std::isfinite(newest)) {
    found.fill({kNaN, kNaN});
    return found;
  }
  Sums sums;
  std::size_t age = 0;  // steps before the row itself; each window adds to the shorter one
  for (std::size_t scale = 0; scale < kScales.size(); ++scale) {
    const double* const end = series.data() + series.size();
    const std::size_t rows = std::min(kScales[scale], series.size());
    const auto add = [&] { sums.add(age % kLanes, *(end - 1 - age) - newest), ++age; };
    while (age < rows && age % kLanes != 0) add();
    for (; age + kLanes <= rows; age += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        sums.add(lane, *(end - 1 - age - lane) - newest);
      }
    }
    while (age < rows) add();
    found[scale] = read(sums, newest);
  }
  return found;
}

}  // namespace exporter
