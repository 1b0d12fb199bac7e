#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "exporter/http/handlers.h"
#include "fake_server.h"

using namespace exporter;
using nlohmann::json;

namespace {

HttpResponse predict(const std::string& body, const Services& services = fake_services()) {
  HttpRequest request;
  request.method = "POST";
  request.body = body;
  return prediction_response(request, services);
}

HttpResponse information(const std::string& model) {
  HttpRequest request;
  if (!model.empty()) request.query.emplace("model", model);
  return model_response(request, fake_services());
}

}  // namespace

TEST_CASE("without score the answer is is_inlier alone, 1 or -1", "[http]") {
  CHECK(predict(R"({"feature_vector":[0.25,0],"score":false})").body == R"({"is_inlier":1})");
  CHECK(predict(R"({"feature_vector":[0.75,0]})").body == R"({"is_inlier":-1})");
}

TEST_CASE("with score existing clients find the negated score under both spellings", "[http]") {
  const auto answer = predict(R"({"feature_vector":[0.25,0],"score":true})");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(json::parse(answer.body) ==
        json::parse(R"({"is_inlier":1,"anomaly_score":-0.5,"anomoly_score":-0.5,"score":0.5})"));
}

TEST_CASE("a batch is answered in order", "[http]") {
  const auto answer =
      json::parse(predict(R"({"feature_vectors":[[0.25,0],[0.75,0]],"score":true})").body);
  REQUIRE(answer.at("predictions").size() == 2);
  CHECK(answer["predictions"][0]["score"] == 0.5);
  CHECK(answer["predictions"][1]["is_inlier"] == -1);
  CHECK(json::parse(predict(R"({"feature_vectors":[[0.25,0]]})").body) ==
        json::parse(R"({"predictions":[{"is_inlier":1}]})"));
}

TEST_CASE("a wrong length names the key", "[http]") {
  const auto one = predict(R"({"feature_vector":[0.56],"score":true})");
  CHECK(one.status == 422);
  CHECK(json::parse(one.body)["detail"][0]["loc"] == json({"body", "feature_vector"}));
  const auto many = predict(R"({"feature_vectors":[[1,2],[1]]})");
  CHECK(json::parse(many.body)["detail"][0]["loc"] == json({"body", "feature_vectors", 1}));
}

TEST_CASE("the old service's error for a word in the vector is kept inside the envelope",
          "[http]") {
  const auto answer = predict(R"({"feature_vector":["x"]})");
  CHECK(answer.status == 422);
  const auto body = json::parse(answer.body);
  CHECK(
      body["detail"] ==
      json::parse(
          R"([{"loc":["body","feature_vector",0],"msg":"value is not a valid float","type":"type_error.float"}])"));
  CHECK(body["error"] == "body.feature_vector.0: value is not a valid float");
}

TEST_CASE("errors of the daemon keep their status: unknown model, not trained, entity missing",
          "[http]") {
  CHECK(predict(R"({"feature_vector":[0,0],"model":"none"})").status == 404);
  auto services = fake_services();
  services.predict = [](const PredictionRequest&, PredictionSink&) -> forest::Status {
    return forest::Error{forest::ErrorKind::data, "node is not trained yet", "not_trained"};
  };
  CHECK(predict(R"({"feature_vector":[0,0]})", services).status == 503);
  services.predict = [](const PredictionRequest&, PredictionSink&) -> forest::Status {
    return forest::Error{forest::ErrorKind::request, "3 entities: name one", "entity_required"};
  };
  const auto required = predict(R"({"feature_vector":[0,0]})", services);
  CHECK(required.status == 422);
  CHECK(json::parse(required.body)["detail"][0]["loc"] == json({"body", "entity"}));
}

TEST_CASE("a score that is no number is still JSON", "[http]") {
  auto services = fake_services();
  services.predict = [](const PredictionRequest&, PredictionSink& sink) -> forest::Status {
    sink.take({std::numeric_limits<double>::quiet_NaN(), true});
    return forest::Done{};
  };
  CHECK(json::parse(predict(R"({"feature_vector":[0,0],"score":true})", services).body)["score"] ==
        "NaN");
}

TEST_CASE("with explain every feature has value, expectation and contribution", "[http]") {
  const auto body =
      json::parse(predict(R"({"feature_vector":[0.25,null],"score":true,"explain":true})").body);
  CHECK(body.at("contributions") == json::parse(R"([
    {"feature":"cpu","value":0.25,"expected":0.25,"contribution":0.75},
    {"feature":"load","value":"NaN","expected":null,"contribution":0.25}])"));
  CHECK_FALSE(json::parse(predict(R"({"feature_vector":[0.25,0]})").body).contains("score"));
}

TEST_CASE("a batch whose answer would be too long is refused, with the number that fits",
          "[http]") {
  std::string body = R"({"score":true,"explain":true,"feature_vectors":[[0.25,0])";
  for (int i = 0; i < 30'000; ++i) body += ",[0.25,0]";
  body += "]}";
  const auto answer = predict(body);
  CHECK(answer.status == 413);
  const auto said = json::parse(answer.body);
  CHECK(said["errorType"] == "too_large");
  CHECK(said["detail"][0]["loc"] == json({"body", "feature_vectors"}));
  CHECK_THAT(said["error"].get<std::string>(), Catch::Contains("30001 vectors"));
}

TEST_CASE("each request is reported with its model, status and scores", "[http]") {
  auto services = fake_services();
  std::vector<std::tuple<std::string, int, std::uint64_t, std::uint64_t>> reports;
  services.predicted = [&](const PredictionReport& report) {
    reports.emplace_back(report.model, report.status, report.scores.inliers(),
                         report.scores.outliers());
  };
  predict(R"({"feature_vectors":[[0.25,0],[0.75,0],[0.1,0]]})", services);
  predict(R"({"feature_vectors":[[0.25,0],[1]]})", services);
  predict("{", services);
  predict(R"({"feature_vector":[0,0],"model":"none"})", services);
  CHECK(reports == std::vector<std::tuple<std::string, int, std::uint64_t, std::uint64_t>>{
                       {"node", 200, 2, 1}, {"node", 422, 0, 0}, {"", 422, 0, 0}, {"", 404, 0, 0}});
}

TEST_CASE("model information of a file has its own parameters, also unset ones", "[http]") {
  auto services = fake_services();
  services.model_information = [](const std::string&) -> forest::Result<ModelInformation> {
    return ModelInformation{.model = "mean_sd",
                            .parameters = {{"contamination", 0.001},
                                           {"random_state", std::int64_t{16}},
                                           {"n_jobs", std::monostate()}},
                            .trees = 100,
                            .features = {"mean", "sd"},
                            .threshold = 0.75,
                            .file_bytes = 1234};
  };
  auto body = json::parse(model_response({}, services).body);
  body.erase("version");
  CHECK(body == json::parse(R"({"n_estimators":100,"max_samples":"auto","contamination":0.001,
    "max_features":1.0,"bootstrap":false,"random_state":16,"n_jobs":null,"verbose":0,
    "warm_start":false,"model":"mean_sd","kind":"file","features":["mean","sd"],"trees":100,
    "threshold":0.75,"rows":null,"preset":null,"origin":null,"file_bytes":1234})"));
}

TEST_CASE("model information has scikit-learn's names, then ours", "[http]") {
  const auto answer = information("");
  CHECK(answer.status == 200);
  auto body = json::parse(answer.body);
  CHECK(body.at("version").is_string());
  body.erase("version");
  CHECK(body ==
        json::parse(
            R"({"n_estimators":100,"max_samples":256,"contamination":"auto","max_features":1.0,
    "bootstrap":false,"random_state":16,"n_jobs":null,"verbose":0,"warm_start":false,
    "model":"node","kind":"detector","features":["cpu","load"],"trees":100,"by":["instance"],
    "threshold":0.6,"sensitivity":0.2,
    "training_range":{"from":"2023-11-14T22:13:20Z","to":"2023-11-15T22:13:20Z"},
    "trained_at":"2023-11-15T22:13:21Z",
    "rows":4320,"entities":3})"));
}

TEST_CASE("model information of an unknown model gives 404, of an untrained one 503", "[http]") {
  CHECK(information("node").status == 200);
  const auto unknown = information("none");
  CHECK(unknown.status == 404);
  CHECK(json::parse(unknown.body)["detail"][0]["loc"] == json({"query", "model"}));
  CHECK(information("young").status == 503);
}
