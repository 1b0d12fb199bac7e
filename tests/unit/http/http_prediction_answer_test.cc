#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exporter/http/prediction_answer.h"

using namespace exporter;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

std::string text(const std::string& value) {
  std::string out;
  append_json_text(out, value);
  return out;
}

}  // namespace

TEST_CASE("numbers read back equal and as real numbers", "[http]") {
  CHECK(number(0.5) == "0.5");
  CHECK(number(1) == "1.0");
  CHECK(number(-0.0) == "-0.0");
  CHECK(number(1e300) == "1e+300");
  CHECK(number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(number(kNan) == "\"NaN\"");
  CHECK(number(kInfinity) == "\"+Inf\"");
  CHECK(number(-kInfinity) == "\"-Inf\"");
  for (const double value :
       {1e15, 123456789.0, 5e-324, 1.7976931348623157e308, -0.6429671336132159}) {
    const auto parsed = nlohmann::json::parse(number(value));
    CHECK(parsed.is_number_float());
    CHECK(parsed.get<double>() == value);
  }
}

TEST_CASE("texts are escaped as JSON wants it", "[http]") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "é日";
  CHECK(nlohmann::json::parse(text(all)).get<std::string>() == all);
  CHECK(text("a\"\\\n") == "\"a\\\"\\\\\\u000a\"");
}

TEST_CASE("an answer for one vector is an object, a batch is a list in order", "[http]") {
  PredictionAnswer one(false, false, false);
  one.add({.score = 0.5, .is_inlier = false});
  CHECK(std::move(one).take() == R"({"is_inlier":-1})");
  PredictionAnswer two(true, true, false);
  two.add({.score = 0.5, .is_inlier = true});
  two.add({.score = kNan, .is_inlier = true});
  CHECK(two.count() == 2);
  CHECK(nlohmann::json::parse(std::move(two).take()) == nlohmann::json::parse(R"({"predictions":[
    {"is_inlier":1,"anomaly_score":-0.5,"anomoly_score":-0.5,"score":0.5},
    {"is_inlier":1,"anomaly_score":"NaN","anomoly_score":"NaN","score":"NaN"}]})"));
}

TEST_CASE("reasons are listed, an unknown expectation as null", "[http]") {
  const std::vector<FeatureReason> reasons{{"a\"b", 1, kNan, 1}, {"c", kNan, 2.5, 0}};
  PredictionAnswer answer(false, false, true);
  answer.add({.score = 0.5, .is_inlier = true, .reasons = reasons});
  CHECK(std::move(answer).take() ==
        R"({"is_inlier":1,"contributions":[)"
        R"({"feature":"a\"b","value":1.0,"expected":null,"contribution":1.0},)"
        R"({"feature":"c","value":"NaN","expected":2.5,"contribution":0.0}]})");
}
