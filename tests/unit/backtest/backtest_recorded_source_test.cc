#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exporter/backtest/recorded_source.h"
#include "tests/unit/detector/fake_source.h"

namespace exporter {
namespace {

constexpr auto kMinute = std::chrono::minutes(1);
const TimeGrid kGrid = TimeGrid::range(kStart, kStart + 100 * kMinute, kMinute);
const std::vector<std::string> kQueries{"a", "b"};

TEST_CASE("a recorded source answers instants and ranges as the source did", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  add_host(source, "y");
  const auto recorded = RecordedSource::record(source, kQueries, kGrid, 1000, {});
  REQUIRE(recorded);
  CHECK(recorded->samples() == 4 * 101);
  for (const TimeGrid& grid : {TimeGrid::instant(kStart + 7 * kMinute), kGrid,
                               TimeGrid::range(kStart + 90 * kMinute, kGrid.last(), kMinute)}) {
    const auto ours = recorded->fetch("b", grid, {});
    const auto theirs = source.fetch("b", grid, {});
    REQUIRE(ours);
    CHECK(ours->grid == grid);
    CHECK(ours->labels == theirs->labels);
    CHECK(ours->values == theirs->values);
    CHECK(ours->samples == theirs->samples);
  }
}

TEST_CASE("a series without a value in the asked range is no part of the answer", "[backtest]") {
  FakeSource source;
  source.set("a", host("old"), [](TimePoint at) { return at < kStart + 10 * kMinute ? 1 : kGap; });
  source.set("a", host("new"), [](TimePoint at) { return at < kStart + 10 * kMinute ? kGap : 2; });
  const auto recorded = RecordedSource::record(source, kQueries, kGrid, 1000, {});
  REQUIRE(recorded);
  const auto before = recorded->fetch("a", TimeGrid::instant(kStart + 9 * kMinute), {});
  const auto after = recorded->fetch("a", TimeGrid::instant(kStart + 10 * kMinute), {});
  REQUIRE(before->labels.size() == 1);
  CHECK(before->labels.front() == host("old"));
  REQUIRE(after->labels.size() == 1);
  CHECK(after->labels.front() == host("new"));
}

TEST_CASE("a recording asks for no more points at a time than Prometheus answers", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  const TimeGrid grid = TimeGrid::range(kStart, kStart + 25'000 * kMinute, kMinute);
  REQUIRE(RecordedSource::record(source, kQueries, grid, 100'000, {}));
  REQUIRE(source.grids().size() == 6);
  for (const TimeGrid& piece : source.grids()) CHECK(piece.size <= 11'000);
}

TEST_CASE("equal queries are read once", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  const std::vector<std::string> twice{"a", "a"};
  REQUIRE(RecordedSource::record(source, twice, kGrid, 1000, {}));
  CHECK(source.grids().size() == 1);
}

TEST_CASE("more than limits.training_samples is refused with what to do", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  add_host(source, "y");
  for (const std::size_t most : {50, 150, 350}) {
    const auto recorded = RecordedSource::record(source, kQueries, kGrid, most, {});
    REQUIRE_FALSE(recorded);
    CHECK(recorded.error().label() == "too_large");
    CHECK_THAT(recorded.error().message,
               Catch::Contains("limits.training_samples") && Catch::Contains("--step"));
  }
  CHECK(RecordedSource::record(source, kQueries, kGrid, 404, {}));
}

TEST_CASE("answers that fail or may lack data are errors that name the query", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  source.set_partial(true);
  const auto partial = RecordedSource::record(source, kQueries, kGrid, 1000, {});
  REQUIRE_FALSE(partial);
  CHECK(partial.error().label() == "partial");
  CHECK_THAT(partial.error().message, Catch::StartsWith("query a: "));
  source.set_partial(false);
  source.fail(Error{ErrorKind::upstream, "connection refused", "connection"});
  const auto failed = RecordedSource::record(source, kQueries, kGrid, 1000, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "query a: connection refused");
}

TEST_CASE("a recorded source refuses what it did not record", "[backtest]") {
  FakeSource source;
  add_host(source, "x");
  const auto recorded = RecordedSource::record(source, kQueries, kGrid, 1000, {});
  REQUIRE(recorded);
  CHECK_FALSE(recorded->fetch("c", kGrid, {}));
  CHECK_FALSE(recorded->fetch("a", TimeGrid::instant(kStart - kMinute), {}));
  CHECK_FALSE(recorded->fetch("a", TimeGrid::instant(kStart + 101 * kMinute), {}));
  CHECK_FALSE(recorded->fetch("a", TimeGrid::instant(kStart + std::chrono::seconds(30)), {}));
  CHECK_FALSE(recorded->fetch("a", TimeGrid::range(kStart, kGrid.last(), 2 * kMinute), {}));
}

}  // namespace
}  // namespace exporter
