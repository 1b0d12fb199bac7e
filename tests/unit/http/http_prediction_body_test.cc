#include <catch2/catch.hpp>
#include <chrono>
#include <clocale>
#include <cmath>
#include <string>
#include <vector>

#include "exporter/http/prediction_body.h"

using namespace exporter;

namespace {

PredictionBody good(std::string_view text) {
  auto parsed = parse_prediction(text);
  INFO(text);
  REQUIRE(std::holds_alternative<PredictionBody>(parsed));
  return std::get<PredictionBody>(std::move(parsed));
}

std::vector<std::vector<double>> rows(const PredictionBody& body) {
  std::vector<std::vector<double>> all;
  for (std::size_t i = 0; i < body.request.rows.size(); ++i) {
    const auto row = body.request.rows[i];
    all.emplace_back(row.begin(), row.end());
  }
  return all;
}

/// Returns `loc/by/slash: type` of the first error.
std::string wrong(std::string_view text) {
  auto parsed = parse_prediction(text);
  INFO(text);
  REQUIRE(std::holds_alternative<BodyErrors>(parsed));
  const auto& errors = std::get<BodyErrors>(parsed);
  REQUIRE_FALSE(errors.empty());
  std::string shown;
  for (const auto& part : errors.front().location) shown += (shown.empty() ? "" : "/") + part;
  CHECK_FALSE(errors.front().message.empty());
  return shown + ": " + errors.front().type;
}

}  // namespace

TEST_CASE("the bodies of existing clients are read", "[http]") {
  const auto first = good(R"({"feature_vector": [0], "score": false})");
  CHECK(rows(first) == std::vector<std::vector<double>>{{0}});
  CHECK_FALSE(first.score);
  CHECK_FALSE(first.request.batch);
  const auto second = good(R"({"feature_vector":[0.56,0.23],"score":true})");
  CHECK(rows(second) == std::vector<std::vector<double>>{{0.56, 0.23}});
  CHECK(second.score);
  CHECK_FALSE(good(R"({"feature_vector":[1]})").score);
  CHECK_FALSE(good(R"({"feature_vector":[1],"score":null})").score);
  CHECK(rows(good(R"({"feature_vector":["0.5","-1e3"]})")) ==
        std::vector<std::vector<double>>{{0.5, -1000}});
}

TEST_CASE("null and NaN mean a missing value", "[http]") {
  const auto row = rows(good(R"({"feature_vector":[null,"NaN",1]})")).at(0);
  CHECK(std::isnan(row.at(0)));
  CHECK(std::isnan(row.at(1)));
  CHECK(row.at(2) == 1);
}

TEST_CASE("a batch, a model and an entity are read; unknown keys and explain: false are ignored",
          "[http]") {
  const auto body =
      good(R"({"feature_vectors":[[1,2],[],[3]],"model":"node","entity":{"b":"2","a":"1"},
                             "whatever":[{"x":[1]}],"explain":false,"time":null})");
  CHECK(body.request.batch);
  CHECK(rows(body) == std::vector<std::vector<double>>{{1, 2}, {}, {3}});
  CHECK(body.request.model == "node");
  CHECK(body.request.entity == Labels({{"a", "1"}, {"b", "2"}}));
  CHECK_FALSE(good(R"({"feature_vector":[1]})").request.entity.has_value());
}

TEST_CASE("each wrong value is named by its place", "[http]") {
  CHECK(wrong(R"({"feature_vector":["x"]})") == "body/feature_vector/0: type_error.float");
  CHECK(wrong(R"({"feature_vector":[1,true]})") == "body/feature_vector/1: type_error.float");
  CHECK(wrong(R"({"feature_vector":[[1]]})") == "body/feature_vector/0: type_error.float");
  CHECK(wrong(R"({"feature_vector":["inf"]})") ==
        "body/feature_vector/0: value_error.number.not_finite");
  CHECK(wrong(R"({"feature_vector":[""]})") == "body/feature_vector/0: type_error.float");
  CHECK(wrong(R"({"feature_vector":["1 "]})") == "body/feature_vector/0: type_error.float");
  CHECK(wrong(R"({"feature_vector":1})") == "body/feature_vector: type_error.list");
  CHECK(wrong(R"({"feature_vectors":[[1],[2,{}]]})") ==
        "body/feature_vectors/1/1: type_error.float");
  CHECK(wrong(R"({"feature_vectors":[1]})") == "body/feature_vectors/0: type_error.list");
  CHECK(wrong(R"({"feature_vectors":{}})") == "body/feature_vectors: type_error.list");
  CHECK(wrong(R"({"feature_vectors":[]})") == "body/feature_vectors: value_error.list.min_items");
  CHECK(wrong(R"({"feature_vector":[1],"feature_vectors":[[1]]})") ==
        "body/feature_vectors: value_error.both");
  CHECK(wrong(R"({})") == "body/feature_vector: value_error.missing");
  CHECK(wrong(R"({"feature_vector":[1],"score":"maybe"})") == "body/score: type_error.bool");
  CHECK(wrong(R"({"feature_vector":[1],"score":2})") == "body/score: type_error.bool");
  CHECK(wrong(R"({"feature_vector":[1],"model":3})") == "body/model: type_error.str");
  CHECK(wrong(R"({"feature_vector":[1],"entity":"a"})") == "body/entity: type_error.dict");
  CHECK(wrong(R"({"feature_vector":[1],"entity":{"a":1}})") == "body/entity/a: type_error.str");
  CHECK(wrong(R"([1])") == "body: type_error.dict");
}

TEST_CASE("explain and time are read", "[http]") {
  CHECK(good(R"({"feature_vector":[1],"explain":true})").request.explain);
  CHECK_FALSE(good(R"({"feature_vector":[1],"explain":0})").request.explain);
  const TimePoint at{std::chrono::milliseconds(1'700'000'000'500)};
  for (const auto* time : {"1700000000.5", "\"1700000000.5\"", "\"2023-11-14T22:13:20.5Z\"",
                           "\"2023-11-14T23:13:20.500+01:00\"", "17000000005e-1"}) {
    CHECK(good(std::string(R"({"feature_vector":[1],"time":)") + time + "}").request.time == at);
  }
  CHECK(wrong(R"({"feature_vector":[1],"explain":"yes"})") == "body/explain: type_error.bool");
  for (const auto* time :
       {"\"yesterday\"", "true", "[]", "{}", "1e300", "-1e300", "\"\"", "\"2023-02-29T00:00:00Z\"",
        "\"2023-11-14T22:13:20\"", "\"2023-11-14T22:13:20Z \"", "\"inf\"", "\"nan\""}) {
    CHECK(wrong(std::string(R"({"feature_vector":[1],"time":)") + time + "}") ==
          "body/time: value_error.time");
  }
}

TEST_CASE("a slip of a known key is named, other unknown keys are ignored", "[http]") {
  CHECK(wrong(R"({"feature_vector":[1],"modle":"a"})") == "body/modle: value_error.extra");
  CHECK(wrong(R"({"feature_vector":[1],"Score":true})") == "body/Score: value_error.extra");
  CHECK(wrong(R"({"feature_vector":[1],"explian":true})") == "body/explian: value_error.extra");
  CHECK(wrong(R"({"featur_vector":[1]})") == "body/featur_vector: value_error.extra");
  CHECK(wrong(R"({"feature_vector":[1],"times":1})") == "body/times: value_error.extra");
  for (const auto* key : {"id", "features", "mode_of_use", "", "timeout", "request_id", "é",
                          "a_key_that_is_much_longer_than_ours_are"}) {
    good(std::string(R"({"feature_vector":[1],")") + key + R"(":{"score":"x","y":[1,{}]}})");
  }
}

TEST_CASE("a known key given twice is refused, as either could be meant", "[http]") {
  CHECK(wrong(R"({"feature_vector":[1],"feature_vector":[2]})") ==
        "body/feature_vector: value_error.duplicate");
  CHECK(wrong(R"({"feature_vector":[1],"entity":{"a":"1","a":"2"}})") ==
        "body/entity/a: value_error.duplicate");
}

TEST_CASE("an entity of very many labels is refused without comparing them all", "[http]") {
  std::string body = R"({"feature_vector":[1],"entity":{"a":"")";
  for (int i = 0; i < 20'000; ++i) body += ",\"" + std::to_string(i) + "\":\"\"";
  CHECK(wrong(body + "}}") == "body/entity: value_error.dict.max_items");
}

TEST_CASE("numbers are read to the last bit, and minus zero as zero", "[http]") {
  const auto row =
      rows(good(R"({"feature_vector":[123456789012345678901234567890,0.1,1E+2,5e-324,-0,-0.0]})"))
          .at(0);
  CHECK(row == std::vector<double>{123456789012345678901234567890.0, 0.1, 100, 5e-324, 0, 0});
  CHECK_FALSE(std::signbit(row.at(4)));
  CHECK_FALSE(std::signbit(row.at(5)));
}

TEST_CASE("several errors are told at once, but not endlessly many", "[http]") {
  const auto two = parse_prediction(R"({"feature_vector":["x"],"score":"y"})");
  CHECK(std::get<BodyErrors>(two).size() == 2);
  std::string body = R"({"feature_vectors":[[)";
  for (int i = 0; i < 1000; ++i) body += "\"x\",";
  body += "1],[true]]}";
  CHECK(std::get<BodyErrors>(parse_prediction(body)).size() == 100);
}

TEST_CASE("what is no JSON is refused", "[http]") {
  CHECK(wrong("") == "body: value_error.missing");
  for (const auto* text :
       {"{", "{\"feature_vector\":[1,]}", "{\"feature_vector\":[NaN]}", "feature_vector=1",
        "{\"feature_vector\":[1]} x", "\"\xFF\"", "{\"feature_vector\":[1e999]}", "\xEF\xBB\xBF",
        "{\"feature_vector\":[01]}", "{\"feature_vector\":[+1]}", "{\"feature_vector\":[1.]}",
        "{\"feature_vector\":[.5]}", "{\"feature_vector\":[1e]}", "{\"feature_vector\":[-]}"}) {
    CHECK(wrong(text) == "body: value_error.jsondecode");
  }
}

TEST_CASE("deep nesting is refused before a tree is built", "[http]") {
  CHECK(wrong(std::string(500'000, '[')) == "body: value_error.jsondecode");
  CHECK(wrong(R"({"feature_vector":[1],"x":)" + std::string(40, '[') + std::string(40, ']') +
              "}") == "body: value_error.jsondecode");
  // Brackets within strings do not nest.
  good(R"({"feature_vector":[1],"x":")" + std::string(100, '[') + R"(\"[[["})");
}

TEST_CASE("a locale with a decimal comma changes nothing", "[http]") {
  std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  const auto body = good(R"({"feature_vector":[0.5,"1.25"]})");
  std::setlocale(LC_NUMERIC, "C");
  CHECK(rows(body) == std::vector<std::vector<double>>{{0.5, 1.25}});
}
