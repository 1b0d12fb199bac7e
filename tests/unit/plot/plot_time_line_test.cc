#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "exporter/plot/time_line.h"

namespace exporter::plot {
namespace {

constexpr float kGap = std::numeric_limits<float>::quiet_NaN();

Frame frame_of(double most) { return {0, 0, 100, 100, {0, most}, {0, 1}}; }

std::size_t moves(const Path& path) {
  return static_cast<std::size_t>(
      std::ranges::count_if(path.text(), [](char c) { return c == 'M' || c == 'm'; }));
}

TEST_CASE("a line is broken at missing values and at gaps in time", "[plot]") {
  const std::vector<double> times{0, 10, 20, 30, 40, 70, 80};
  const std::vector<float> values{0.5F, 0.6F, kGap, 0.5F, 0.6F, 0.5F, 0.6F};
  CHECK(moves(time_line(frame_of(100), times, values, 15)) == 3);
  CHECK(moves(time_line(frame_of(100), times, values, 1000)) == 1);
}

TEST_CASE("a peak of one point among many stays", "[plot]") {
  std::vector<double> times;
  std::vector<float> values;
  for (int i = 0; i < 100'000; ++i) {
    times.push_back(i);
    values.push_back(0.5F);
  }
  const Path flat = time_line(frame_of(1e5), times, values, 10);
  values[50'000] = 1;
  const Path peak = time_line(frame_of(1e5), times, values, 10);
  CHECK(peak.text() != flat.text());
  CHECK(peak.text().size() < 10'000);
}

TEST_CASE("a lone point is a dot and no value is nothing", "[plot]") {
  const std::vector<double> times{5};
  CHECK_FALSE(time_line(frame_of(10), times, std::vector<float>{0.5F}, 1).empty());
  CHECK(time_line(frame_of(10), times, std::vector<float>{kGap}, 1).empty());
}

TEST_CASE("values beyond the frame are drawn at its edge", "[plot]") {
  const std::vector<double> times{0, 5, 10};
  const Path inside = time_line(frame_of(10), times, std::vector<float>{0, 1, 0}, 6);
  const Path beyond = time_line(frame_of(10), times, std::vector<float>{-3, 99, 0}, 6);
  CHECK(inside.text() == beyond.text());
}

}  // namespace
}  // namespace exporter::plot
