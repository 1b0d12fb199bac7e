#include <catch2/catch.hpp>

#include "exporter/backtest/incidents.h"
#include "tests/unit/backtest/made_up.h"

namespace exporter {
namespace {

TEST_CASE("incidents are read with and without header, name and entity", "[backtest]") {
  const auto incidents = parse_incidents(
      "\xef\xbb\xbf"
      "entity,start,end,name\r\n"
      "\"{instance=\"\"x\"\", job=\"\"a\\\"\"b\"\"}\",1728000000,1728000060,disk full\r\n"
      "\n"
      ",2024-10-04T00:00:00Z,2024-10-04T00:05:00Z\n",
      "i.csv");
  REQUIRE(incidents);
  REQUIRE(incidents->size() == 2);
  CHECK(incidents->front().match == Labels({{"instance", "x"}, {"job", "a\"b"}}));
  CHECK(incidents->front().start == kStart);
  CHECK(incidents->front().end == minute(1));
  CHECK(incidents->front().name == "disk full");
  CHECK(incidents->back().match.empty());
  CHECK(incidents->back().end == minute(5));
  CHECK(incidents->back().name.empty());
}

TEST_CASE("an incident concerns the entities that have its labels", "[backtest]") {
  const Incident incident{host("x"), minute(0), minute(1), ""};
  CHECK(incident.concerns(Labels({{"instance", "x"}, {"job", "a"}})));
  CHECK_FALSE(incident.concerns(host("y")));
  CHECK(Incident{}.concerns(host("y")));
}

TEST_CASE("a bad list of incidents is refused with its line", "[backtest]") {
  const auto [text, part] = GENERATE(table<std::string, std::string>({
      {",1,2,a\n,1\n", "i.csv:2: 2 fields; a row is entity,start,end,name"},
      {",1,2,a,b\n", "i.csv:1: 5 fields"},
      {"x,1,2\n", "i.csv:1: not an entity of the form {instance=\"db-1\"}: x"},
      {"\"{a=\"\"b}\",1,2\n", "i.csv:1: not an entity"},
      {"\"{a=\"\"b\"\"} c\",1,2\n", "i.csv:1: not an entity"},
      {",yesterday,2\n", "i.csv:1: neither RFC 3339 nor unix seconds: yesterday"},
      {",2,1\n", "i.csv:1: the end lies before the start"},
      {"\"a,1,2\n", "i.csv:1: "},
  }));
  const auto incidents = parse_incidents(text, "i.csv");
  REQUIRE_FALSE(incidents);
  CHECK_THAT(incidents.error().message, Catch::StartsWith(part));
}

TEST_CASE("a list of incidents that is not there is an error", "[backtest]") {
  const auto incidents = read_incidents("/nowhere/incidents.csv");
  REQUIRE_FALSE(incidents);
  CHECK_THAT(incidents.error().message,
             Catch::StartsWith("/nowhere/incidents.csv: cannot be read"));
}

TEST_CASE("each unbroken run of a past alert is an incident", "[backtest]") {
  FakeSource source;
  const Labels labels({{"alertname", "Down"}, {"alertstate", "firing"}, {"instance", "x"}});
  source.set("ALERTS", labels, [](TimePoint at) {
    return (at >= minute(2) && at <= minute(4)) || at == minute(7) ? 1 : kGap;
  });
  const auto grid = TimeGrid::range(minute(0), minute(9), std::chrono::minutes(1));
  const auto incidents = fetch_incidents(source, "ALERTS", grid, {"instance"}, {});
  REQUIRE(incidents);
  REQUIRE(incidents->size() == 2);
  CHECK(incidents->front().match == host("x"));
  CHECK(incidents->front().name == "Down");
  CHECK(incidents->front().start == minute(2));
  CHECK(incidents->front().end == minute(4));
  CHECK(incidents->back().start == minute(7));
}

}  // namespace
}  // namespace exporter
