#include <catch2/catch.hpp>

#include "exporter/plot/time_axis.h"

namespace exporter::plot {
namespace {

using Texts = std::vector<std::string>;
constexpr double kHour = 3600, kDay = 24 * kHour;
constexpr double kMonday = 1704067200;  // 2024-01-01T00:00:00Z

TEST_CASE("a day is marked at whole hours with its date at midnight", "[plot]") {
  const auto ticks = time_ticks({kMonday - 6 * kHour, kMonday + 18 * kHour}, 6);
  CHECK(ticks.labels == Texts{"18:00", "Jan 1, 2024", "06:00", "12:00", "18:00"});
  CHECK(ticks.values[1] == kMonday);
}

TEST_CASE("weeks are marked at their Mondays", "[plot]") {
  const auto ticks = time_ticks({kMonday - kDay, kMonday + 30 * kDay}, 6);
  CHECK(ticks.labels == Texts{"Jan 1, 2024", "Jan 8", "Jan 15", "Jan 22", "Jan 29"});
}

TEST_CASE("there are no more marks than asked for, on ranges from a second to centuries",
          "[plot]") {
  for (double span = 1; span < 1e10; span *= 3) {
    for (const std::size_t most : {2, 5, 10}) {
      const auto ticks = time_ticks({kMonday + 1, kMonday + 1 + span}, most);
      CHECK(ticks.values.size() <= most);
      CHECK(ticks.labels.size() == ticks.values.size());
      for (const double value : ticks.values)
        CHECK((value > kMonday && value <= kMonday + 1 + span));
    }
  }
}

}  // namespace
}  // namespace exporter::plot
