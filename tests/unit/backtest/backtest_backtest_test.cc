#include "exporter/backtest/backtest.h"

#include <catch2/catch.hpp>

#include "tests/unit/detector/fake_source.h"

namespace exporter {
namespace {

const TimePoint kFrom = kStart + std::chrono::hours(10);

std::vector<DetectorSpec> two_detectors() {
  std::vector<DetectorSpec> detectors{two_features(), two_features()};
  detectors.back().name = "other";
  return detectors;
}

BacktestOptions one_hour(std::size_t threads) {
  return {.from = kFrom, .to = kFrom + std::chrono::hours(1), .threads = threads};
}

TEST_CASE("a backtest replays every detector in the order of the file", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  for (const std::size_t threads : {1, 4}) {
    BacktestProgress last;
    BacktestOptions options = one_hour(threads);
    options.progress = [&](const BacktestProgress& now) { last = now; };
    const auto replays = backtest(two_detectors(), LimitsConfig{}, source, options, {});
    REQUIRE(replays);
    REQUIRE(replays->size() == 2);
    CHECK(replays->front().spec.name == "test");
    CHECK(replays->back().spec.name == "other");
    CHECK(replays->back().tracks.front().points.size() == 61);
    CHECK(last.steps == 122);
    CHECK(last.share == Approx(1));
  }
}

TEST_CASE("a detector that fails names itself and ends the backtest", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  auto detectors = two_detectors();
  detectors.back().features.front().query = "nothing";
  detectors.back().features.back().query = "nothing";
  const auto replays = backtest(detectors, LimitsConfig{}, source, one_hour(2), {});
  REQUIRE_FALSE(replays);
  CHECK(replays.error().label() == "no_data");
  CHECK_THAT(replays.error().message, Catch::StartsWith("other: no query has a value from "));
}

TEST_CASE("a range between two steps is empty", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  const auto replays = backtest(
      two_detectors(), LimitsConfig{}, source,
      {.from = kFrom + std::chrono::seconds(10), .to = kFrom + std::chrono::seconds(20)}, {});
  REQUIRE_FALSE(replays);
  CHECK(replays.error().label() == "empty_range");
  CHECK_THAT(replays.error().message, Catch::Contains("no step of 1m lies from"));
}

TEST_CASE("a backtest that is stopped says so", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  std::stop_source stop;
  stop.request_stop();
  const auto replays =
      backtest(two_detectors(), LimitsConfig{}, source, one_hour(2), stop.get_token());
  REQUIRE_FALSE(replays);
  CHECK(replays.error().label() == "canceled");
}

TEST_CASE("a step takes the place of the interval where all else fits it", "[backtest]") {
  DetectorSpec spec = two_features();
  spec.season = {std::chrono::hours(6)};
  REQUIRE(take_step(spec, std::chrono::minutes(5)));
  CHECK(spec.interval == std::chrono::minutes(5));
  for (const auto bad : {std::chrono::minutes(7), std::chrono::minutes(12 * 60)}) {
    const auto taken = take_step(spec, bad);
    REQUIRE_FALSE(taken);
    CHECK_THAT(taken.error().message,
               Catch::Contains("test: --step") && Catch::Contains("season 6h"));
    CHECK(spec.interval == std::chrono::minutes(5));
  }
  spec.season = {};
  spec.history = std::chrono::hours(1);
  CHECK_THAT(take_step(spec, std::chrono::hours(2)).error().message, Catch::Contains("history 1h"));
}

}  // namespace
}  // namespace exporter
