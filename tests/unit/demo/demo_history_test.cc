#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "docker/demo/exposition.h"
#include "docker/demo/fleet.h"
#include "docker/demo/history.h"

using Catch::Contains;

namespace {

constexpr std::int64_t kEpoch = 1'790'006'400;  // a whole hour

// A folder of its own that goes away with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "demo_history_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The end of a line of that time.
std::string at(std::int64_t t) {
  std::string end(1, ' ');
  return end.append(std::to_string(t)).append(1, '\n');
}

demo::HistoryOptions options(const std::filesystem::path& out) {
  demo::HistoryOptions o;
  o.seed = 16, o.epoch = kEpoch, o.from = kEpoch + 10, o.until = kEpoch + 600, o.out = out;
  return o;
}

}  // namespace

TEST_CASE("the history holds what the fleet reads at multiples of the step", "[demo]") {
  const Folder folder;
  REQUIRE(demo::write_history(options(folder.path / "past.om"), nullptr).empty());
  const std::string text = text_of(folder.path / "past.om");
  demo::Fleet fleet(16, kEpoch);
  for (const std::int64_t t : {kEpoch + 30, kEpoch + 570}) {
    fleet.advance_to(t, {});
    std::string line = "demo_requests_total{instance=\"web-1\",job=\"fleet\"} ";
    demo::append_number(line, *fleet.value("demo_requests_total", "web-1"));
    CHECK_THAT(text, Contains(line + at(t)));
  }
  CHECK_THAT(text, !Contains(at(kEpoch)) && !Contains(at(kEpoch + 600)));
}

TEST_CASE("a split history has a complete file for each span, and reports its progress", "[demo]") {
  const Folder folder;
  demo::HistoryOptions o = options(folder.path / "past");
  o.split = 300;
  std::vector<double> progress;
  REQUIRE(demo::write_history(o, [&](double share) { progress.push_back(share); }).empty());
  CHECK_THAT(text_of(o.out / (std::to_string(kEpoch) + ".om")),
             Contains("\n# EOF\n") && Contains(std::to_string(kEpoch + 270)));
  CHECK_THAT(text_of(o.out / (std::to_string(kEpoch + 300) + ".om")), Contains("\n# EOF\n"));
  REQUIRE(progress.size() == 2);
  CHECK(progress[0] < progress[1]);
  CHECK(progress[1] == 1);
}

TEST_CASE("a history holds the incidents and only the entities that are named", "[demo]") {
  const Folder folder;
  demo::HistoryOptions o = options(folder.path / "past.om");
  o.entities = {"web-1", "search"};
  o.incidents = {{"traffic_drop", "web-1", kEpoch + 100, kEpoch + 400}};
  REQUIRE(demo::write_history(o, nullptr).empty());
  const std::string text = text_of(o.out);
  demo::Fleet fleet(16, kEpoch);
  fleet.advance_to(kEpoch + 570, o.incidents);
  std::string line = "demo_requests_total{instance=\"web-1\",job=\"fleet\"} ";
  demo::append_number(line, *fleet.value("demo_requests_total", "web-1"));
  CHECK_THAT(text, Contains(line + at(kEpoch + 570)));
  CHECK_THAT(text,
             Contains("service=\"search\"") && !Contains("\"web-2\"") && !Contains("\"checkout\""));
}

TEST_CASE("a history that cannot be is refused in words", "[demo]") {
  const Folder folder;
  demo::HistoryOptions o = options(folder.path / "past.om");
  o.from = kEpoch - 1;
  CHECK_THAT(demo::write_history(o, nullptr), Contains("epoch"));
  o = options(folder.path / "past.om"), o.until = o.from;
  CHECK_THAT(demo::write_history(o, nullptr), Contains("until"));
  o = options(folder.path / "past.om"), o.step = 0;
  CHECK_THAT(demo::write_history(o, nullptr), Contains("step"));
  o = options(folder.path / "past.om"), o.entities = {"web-99"};
  CHECK_THAT(demo::write_history(o, nullptr), Contains("web-99"));
  o = options(folder.path / "past.om"), o.incidents = {{"cpu_hog", "search", kEpoch, 0}};
  CHECK_THAT(demo::write_history(o, nullptr), Contains("cpu_hog on search"));
  CHECK_THAT(demo::write_history(options(folder.path / "none" / "past.om"), nullptr),
             Contains("No such file"));
}
