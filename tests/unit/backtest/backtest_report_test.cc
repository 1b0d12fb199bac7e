#include <catch2/catch.hpp>

#include "exporter/backtest/entity_chart.h"
#include "exporter/backtest/report.h"
#include "tests/unit/backtest/made_up.h"

namespace exporter {
namespace {

std::string page(const DetectorOutcome& outcome) {
  return written_by([&](const TextSink& sink) { return write_report({outcome}, sink); });
}

TEST_CASE("the report tells alerts, their reasons, hits and misses", "[backtest]") {
  const auto text = page(outcome_of(replay_of({track_of("x", "0110")}),
                                    {{host("x"), minute(0), minute(1), "disk full"},
                                     {host("x"), minute(3), minute(3), "quiet one"},
                                     {host("y"), minute(0), minute(1), "elsewhere"}}));
  CHECK_THAT(text, Catch::StartsWith("<!DOCTYPE html>") && Catch::EndsWith("</html>\n"));
  CHECK_THAT(text, Catch::Contains("b 75%"));
  CHECK_THAT(text, Catch::Contains("<span class=\"good\">hit</span>, 1m after its start"));
  CHECK_THAT(text, Catch::Contains("not scored"));
  CHECK_THAT(text, Catch::Contains("class=\"alert\""));
  CHECK_THAT(text, Catch::Contains("class=\"incident\""));
}

TEST_CASE("the report loads nothing and runs nothing, whatever the labels are", "[backtest]") {
  const auto text = page(outcome_of(replay_of({track_of("<script>alert(1)</script>", "01")}),
                                    {{Labels{}, minute(0), minute(1), "<img src=x>"}}));
  CHECK_THAT(text, !Catch::Contains("<script") && !Catch::Contains("<img"));
  CHECK_THAT(text, !Catch::Contains("src=\"") && !Catch::Contains("href=\"http"));
}

TEST_CASE("a chart shows the features that alerts blame before others", "[backtest]") {
  const auto outcome = outcome_of(replay_of({track_of("x", "01")}), {});
  const auto chart = entity_chart(outcome, 0);
  CHECK(chart.find(">b</text>") < chart.find(">a</text>"));
}

TEST_CASE("a chart does not grow with the length of the range", "[backtest]") {
  std::string active(100'000, '0');
  auto replay = replay_of({track_of("x", active)});
  for (std::size_t i = 0; i < active.size(); ++i) {
    replay.tracks.front().points[i].score = i % 7 == 0 ? 0.5 : 0.25;
    replay.tracks.front().values[2 * i] = static_cast<float>(i % 11);
  }
  CHECK(entity_chart(outcome_of(std::move(replay), {}), 0).size() < 200'000);
}

TEST_CASE("a report keeps to the worst entities and says so", "[backtest]") {
  std::vector<EntityTrack> tracks;
  for (int i = 0; i < 20; ++i) tracks.push_back(track_of("host-" + std::to_string(i), "00"));
  tracks.push_back(track_of("zz-alert", "01"));
  const auto text = page(outcome_of(replay_of(std::move(tracks)), {}));
  CHECK_THAT(text, Catch::Contains("12 of 21 entities"));
  CHECK(text.find("<h3>zz-alert</h3>") < text.find("<h3>host-0</h3>"));
}

}  // namespace
}  // namespace exporter
