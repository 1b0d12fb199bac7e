#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "exporter/features/rolling.h"

using namespace exporter;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The definition, in two passes.
Rolling direct(const std::vector<double>& series, std::size_t scale) {
  std::vector<double> known;
  for (std::size_t i = series.size() - std::min(scale, series.size()); i < series.size(); ++i) {
    if (std::isfinite(series[i])) known.push_back(series[i]);
  }
  double mean = 0, squares = 0;
  for (const double value : known) mean += value / static_cast<double>(known.size());
  for (const double value : known) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / static_cast<double>(known.size()))};
}

std::vector<double> wave(std::size_t size, double level) {
  std::vector<double> series(size);
  for (std::size_t i = 0; i < size; ++i) {
    series[i] = level + std::sin(static_cast<double>(i) * 12.9898);
  }
  return series;
}

}  // namespace

TEST_CASE("mean and deviation of each scale are those of its last values") {
  for (const std::size_t size : {2, 3, 7, 12, 50, 191, 192, 400}) {
    const auto series = wave(size, 5);
    const auto found = rolling(series);
    for (std::size_t scale = 0; scale < kScales.size(); ++scale) {
      const Rolling expected = direct(series, kScales[scale]);
      CHECK(found[scale].mean == Approx(expected.mean).epsilon(1e-12));
      CHECK(found[scale].deviation == Approx(expected.deviation).epsilon(1e-12));
    }
  }
}

TEST_CASE("gaps are left out, and a gap now leaves nothing") {
  auto series = wave(100, 5);
  for (std::size_t i = 0; i < 99; i += 3) series[i] = kNaN;
  const auto found = rolling(series);
  for (std::size_t scale = 0; scale < kScales.size(); ++scale) {
    CHECK(found[scale].mean == Approx(direct(series, kScales[scale]).mean).epsilon(1e-12));
  }
  series.back() = kNaN;
  CHECK(std::isnan(rolling(series)[3].mean));
  CHECK(std::isnan(rolling(series)[3].deviation));
}

TEST_CASE("one value has a mean and no deviation") {
  const auto found = rolling(std::vector<double>{kNaN, kNaN, 4});
  for (const Rolling& each : found) {
    CHECK(each.mean == 4);
    CHECK(std::isnan(each.deviation));
  }
}

TEST_CASE("a constant has its very value as mean and no deviation, at any level") {
  for (const double level : {0.1, 1e15 / 3, -7e-300}) {
    for (const Rolling& each : rolling(std::vector<double>(200, level))) {
      CHECK(each.mean == level);
      CHECK(each.deviation == 0);
    }
  }
}

TEST_CASE("a large level costs no precision") {
  const auto near = rolling(wave(192, 0)), far = rolling(wave(192, 1e9));
  CHECK(far[3].deviation == Approx(near[3].deviation).epsilon(1e-6));
}

TEST_CASE("a gap before the first value changes no bit") {
  for (const std::size_t size : {2, 5, 14, 60}) {
    const auto series = wave(size, 3);
    auto behind_gap = series;
    behind_gap.insert(behind_gap.begin(), 192, kNaN);
    const auto a = rolling(series), b = rolling(behind_gap);
    for (std::size_t scale = 0; scale < kScales.size(); ++scale) {
      CHECK(a[scale].mean == b[scale].mean);
      CHECK(a[scale].deviation == b[scale].deviation);
    }
  }
}
