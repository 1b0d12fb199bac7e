#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "exporter/backtest/judgement.h"
#include "tests/unit/backtest/made_up.h"

namespace exporter {
namespace {

/// Points of 200 minutes, active in those given.
std::string active_in(std::initializer_list<int> minutes) {
  std::string text(200, '0');
  for (const int at : minutes) text[static_cast<std::size_t>(at)] = '1';
  return text;
}

TEST_CASE("alerts that follow each other within half an hour are one notification", "[backtest]") {
  const auto replay = replay_of({track_of("x", active_in({10, 11, 41, 72, 150}))});
  const auto judgement = judge(replay, {}, false);
  REQUIRE(judgement.notifications.size() == 3);
  CHECK(judgement.notifications[0].alert.start == minute(10));
  CHECK(judgement.notifications[0].alert.end == minute(41));
  CHECK(judgement.notifications[1].alert.start == minute(72));
}

TEST_CASE("alerts of different entities are different notifications", "[backtest]") {
  const auto replay = replay_of({track_of("x", active_in({10})), track_of("y", active_in({9}))});
  const auto judgement = judge(replay, {}, false);
  REQUIRE(judgement.notifications.size() == 2);
  CHECK(judgement.notifications.front().track == 1);
  // 400 entity minutes
  CHECK(judgement.alerts_per_day() == Approx(2.0 / (400.0 / 1440.0)));
}

TEST_CASE("a notification near the incident of its entity is a hit, any other false",
          "[backtest]") {
  const auto replay =
      replay_of({track_of("x", active_in({50, 190})), track_of("y", active_in({100}))});
  const std::vector<Incident> incidents{{host("x"), minute(60), minute(70), "one"},
                                        {host("x"), minute(100), minute(110), "two"},
                                        {Labels{}, minute(101), minute(102), "any"},
                                        {host("z"), minute(50), minute(60), "elsewhere"},
                                        {host("x"), minute(5000), minute(5001), "later"}};
  const auto judgement = judge(replay, incidents, true);
  CHECK(judgement.outcomes[0].hit);  // ten minutes early is still its
  CHECK(judgement.outcomes[0].first_alert == minute(50));
  CHECK_FALSE(judgement.outcomes[1].hit);
  CHECK(judgement.outcomes[2].hit);
  CHECK_FALSE(judgement.outcomes[3].covered);
  CHECK_FALSE(judgement.outcomes[4].covered);
  CHECK(judgement.incidents_covered() == 3);
  CHECK(judgement.incidents_hit() == 2);
  CHECK(judgement.false_notifications() == 1);
  REQUIRE(judgement.notifications.size() == 3);
  CHECK(judgement.notifications[0].incident == std::optional<std::size_t>(0));
  CHECK_FALSE(judgement.notifications[2].incident);
}

TEST_CASE("the budget is the detector's, or an alert a week", "[backtest]") {
  auto replay = replay_of({track_of("x", "0")});
  CHECK(judge(replay, {}, false).budget_per_day == Approx(1.0 / 7));
  replay.spec.alert_budget = 0.5;
  CHECK(judge(replay, {}, false).budget_per_day == 0.5);
}

TEST_CASE("the summary tells figures, reasons and incidents", "[backtest]") {
  const auto outcome = outcome_of(replay_of({track_of("x", active_in({50}))}),
                                  {{host("x"), minute(50), minute(55), "one"}});
  const auto json = nlohmann::json::parse(summary_json({outcome}));
  const auto& detector = json.at("detectors").at(0);
  CHECK(detector.at("name") == "test");
  CHECK(detector.at("alerts") == 1);
  CHECK(detector.at("incidents_hit") == 1);
  CHECK(detector.at("false_alerts") == 0);
  const auto& told = detector.at("notifications").at(0);
  CHECK(told.at("start") == to_seconds(minute(50)));
  CHECK(told.at("entity").at("instance") == "x");
  CHECK(told.at("reasons").at(0).at("feature") == "b");
  CHECK(detector.at("entities").at(0).at("file") == "x");
  CHECK(detector.at("entities").at(0).at("active_ratio") == Approx(1.0 / 200));
}

TEST_CASE("the table tells hits only where incidents are known", "[backtest]") {
  const auto replay = replay_of({track_of("x", active_in({50}))});
  const auto without = summary_table({outcome_of(replay, {})});
  CHECK_THAT(without, !Catch::Contains("incidents"));
  const auto with =
      summary_table({outcome_of(replay, {{Labels{}, minute(1), minute(2), "missed one"}})});
  CHECK_THAT(with, Catch::Contains("0 of 1"));
}

TEST_CASE("what was out of order is remarked on", "[backtest]") {
  auto outcome = outcome_of(replay_of({track_of("x", "00")}), {});
  CHECK(remarks(outcome).empty());
  outcome.replay.trainings_failed = 2;
  outcome.replay.training_error = "the history is empty";
  outcome.replay.steps_without_data = 7;
  for (ScoredPoint& point : outcome.replay.tracks.front().points) point.ready = false;
  const auto table = summary_table({outcome});
  CHECK_THAT(table, Catch::Contains("2 trainings failed, the last one: the history is empty"));
  CHECK_THAT(table, Catch::Contains("7 steps had no data"));
  CHECK_THAT(table, Catch::Contains("1 of 1 entities never had the history that alerts need"));
}

}  // namespace
}  // namespace exporter
