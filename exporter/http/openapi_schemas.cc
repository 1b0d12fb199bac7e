#include "exporter/http/openapi_schemas.h"

namespace exporter {

const std::string_view kApiDescription =
    "Finds anomalies in Prometheus series with isolation forests, and serves scores, reasons and "
    "its own health.\n\n"
    "The examples speak of a model file `mean_sd` with the features `mean` and `sd`, and of a "
    "detector `node` with the entity label `instance`.\n\n"
    "A path that does not exist is answered 404, a method that a path does not have 405; a path "
    "with `GET` answers `HEAD` too. Every error comes in the envelope `Error`, except those of "
    "`/-/ready` and `/-/reload`, which are plain text as in Prometheus. JSON has no NaN and no "
    "infinity: they travel as the strings `\"NaN\"`, `\"+Inf\"` and `\"-Inf\"`, as in the query "
    "API of Prometheus.";

const std::string_view kTags = R"([
  {"name": "prediction", "description": "Scores of vectors on demand, and the models behind them"},
  {"name": "api", "description": "Detectors, their entities, and the recent past of one entity"},
  {"name": "metrics", "description": "What Prometheus scrapes"},
  {"name": "process", "description": "Health, readiness, configuration"},
  {"name": "pages", "description": "For people and tools: landing page, this document"}
])";

const std::string_view kBasicAuth =
    "Needed when the file of `--web.config.file` names `basic_auth_users`.";

const std::string_view kRefused =
    "The request did not reach the route: 400 malformed or cut short, 401 user or password "
    "missing or wrong, 408 too slow, 413 body too large, 414 target too long, 429 over the rate "
    "limit, 431 headers too large, 500 internal error, 503 too busy.";

std::vector<NamedSchema> shared_schemas() {
  return {{"Error", R"({
    "type": "object",
    "description": "The envelope of Prometheus; `detail` is that of FastAPI",
    "properties": {
      "status": {"const": "error"},
      "errorType": {"type": "string", "description": "The kind of error, such as `bad_data`"},
      "error": {"type": "string", "description": "One line: what is wrong, and where"},
      "detail": {"type": "array", "items": {"$ref": "#/components/schemas/ErrorDetail"}}},
    "required": ["status", "errorType", "error", "detail"],
    "additionalProperties": false})"},
          {"ErrorDetail", R"({
    "type": "object",
    "properties": {
      "loc": {
        "type": "array",
        "items": {"type": ["string", "integer"]},
        "description": "`body`, `query` or `header`, then keys and indexes"},
      "msg": {"type": "string"},
      "type": {"type": "string"}},
    "required": ["loc", "msg", "type"],
    "additionalProperties": false})"},
          {"Number", R"({
    "description": "A number, or a special value as a string",
    "anyOf": [{"type": "number"}, {"enum": ["NaN", "+Inf", "-Inf"]}]})"}};
}

}  // namespace exporter
