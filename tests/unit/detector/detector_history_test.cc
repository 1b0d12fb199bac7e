#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "exporter/detector/history.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

TimePoint minute(int n) { return kStart + std::chrono::minutes(n); }

// A batch of the hosts, two features each; values are host number and minute.
ScoreBatch batch(int at, const std::vector<std::string>& hosts) {
  ScoreBatch made;
  made.at = minute(at);
  made.features = {"a", "b"};
  made.values.resize(static_cast<Eigen::Index>(hosts.size()), 2);
  made.expected.resize(made.values.rows(), 2);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    EntityScore score{.entity = host(hosts[i]), .score = 0.5 + 0.001 * at};
    score.detected = at % 2 == 1;
    if (score.detected) score.contributions = {{1, 0.75}, {0, 0.25}};
    made.values.row(static_cast<Eigen::Index>(i)) << static_cast<double>(hosts[i][0]), at;
    made.expected.row(static_cast<Eigen::Index>(i)) << 7, kGap;
    made.scores.push_back(std::move(score));
  }
  return made;
}

std::vector<TimePoint> times(const std::vector<HistoryPoint>& points) {
  std::vector<TimePoint> found;
  for (const HistoryPoint& point : points) found.push_back(point.at);
  return found;
}

using Times = std::vector<TimePoint>;

}  // namespace

TEST_CASE("the history of an entity is its own, oldest first") {
  History history;
  history.add(batch(1, {"y"}));
  history.add(batch(2, {"x", "y"}));
  history.add(batch(3, {"x"}));
  CHECK(times(history.of(host("x"), 10)) == Times{minute(2), minute(3)});
  CHECK(times(history.of(host("y"), 10)) == Times{minute(1), minute(2)});
  CHECK(times(history.of(host("x"), 1)) == Times{minute(3)});
  CHECK(times(history.of(host("y"), 10, minute(2))) == Times{minute(2)});
  CHECK(history.of(host("z"), 10).empty());
  CHECK(history.of(host("x"), 0).empty());

  const auto points = history.of(host("x"), 10);
  CHECK(points[0].values == std::vector<float>{'x', 2});
  CHECK(points[0].expected[0] == 7);
  CHECK(std::isnan(points[0].expected[1]));
  CHECK(points[0].contributions.empty());
  CHECK(points[0].score == Approx(0.502));
  CHECK(points[1].detected);
  REQUIRE(points[1].contributions.size() == 2);
  CHECK(points[1].contributions[0].feature == 1);
  CHECK(points[1].contributions[0].share == 0.75);
}

TEST_CASE("the history keeps its number of steps and bytes, the newest ones") {
  History history;
  const int surplus = 5;
  for (int i = 0; i < static_cast<int>(History::kMaxSteps) + surplus; ++i) {
    history.add(batch(i, {"x"}));
  }
  CHECK(history.steps() == History::kMaxSteps);
  CHECK(history.of(host("x"), 10'000).front().at == minute(surplus));

  const std::vector<std::string> hosts{"a", "b", "c", "d"};
  History one;
  one.add(batch(0, hosts));
  History small(5 * one.memory_bytes());
  for (int i = 0; i < 20; i += 2) small.add(batch(i, hosts));
  CHECK(small.steps() == 5);
  CHECK(small.memory_bytes() <= 5 * one.memory_bytes());
  CHECK(small.of(host("c"), 10).back().at == minute(18));

  History tiny(1);
  tiny.add(batch(0, hosts));
  tiny.add(batch(1, hosts));
  CHECK(tiny.steps() == 1);
  CHECK(tiny.of(host("a"), 10).front().at == minute(1));
}

TEST_CASE("an entity that went out of the history and comes back begins anew") {
  History one;
  one.add(batch(0, {"y"}));
  History history(2 * one.memory_bytes() + 64);
  history.add(batch(0, {"x"}));
  for (int i = 2; i < 12; i += 2) history.add(batch(i, {"y"}));
  CHECK(history.of(host("x"), 10).empty());
  history.add(batch(12, {"x"}));
  CHECK(times(history.of(host("x"), 10)) == Times{minute(12)});
}

TEST_CASE("after a clock was set back the history goes on from there") {
  History history;
  for (int i = 0; i < 5; ++i) history.add(batch(i, {"x"}));
  history.add(batch(2, {"x"}));
  CHECK(times(history.of(host("x"), 10)) == Times{minute(0), minute(1), minute(2)});
  History next;
  next.inherit(history);
  next.add(batch(3, {"x", "y"}));
  CHECK(next.of(host("x"), 10).size() == 4);
  CHECK(history.of(host("x"), 10).size() == 3);
}

TEST_CASE("a batch without values keeps the scores") {
  History history;
  ScoreBatch bare;
  bare.at = minute(0);
  bare.scores.push_back({.entity = host("x"), .score = 0.25});
  history.add(bare);
  const auto points = history.of(host("x"), 1);
  REQUIRE(points.size() == 1);
  CHECK(points[0].score == 0.25F);
  CHECK(points[0].values.empty());
}

TEST_CASE("readers see whole steps while a writer adds and drops them") {
  History one;
  one.add(batch(0, {"x", "y"}));
  History history(8 * one.memory_bytes());
  history.add(batch(0, {"x", "y"}));
  std::atomic<bool> done = false;
  std::atomic<std::size_t> wrong = 0;
  std::jthread reader([&] {
    while (!done) {
      const auto points = history.of(host("y"), 100);
      if (points.empty() || !std::ranges::is_sorted(times(points))) ++wrong;
      for (const auto& point : points) wrong += point.values.at(0) == 'y' ? 0 : 1;
    }
  });
  for (int i = 2; i < 2000; i += 2) history.add(batch(i, {"x", "y"}));
  done = true;
  reader.join();
  CHECK(wrong == 0);
}
