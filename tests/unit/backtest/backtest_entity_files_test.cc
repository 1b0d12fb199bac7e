#include <catch2/catch.hpp>
#include <set>

#include "exporter/backtest/entity_files.h"
#include "tests/unit/backtest/made_up.h"

namespace exporter {
namespace {

std::vector<std::string> stems(const std::vector<std::string>& by,
                               const std::vector<std::vector<Labels::Pair>>& entities) {
  std::vector<EntityTrack> tracks;
  for (const auto& pairs : entities) {
    EntityTrack& track = tracks.emplace_back();
    track.entity = Labels(pairs);
  }
  return entity_file_stems(by, tracks);
}

TEST_CASE("a file is named by the label values in the order of the configuration", "[backtest]") {
  CHECK(stems({"pod", "cluster"}, {{{"cluster", "eu/1"}, {"pod", "web 1"}}}) ==
        std::vector<std::string>{"web 1,eu__1"});
  CHECK(stems({"a", "b"}, {{{"b", "x"}}}) == std::vector<std::string>{",x"});
}

TEST_CASE("names that would be the same get a checksum", "[backtest]") {
  const auto names = stems({"a"}, {{{"a", "x/y"}}, {{"a", "x__y"}}});
  CHECK(names.front() == "x__y");
  CHECK_THAT(names.back(), Catch::StartsWith("x__y-"));
}

TEST_CASE("no label value leads out of the folder or breaks a terminal", "[backtest]") {
  const auto names = stems({"a"}, {{{"a", ".."}},
                                   {{"a", "../../etc/passwd"}},
                                   {{"a", ".hidden"}},
                                   {{"a", "x\ny"}},
                                   {{"a", "x\x1by"}},
                                   {{"a", "x\xffy"}},
                                   {{"a", std::string("x\0y", 3)}},
                                   {{"a", std::string(5000, 'z')}},
                                   {{"a", std::string(5000, 'z') + "z"}}});
  for (const std::string& name : names) {
    CHECK_FALSE(name.starts_with('.'));
    CHECK(name.find_first_of(std::string_view("/\n\x1b\xff\0", 5)) == std::string::npos);
    CHECK(name.size() + 4 <= 255);
  }
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("scores become CSV with unix seconds and the alert column", "[backtest]") {
  const auto text =
      written_by([](const TextSink& sink) { return write_scores_csv(track_of("x", "01"), sink); });
  // (0.25 - 0.5) / (1 - 0.5) = -0.5; kStart is day 20,000
  CHECK(text == "timestamp,score,alert,severity\n1728000000,0.25,0,-0.5\n1728000060,0.75,1,0.5\n");
}

TEST_CASE("times between seconds keep their fraction", "[backtest]") {
  EntityTrack track = track_of("x", "0");
  track.points.front().at += std::chrono::milliseconds(500);
  const auto text = written_by([&](const TextSink& sink) { return write_scores_csv(track, sink); });
  CHECK_THAT(text, Catch::Contains("\n1728000000.500,"));
}

TEST_CASE("a full disk ends the writing", "[backtest]") {
  const auto status = write_scores_csv(track_of("x", "0"), [](std::string_view) -> Status {
    return Error{ErrorKind::state, "no space left"};
  });
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "no space left");
}

}  // namespace
}  // namespace exporter
