#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "exporter/http/api.h"
#include "exporter/http/api_json.h"
#include "exporter/http/api_query.h"
#include "tests/unit/detector/fake_source.h"

using namespace exporter;
using nlohmann::json;

namespace {

// Detectors over hosts that were trained, and the routes over them.
struct World : TwoHosts {
  std::shared_ptr<DetectorList> detectors = std::make_shared<DetectorList>();
  std::vector<Route> routes = api_routes([this] { return detectors; });

  std::shared_ptr<Detector> add(const std::string& name) {
    DetectorSpec spec = two_features();
    spec.name = name;
    detectors->push_back(std::make_shared<Detector>(spec, LimitsConfig{}, Duration{0}, source,
                                                    store, clock, Observer{}));
    return detectors->back();
  }
  void step() {
    clock.advance(std::chrono::minutes(1));
    for (const auto& detector : *detectors) detector->cycle(0, {});
  }
  void train() {
    for (const auto& detector : *detectors) detector->train({});
  }
  // A value of `a` that no host has had.
  void displace(const std::string& name, double value = 90) {
    source->set("a", host(name), [=](TimePoint) { return value; });
  }

  HttpResponse get(const std::string& path,
                   const std::multimap<std::string, std::string>& query = {}) const {
    const auto route = std::ranges::find(routes, "/api/v1/" + path, &Route::path);
    return route->handler(
        {.method = "GET", .path = route->path, .query = query, .headers = {}, .body = ""});
  }
  json data(const std::string& path,
            const std::multimap<std::string, std::string>& query = {}) const {
    const auto answer = get(path, query);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    REQUIRE(answer.content_type == "application/json");
    const auto body = json::parse(answer.body);
    CHECK(body["status"] == "success");
    return body["data"];
  }
};

std::vector<std::string> names_of(const json& entities) {
  std::vector<std::string> names;
  for (const auto& each : entities["entities"]) names.push_back(each["labels"]["instance"]);
  return names;
}

using Names = std::vector<std::string>;

double unix_seconds(TimePoint at) { return to_seconds(at.time_since_epoch()); }

}  // namespace

TEST_CASE("detectors tell state, model and last cycle from before the first cycle on") {
  World world;
  CHECK(world.data("detectors")["detectors"].empty());
  world.add("node");
  auto detector = world.data("detectors")["detectors"][0];
  CHECK(detector["name"] == "node");
  CHECK(detector["state"] == "warming");
  CHECK(detector["model"].is_null());
  CHECK(detector["last_cycle"].is_null());

  world.train();
  world.displace("x");
  world.step();
  detector = world.data("detectors")["detectors"][0];
  CHECK(detector["state"] == "ready");
  CHECK(detector["by"] == json{"instance"});
  CHECK(detector["features"][1] == json{{"name", "b"}, {"query", "b"}});
  CHECK(detector["interval_seconds"] == 60);
  CHECK(detector["entities"] == 2);
  CHECK(detector["entities_active"] == 1);
  CHECK(detector["entities_detected"] == 1);
  CHECK(detector["model"]["entities"] == 2);
  CHECK(detector["model"]["entities_ready"] == 2);
  CHECK(detector["model"]["rows"] == 1202);
  CHECK(detector["model"]["threshold"] > 0.4);
  CHECK(detector["last_cycle"]["error"].is_null());
  CHECK(detector["last_cycle"]["at"] == unix_seconds(world.clock.now()));

  world.source->fail(Error{ErrorKind::upstream, "refused", "connection"});
  world.step();
  detector = world.data("detectors")["detectors"][0];
  CHECK(detector["last_cycle"]["error"] == "feature a: refused");
  CHECK(detector["entities"] == 2);
}

TEST_CASE("entities come by severity, and by what is asked") {
  World world;
  world.add("node");
  add_host(*world.source, "z");
  world.train();
  world.displace("y");
  world.step();
  CHECK(names_of(world.data("entities"))[0] == "y");
  CHECK(names_of(world.data("entities", {{"sort", "entity"}})) == Names{"x", "y", "z"});
  CHECK(names_of(world.data("entities", {{"sort", "score"}}))[0] == "y");
  CHECK(names_of(world.data("entities", {{"active", "true"}})) == Names{"y"});
  CHECK(names_of(world.data("entities", {{"detected", "0"}, {"sort", "entity"}})) ==
        Names{"x", "z"});
  CHECK(names_of(world.data("entities", {{"state", "warming"}})).empty());
  CHECK(names_of(world.data("entities", {{"match", "instance=z"}})) == Names{"z"});
  CHECK(names_of(world.data("entities", {{"match", "job="}})).size() == 3);
  CHECK(names_of(world.data("entities", {{"match", "job=*"}, {"match", "instance=a"}})).empty());

  const auto worst = world.data("entities")["entities"][0];
  CHECK(worst["detector"] == "node");
  CHECK(worst["detected"] == true);
  CHECK(worst["state"] == "ready");
  CHECK(worst["severity"] > 0);
  CHECK(worst["coverage"] == 1);
  REQUIRE_FALSE(worst["reasons"].empty());
  CHECK(worst["reasons"][0]["feature"] == "a");
  CHECK(worst["reasons"][0]["value"] == 90);
  CHECK(worst["reasons"][0]["expected"].get<double>() == Approx(10).margin(0.2));
  CHECK(worst["reasons"][0]["contribution"] > 0.8);
  CHECK(world.data("entities")["entities"][2]["reasons"].empty());
}

TEST_CASE("pages follow one another without gap or repetition") {
  World world;
  world.add("one");
  world.add("two");
  for (const char* name : {"p", "q", "r", "s", "t"}) add_host(*world.source, name);
  world.train();
  world.displace("q");
  world.step();
  const auto whole = world.data("entities");
  CHECK(whole["total"] == 14);
  CHECK(whole["next_offset"].is_null());
  json joined = json::array();
  json offset = 0;
  for (int pages = 0; !offset.is_null(); ++pages) {
    REQUIRE(pages < 5);
    const auto page = world.data("entities", {{"limit", "4"}, {"offset", offset.dump()}});
    CHECK(page["total"] == 14);
    for (const auto& each : page["entities"]) joined.push_back(each);
    offset = page["next_offset"];
  }
  CHECK(joined == whole["entities"]);
  CHECK(world.data("entities", {{"detector", "two"}})["total"] == 7);
  CHECK(world.data("entities", {{"offset", "1000"}})["entities"].empty());
}

TEST_CASE("one entity comes with every feature's part and its past") {
  World world;
  world.add("node");
  world.train();
  world.step();
  world.step();
  world.displace("x");
  world.step();
  const auto entity = world.data("entity", {{"match", "instance=x"}});
  CHECK(entity["labels"] == json{{"instance", "x"}});
  CHECK(entity["model"]["state"] == "ready");
  CHECK(entity["model"]["rows"] == 601);
  const auto& now = entity["now"];
  CHECK(now["active"] == true);
  REQUIRE(now["reasons"].size() == 2);
  CHECK(now["reasons"][0]["feature"] == "a");
  CHECK(now["reasons"][0]["contribution"].get<double>() +
            now["reasons"][1]["contribution"].get<double>() ==
        Approx(1));

  CHECK(entity["features"] == json{"a", "b"});
  const auto& points = entity["points"];
  REQUIRE(points.size() == 3);
  CHECK(points[0]["at"] == unix_seconds(world.clock.now()) - 120);
  CHECK(points[0]["detected"] == false);
  CHECK(points[0]["contributions"].empty());
  CHECK(points[2]["values"][0] == 90);
  CHECK(points[2]["expected"].size() == 2);
  CHECK(points[2]["contributions"]["a"].get<double>() ==
        Approx(now["reasons"][0]["contribution"].get<double>()));
  CHECK(points[2]["score"].get<double>() == Approx(now["score"].get<double>()));

  const auto last = world.data("entity", {{"match", "instance=x"}, {"limit", "1"}});
  CHECK(last["points"] == json{points[2]});
  const std::string since = std::to_string(unix_seconds(world.clock.now()) - 60);
  CHECK(world.data("entity", {{"match", "instance=x"}, {"since", since}})["points"].size() == 2);
}

TEST_CASE("an entity without a score now is told from its model, values that are missing as NaN") {
  World world;
  world.add("node");
  world.train();
  world.source->set("a", host("x"), [](TimePoint) { return kGap; });
  world.step();
  auto entity = world.data("entity", {{"match", "instance=x"}});
  CHECK(entity["points"][0]["values"][0] == "NaN");
  CHECK(entity["now"]["coverage"] == 0.5);
  world.source->set("b", host("x"), [](TimePoint) { return kGap; });
  world.step();
  entity = world.data("entity", {{"match", "instance=x"}});
  CHECK(entity["now"].is_null());
  CHECK(entity["points"].size() == 1);
}

TEST_CASE("not exactly one entity is an error that says so") {
  World world;
  world.add("node");
  world.train();
  world.step();
  const auto none = world.get("entity", {{"match", "instance=w"}});
  CHECK(none.status == 404);
  CHECK(json::parse(none.body)["detail"][0]["loc"] == json{"query", "match"});
  const auto several = world.get("entity");
  CHECK(several.status == 422);
  CHECK(json::parse(several.body)["error"] ==
        R"(2 entities match, must be one: {instance="x"}, {instance="y"})");
  world.add("two");
  CHECK(world.get("entity", {{"match", "instance=x"}}).status == 422);
  CHECK(world.get("entity", {{"match", "instance=x"}, {"detector", "two"}}).status == 404);
  CHECK(world.get("entity", {{"match", "instance=x"}, {"detector", "node"}}).status == 200);
  CHECK(world.get("entity", {{"detector", "none"}}).status == 404);
  CHECK(world.get("entities", {{"detector", "none"}}).status == 404);
}

TEST_CASE("a wrong parameter is named") {
  World world;
  world.add("node");
  const auto check = [&](const std::string& path, const std::string& name,
                         const std::string& value) {
    const auto answer = world.get(path, {{name, value}});
    INFO(path << " " << name << "=" << value << ": " << answer.body);
    CHECK(answer.status == 422);
    const auto body = json::parse(answer.body);
    CHECK(body["status"] == "error");
    CHECK(body["detail"][0]["loc"] == json{"query", name});
    CHECK(body["error"].get<std::string>().starts_with(name + ": "));
  };
  check("detectors", "limit", "5");
  check("entities", "foo", "1");
  check("entities", "since", "1");
  for (const char* limit : {"0", "1001", "-1", "1.5", "", "ten", "99999999999999999999"}) {
    check("entities", "limit", limit);
    check("entity", "limit", limit);
  }
  for (const char* offset : {"-1", "1000000001", "x", ""}) check("entities", "offset", offset);
  for (const char* flag : {"yes", "", "TRUE"}) {
    check("entities", "active", flag);
    check("entities", "detected", flag);
  }
  check("entities", "state", "stale");
  check("entities", "sort", "name");
  for (const char* match : {"instance", "=x", ""}) check("entities", "match", match);
  for (const char* since : {"now", "nan", "inf", "1e300", ""}) check("entity", "since", since);
  const auto twice = world.get("entities", {{"limit", "1"}, {"limit", "2"}});
  CHECK(json::parse(twice.body)["error"] == "limit: given twice");
}

TEST_CASE("a star in a match stands for any text") {
  const auto matches = [](const std::string& value, const std::string& pattern) {
    return LabelMatch{"a", pattern}.matches(
        Labels(std::vector<Labels::Pair>{{"a", value}, {"b", "1"}}));
  };
  CHECK(matches("web-1", "web-*"));
  CHECK(matches("web-1", "*"));
  CHECK(matches("web-1", "*-*"));
  CHECK(matches("aXbXc", "a*X*c"));
  CHECK(matches("aaab", "*ab"));
  CHECK(matches("", "*"));
  CHECK(matches("", ""));
  CHECK(matches("a*b", "a*b"));
  CHECK_FALSE(matches("web-1", "web"));
  CHECK_FALSE(matches("web-1", "eb-*"));
  CHECK_FALSE(matches("abc", "a*d"));
  CHECK_FALSE(matches("ab", "a*b*c"));
  const std::string longest(20'000, 'a');
  CHECK_FALSE(matches(longest, "*a*a*a*a*a*a*a*a*a*a*b"));
}

TEST_CASE("JSON is written so that it reads back") {
  JsonText text;
  text.open('{').key("a\"\\\n\x01").open('[').value(0.1).value(1e300).value(-0.0).value(0.1F);
  text.value(std::numeric_limits<double>::quiet_NaN());
  text.value(-std::numeric_limits<double>::infinity());
  text.value(std::size_t{18446744073709551615U}).value(true).null().open('{').close('}');
  text.value(TimePoint{Duration{1700000000123}}).value("\xff\xc3\xa4").close(']');
  text.key("b").open('[').open('[').close(']').open('[').close(']').close(']').close('}');
  const std::string written = std::move(text).take();
  INFO(written);
  const auto read = json::parse(written);
  const auto& list = read["a\"\\\n\x01"];
  CHECK(list[0] == 0.1);
  CHECK(list[1] == 1e300);
  CHECK(list[3].get<float>() == 0.1F);
  CHECK(list[4] == "NaN");
  CHECK(list[5] == "-Inf");
  CHECK(list[6] == 18446744073709551615U);
  CHECK(list[7] == true);
  CHECK(list[8].is_null());
  CHECK(list[9].empty());
  CHECK(written.find("1700000000.123") != std::string::npos);
  CHECK(list[11] == "\xef\xbf\xbd\xc3\xa4");
  CHECK(read["b"].size() == 2);
}
