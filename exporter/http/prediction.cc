#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "exporter/http/handlers.h"
#include "exporter/http/prediction_answer.h"
#include "exporter/http/prediction_body.h"

namespace exporter {
namespace {

/// Bytes of an answer: a body of the largest size could ask for fifty times its own.
constexpr std::size_t kMostAnswerBytes = std::size_t{4} << 20;

HttpResponse refuse(const BodyErrors& errors) {
  std::string place;
  for (const auto& part : errors.front().location) place += (place.empty() ? "" : ".") + part;
  return error_response(422, place + ": " + errors.front().message, errors);
}

/// Names the key that an Error of the services is about.
HttpResponse service_error(const forest::Error& error, bool batch, std::size_t row) {
  const int status = http_status(error);
  const char* vectors = batch ? "feature_vectors" : "feature_vector";
  std::vector<std::string> location{"body"};
  if (error.reason == "length") {
    location.emplace_back(vectors);
    if (batch) location.push_back(std::to_string(row));
  } else if (error.reason == "too_large") {
    location.emplace_back(vectors);
  } else if (error.reason.starts_with("entity")) {
    location.emplace_back("entity");
  } else if (error.reason == "time") {
    location.emplace_back("time");
  } else if (error.reason == "model_not_found" || error.reason == "not_trained") {
    location.emplace_back("model");
  }
  auto response =
      error_response(status, error.message,
                     {{std::move(location), error.message, "value_error." + error.label()}});
  if (status == 503) response.headers.emplace_back("Retry-After", "10");
  return response;
}

/// Parses, asks, writes. @param model, tally  receive what the metrics want to know
HttpResponse answer(const HttpRequest& request, const Services& services, std::string& model,
                    ScoreTally& tally) {
  const auto parsed = parse_prediction(request.body);
  if (const auto* errors = std::get_if<BodyErrors>(&parsed)) return refuse(*errors);
  const auto& body = std::get<PredictionBody>(parsed);
  const bool batch = body.request.batch;
  PredictionAnswer answer(batch, body.score, body.request.explain);
  bool too_long = false;
  PredictionSink sink;
  sink.take = [&](const Prediction& prediction) {
    tally.add(prediction.score, prediction.is_inlier);
    answer.add(prediction);
    too_long = answer.size() > kMostAnswerBytes;
    return !too_long;
  };
  const auto done = services.predict(body.request, sink);
  model = std::move(sink.model);
  if (!done) return service_error(done.error(), batch, sink.row);
  if (too_long) {
    return service_error(
        {forest::ErrorKind::request,
         fmt::format("feature_vectors has {} vectors, whose answer is longer than {} MiB; send at "
                     "most {} in one request",
                     body.request.rows.size(), kMostAnswerBytes >> 20U, answer.count() - 1),
         "too_large"},
        batch, 0);
  }
  if (!batch && answer.count() != 1) return error_response(500, "internal error");
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(answer).take();
  return response;
}

}  // namespace

HttpResponse prediction_response(const HttpRequest& request, const Services& services) {
  const auto begin = std::chrono::steady_clock::now();
  std::string model;
  ScoreTally tally;
  auto response = answer(request, services, model, tally);
  if (services.predicted) {
    if (response.status != 200) tally = {};  // a refused request has answered no vector
    services.predicted({.model = model,
                        .status = response.status,
                        .duration = std::chrono::steady_clock::now() - begin,
                        .scores = tally});
  }
  return response;
}

}  // namespace exporter
