#include "exporter/http/api_answer.h"

#include <fmt/format.h>

#include <utility>

namespace exporter {

JsonText open_answer() {
  JsonText json;
  json.open('{').key("status").value("success").key("data");
  return json;
}

HttpResponse close_answer(JsonText json) {
  json.close('}');
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(json).take();
  return response;
}

void write_labels(JsonText& json, const Labels& labels) {
  json.open('{');
  for (const auto& [name, value] : labels.pairs()) json.key(name).value(value);
  json.close('}');
}

void write_verdict(JsonText& json, const EntityScore& score) {
  json.key("state").value(score.ready ? "ready" : "warming");
  json.key("score").value(score.score);
  json.key("threshold").value(score.threshold);
  json.key("severity").value(score.severity());
  json.key("detected").value(score.detected);
  json.key("active").value(score.active);
  json.key("coverage").value(score.coverage);
}

void write_reason(JsonText& json, const FeatureReason& reason) {
  json.open('{').key("feature").value(reason.feature);
  json.key("value").value(reason.value);
  json.key("expected").value(reason.expected);
  json.key("contribution").value(reason.contribution).close('}');
}

HttpResponse no_such_detector(const std::string& name) {
  const std::string message = fmt::format("no detector named {}", name);
  return error_response(404, message, {{{"query", "detector"}, message, "value_error"}});
}

}  // namespace exporter
