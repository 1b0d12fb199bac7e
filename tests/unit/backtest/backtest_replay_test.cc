#include <catch2/catch.hpp>
#include <cmath>

#include "exporter/backtest/recorded_source.h"
#include "exporter/backtest/replay.h"
#include "exporter/detector/detector.h"
#include "tests/unit/detector/fake_source.h"

namespace exporter {
namespace {

constexpr auto kMinute = std::chrono::minutes(1);
const TimePoint kFrom = kStart + std::chrono::hours(10);
const TimePoint kIncident = kFrom + std::chrono::hours(1);
const ReplayRange kRange{kFrom, kFrom + std::chrono::hours(3)};

DetectorSpec spec_of_test() {
  DetectorSpec spec = two_features();
  spec.retrain = std::chrono::hours(1);
  return spec;
}

/// Hosts x and y; from kIncident on, the first is far from usual for ten minutes.
void add_hosts(FakeSource& source) {
  add_host(source, "x");
  add_host(source, "y");
  source.set("a", host("x"), [usual = noise(10, 12.9898)](TimePoint at) {
    return usual(at) + (at >= kIncident && at < kIncident + 10 * kMinute ? 30 : 0);
  });
}

DetectorReplay replayed(const DetectorSpec& spec, const FakeSource& source, std::size_t threads) {
  const auto recorded = RecordedSource::record(source, replay_queries(spec),
                                               replay_grid(spec, kRange), 1'000'000, {});
  REQUIRE(recorded);
  auto result = replay(spec, LimitsConfig{}, kRange, *recorded, threads, {});
  REQUIRE(result);
  return *std::move(result);
}

TEST_CASE("a replay finds the incident of one host, and blames the feature", "[backtest]") {
  FakeSource source;
  add_hosts(source);
  const auto result = replayed(spec_of_test(), source, 1);
  REQUIRE(result.tracks.size() == 2);
  const EntityTrack& x = result.tracks.front();
  CHECK(x.entity == host("x"));
  CHECK(x.points.size() == 181);
  CHECK(x.points.front().at == kRange.from);
  CHECK(x.points.back().at == kRange.to);
  REQUIRE(x.alerts.size() == 1);
  CHECK(x.alerts.front().start == kIncident);
  CHECK(x.alerts.front().end >= kIncident + 9 * kMinute);
  CHECK(x.alerts.front().severity > 0);
  REQUIRE_FALSE(x.alerts.front().reasons.empty());
  CHECK(x.alerts.front().reasons.front().feature == 0);
  CHECK(result.tracks.back().alerts.empty());
  CHECK(result.steps.size() == 181);
}

TEST_CASE("a replay trains before its first step and then on schedule", "[backtest]") {
  FakeSource source;
  add_hosts(source);
  const auto result = replayed(spec_of_test(), source, 1);
  // At 9:59 and after the cycles of 10:59, 11:59 and 12:59.
  CHECK(result.trainings == 4);
  CHECK(result.trainings_failed == 0);
}

TEST_CASE("a replay gives the same numbers on any number of threads", "[backtest]") {
  FakeSource source;
  add_hosts(source);
  const auto one = replayed(spec_of_test(), source, 1);
  const auto many = replayed(spec_of_test(), source, 4);
  REQUIRE(one.tracks.size() == many.tracks.size());
  CHECK(one.trainings == many.trainings);
  for (std::size_t i = 0; i < one.tracks.size(); ++i) {
    const auto &a = one.tracks[i].points, &b = many.tracks[i].points;
    REQUIRE(a.size() == b.size());
    for (std::size_t t = 0; t < a.size(); ++t) {
      CHECK((a[t].score == b[t].score && a[t].threshold == b[t].threshold &&
             a[t].active == b[t].active));
    }
  }
}

TEST_CASE("a replay gives the scores that the detector gave when it ran", "[backtest]") {
  const auto source = std::make_shared<FakeSource>();
  add_hosts(*source);
  const DetectorSpec spec = spec_of_test();
  const auto result = replayed(spec, *source, 1);

  const TestFolder folder;
  const Store store = *Store::open(folder.path);
  FakeClock clock(kFrom - spec.interval);
  Detector detector(spec, LimitsConfig{}, Duration{0}, source, store, clock, {});
  detector.train({});
  for (std::size_t t = 0; t < result.steps.size(); ++t) {
    clock.advance(spec.interval);
    detector.cycle(0, {});
    const auto batch = detector.batch();
    REQUIRE(batch->scores.size() == 2);
    const ScoredPoint& point = result.tracks.front().points[t];
    CHECK(point.at == batch->at);
    CHECK(point.score == batch->scores.front().score);
    CHECK(point.threshold == batch->scores.front().threshold);
    CHECK(point.active == batch->scores.front().active);
    detector.train({});
  }
}

TEST_CASE("the scores up to a time do not depend on what came after it", "[backtest]") {
  FakeSource with, without;
  add_hosts(with);
  add_host(without, "x");
  add_host(without, "y");
  const auto incident = replayed(spec_of_test(), with, 2);
  const auto quiet = replayed(spec_of_test(), without, 2);
  const auto &a = incident.tracks.front().points, &b = quiet.tracks.front().points;
  for (std::size_t t = 0; a[t].at < kIncident; ++t) CHECK(a[t].score == b[t].score);
}

TEST_CASE("steps without data are passed over", "[backtest]") {
  FakeSource source;
  for (const char* feature : {"a", "b"}) {
    source.set(feature, host("x"), [usual = noise(10, 12.9898)](TimePoint at) {
      return at < kIncident ? usual(at) : kGap;
    });
  }
  DetectorSpec spec = spec_of_test();
  spec.absence.forget = 10 * kMinute;
  spec.novelty = 10 * kMinute;
  const auto result = replayed(spec, source, 1);
  CHECK(result.tracks.front().points.back().at == kIncident - kMinute);
  CHECK(result.steps_without_data > 0);
  CHECK(result.steps.size() + result.steps_without_data == 181);
  CHECK(result.absences == 1);
}

TEST_CASE("a replay ends when it is asked to", "[backtest]") {
  FakeSource source;
  add_hosts(source);
  const DetectorSpec spec = spec_of_test();
  std::stop_source stop;
  const auto result =
      replay(spec, LimitsConfig{}, kRange, source, 2, stop.get_token(), [&](std::size_t done) {
        if (done == 5) stop.request_stop();
      });
  REQUIRE_FALSE(result);
  CHECK(result.error().label() == "canceled");
}

TEST_CASE("a replay's range lies on the grid of its detector", "[backtest]") {
  const DetectorSpec spec = two_features();
  const auto seconds = [](int n) { return std::chrono::seconds(n); };
  const auto range = replay_range(spec, kStart + seconds(1), kStart + seconds(179));
  CHECK(range.from == kStart + kMinute);
  CHECK(range.to == kStart + 2 * kMinute);
  const auto exact = replay_range(spec, kStart, kStart + kMinute);
  CHECK(exact.from == kStart);
  CHECK(exact.to == kStart + kMinute);
}

}  // namespace
}  // namespace exporter
