#include <array>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <variant>

#include "exporter/http/handlers.h"
#include "exporter/time_text.h"
#include "exporter/version.h"

namespace exporter {
namespace {

using nlohmann::ordered_json;

/// Special values travel as strings, as in the query API.
ordered_json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return value;
}

ordered_json to_json(const forest::ParameterValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value)) return number(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

/// What scikit-learn has when IsolationForest() is called without arguments.
/// Source: scikit-learn 1.2, sklearn.ensemble.IsolationForest.
const std::array<forest::Parameter, 9>& defaults() {
  static const std::array<forest::Parameter, 9> kDefaults{{{"n_estimators", std::int64_t{100}},
                                                           {"max_samples", std::string("auto")},
                                                           {"contamination", std::string("auto")},
                                                           {"max_features", 1.0},
                                                           {"bootstrap", false},
                                                           {"random_state", std::monostate()},
                                                           {"n_jobs", std::monostate()},
                                                           {"verbose", std::int64_t{0}},
                                                           {"warm_start", false}}};
  return kDefaults;
}

/// The parameters that scikit-learn shows, in the order of its documentation, all of them.
void add_parameters(ordered_json& answer, const ModelInformation& model) {
  for (const auto& parameter : defaults()) {
    answer[parameter.name] = to_json(parameter.value);
  }
  answer["n_estimators"] = model.trees;
  for (const auto& parameter : model.parameters) answer[parameter.name] = to_json(parameter.value);
}

HttpResponse not_found(const forest::Error& error) {
  auto response =
      error_response(http_status(error), error.message,
                     {{{"query", "model"}, error.message, "value_error." + error.label()}});
  if (response.status == 503) response.headers.emplace_back("Retry-After", "10");
  return response;
}

}  // namespace

HttpResponse model_response(const HttpRequest& request, const Services& services) {
  const auto named = request.query.find("model");
  const auto found = services.model_information(named == request.query.end() ? "" : named->second);
  if (!found) return not_found(found.error());
  const ModelInformation& model = *found;
  ordered_json answer;
  add_parameters(answer, model);
  answer["model"] = model.model;
  answer["kind"] = model.detector ? "detector" : "file";
  answer["features"] = model.features;
  answer["trees"] = model.trees;
  answer["threshold"] = number(model.threshold);
  // A model that was imported does not say how many rows it was trained on.
  answer["rows"] = model.rows != 0 ? ordered_json(model.rows) : ordered_json(nullptr);
  if (const auto& detector = model.detector) {
    answer["by"] = detector->by;
    answer["sensitivity"] = number(detector->sensitivity);
    answer["training_range"] = {{"from", to_rfc3339(detector->training_first)},
                                {"to", to_rfc3339(detector->training_last)}};
    answer["trained_at"] = to_rfc3339(detector->trained_at);
    answer["entities"] = detector->entities;
  } else {
    answer["preset"] = model.preset.empty() ? ordered_json(nullptr) : ordered_json(model.preset);
    answer["origin"] = model.origin.empty() ? ordered_json(nullptr) : ordered_json(model.origin);
    answer["file_bytes"] = model.file_bytes;
  }
  answer["version"] = kVersion;
  HttpResponse response;
  response.content_type = "application/json";
  response.body = answer.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return response;
}

}  // namespace exporter
