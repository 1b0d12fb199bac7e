#include <catch2/catch.hpp>

#include "exporter/backtest/openmetrics.h"
#include "tests/unit/backtest/made_up.h"

namespace exporter {
namespace {

std::string openmetrics(const DetectorReplay& replay, std::size_t feature_series) {
  return written_by(
      [&](const TextSink& sink) { return write_openmetrics({&replay}, feature_series, sink); });
}

TEST_CASE("results become the series of /metrics with their times", "[backtest]") {
  const auto text = openmetrics(replay_of({track_of("x", "01"), track_of("y", "00")}), 100);
  CHECK_THAT(text,
             Catch::Contains(
                 "# TYPE anomaly_score gauge\n"
                 "anomaly_score{detector=\"test\",instance=\"x\",job=\"\"} 0.25 1728000000\n"
                 "anomaly_score{detector=\"test\",instance=\"x\",job=\"\"} 0.75 1728000060\n"
                 "anomaly_score{detector=\"test\",instance=\"y\",job=\"\"} 0.25 1728000000\n"));
  CHECK_THAT(text,
             Catch::Contains("anomaly_feature_value{detector=\"test\",feature=\"a\",instance=\"x\","
                             "job=\"\"} 1.5 1728000000\n"));
  CHECK_THAT(text, Catch::Contains("anomaly_entities{detector=\"test\"} 2 1728000000\n"));
  CHECK_THAT(text, Catch::EndsWith("\n# EOF\n"));
}

TEST_CASE("features are left out beyond limits.feature_series", "[backtest]") {
  const auto replay = replay_of({track_of("x", "0"), track_of("y", "0")});
  CHECK_THAT(openmetrics(replay, 4), Catch::Contains("anomaly_feature_value{"));
  CHECK_THAT(openmetrics(replay, 3), !Catch::Contains("anomaly_feature_value{"));
}

TEST_CASE("a missing feature has no sample", "[backtest]") {
  auto replay = replay_of({track_of("x", "0")});
  replay.tracks.front().values.front() = std::numeric_limits<float>::quiet_NaN();
  const auto text = openmetrics(replay, 100);
  CHECK_THAT(text, !Catch::Contains("NaN"));
  CHECK_THAT(text, !Catch::Contains("anomaly_feature_value{detector=\"test\",feature=\"a\""));
  CHECK_THAT(text, Catch::Contains("anomaly_feature_value{detector=\"test\",feature=\"b\""));
}

}  // namespace
}  // namespace exporter
