#include <catch2/catch.hpp>

#include "exporter/detector/live_codec.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;

namespace {

LiveState state() {
  LiveState live;
  EntityState& a = live.entities[host("a")];
  a.first_seen = kStart;
  a.recent.push(kStart, std::vector<double>{1, 2}, false);
  a.last_seen = kStart + std::chrono::hours(1);
  a.last_trained = kStart + std::chrono::minutes(30);
  const ActivityRule rule{.novelty = std::chrono::hours(24), .hysteresis = 3};
  a.activity.update(rule, kStart, 0.7, false);
  a.activity.update(rule, kStart + std::chrono::minutes(1), 0.9, true);
  live.entities[host("b")].first_seen = kStart;
  live.missing[host("c")] = {.since = kStart + std::chrono::minutes(5), .cycles = 2};
  return live;
}

}  // namespace

TEST_CASE("alerts and training times outlive a restart") {
  const auto back = decode_live(encode_live(state(), 7), 7, 2);
  REQUIRE(back);
  REQUIRE(back->entities.size() == 2);
  const EntityState& a = back->entities.at(host("a"));
  CHECK(a.activity == state().entities.at(host("a")).activity);
  CHECK(a.activity.active);
  CHECK(a.first_seen == kStart);
  CHECK(a.recent.newest() == kStart);
  CHECK_FALSE(a.recent.usual(0));
  CHECK(std::vector(a.recent.values().begin(), a.recent.values().end()) ==
        std::vector<double>{1, 2});
  CHECK_FALSE(decode_live(encode_live(state(), 7), 7, 3));
  CHECK(a.last_trained == kStart + std::chrono::minutes(30));
  CHECK(back->missing == state().missing);
}

TEST_CASE("live state of another definition is refused") {
  CHECK_FALSE(decode_live(encode_live(state(), 7), 8, 2));
}

TEST_CASE("live state cut off anywhere is refused") {
  const auto bytes = encode_live(state(), 7);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE_FALSE(decode_live(std::span(bytes).first(size), 7, 2));
  }
}
