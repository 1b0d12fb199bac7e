#include "exporter/http/api_docs.h"

#include <utility>

namespace exporter {
namespace {

RouteParameter detector_parameter(std::string description) {
  return {.name = "detector", .description = std::move(description), .example = R"("node")"};
}

RouteParameter match_parameter() {
  return {.name = "match",
          .description =
              "`label=value`; `*` stands for any text, an absent label is empty. "
              "Repeated: all must match",
          .schema = R"({"type":"array","maxItems":32,
                        "items":{"type":"string","pattern":"^[^=]+=.*$"}})",
          .example = R"(["instance=web-1"])"};
}

RouteParameter flag_parameter(std::string name, std::string description) {
  return {.name = std::move(name),
          .description = std::move(description),
          .schema = R"({"type":"string","enum":["true","false","1","0"]})"};
}

RouteParameter limit_parameter(std::string description) {
  return {.name = "limit",
          .description = std::move(description),
          .schema = R"({"type":"integer","minimum":1,"maximum":1000,"default":100})"};
}

/// `{"status":"success","data":DATA}`.
std::string envelope(const std::string& data) {
  std::string schema = R"({"type":"object","properties":{"status":{"const":"success"},"data":)";
  schema += data;
  schema += R"(},"required":["status","data"],"additionalProperties":false})";
  return schema;
}

constexpr const char* kReason = R"({
  "type": "object",
  "properties": {
    "feature": {"type": "string"},
    "value": {"$ref": "#/components/schemas/ApiNumber"},
    "expected": {"description": "What it usually is for that entity at that time",
                 "$ref": "#/components/schemas/ApiNumber"},
    "contribution": {"description": "Share in the anomaly",
                     "type": "number", "minimum": 0, "maximum": 1}},
  "required": ["feature", "value", "expected", "contribution"], "additionalProperties": false})";

constexpr const char* kVerdict = R"(
    "at": {"description": "The time that was scored, unix seconds", "type": "number"},
    "state": {"description": "warming: scored and shown, never detected",
              "enum": ["warming", "ready"]},
    "score": {"$ref": "#/components/schemas/ApiNumber"},
    "threshold": {"$ref": "#/components/schemas/ApiNumber"},
    "severity": {"description": "Score over the threshold, as a share of 1 - threshold",
      "$ref": "#/components/schemas/ApiNumber"},
    "detected": {"type": "boolean"},
    "active": {"type": "boolean"},
    "coverage": {"description": "Share of the features present", "type": "number"},
    "reasons": {"type": "array", "items": {"$ref": "#/components/schemas/ApiReason"}})";

std::string verdict_object(const std::string& more, const std::string& required) {
  return R"({"type":"object","properties":{)" + more + kVerdict + R"(},"required":[)" + required +
         R"("at","state","score","threshold","severity","detected","active","coverage","reasons"],
         "additionalProperties":false})";
}

std::vector<NamedSchema> api_schemas() {
  return {{"ApiNumber", R"({"anyOf":[{"type":"number"},
             {"type":"string","enum":["NaN","+Inf","-Inf"]}]})"},
          {"ApiLabels", R"({"type":"object","additionalProperties":{"type":"string"}})"},
          {"ApiReason", kReason}};
}

}  // namespace

RouteDocs detectors_docs() {
  RouteDocs docs{.operation_id = "listDetectors",
                 .tag = "api",
                 .description = "In the order of the configuration."};
  docs.schemas = api_schemas();
  docs.schemas.push_back({"ApiDetector", R"({
    "type": "object",
    "properties": {
      "name": {"type": "string"},
      "state": {"enum": ["warming", "ready", "stale"]},
      "by": {"type": "array", "items": {"type": "string"}},
      "features": {"type": "array", "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "query": {"type": "string"}},
        "required": ["name", "query"], "additionalProperties": false}},
      "interval_seconds": {"type": "number"},
      "sensitivity": {"type": "number"},
      "entities": {"description": "With data in the last cycle", "type": "integer"},
      "entities_detected": {"type": "integer"},
      "entities_active": {"type": "integer"},
      "model": {"anyOf": [{"type": "null"}, {
        "type": "object",
        "properties": {
          "trained_at": {"description": "Unix seconds", "type": "number"},
          "entities": {"type": "integer"},
          "entities_ready": {"type": "integer"},
          "rows": {"type": "integer"},
          "threshold": {"description": "Median over the entities",
                        "$ref": "#/components/schemas/ApiNumber"}},
        "required": ["trained_at", "entities", "entities_ready", "rows", "threshold"],
        "additionalProperties": false}]},
      "last_cycle": {"anyOf": [{"type": "null"}, {
        "type": "object",
        "properties": {
          "at": {"description": "The time that was scored, unix seconds", "type": "number"},
          "finished": {"type": "number"},
          "duration_seconds": {"type": "number"},
          "error": {"type": ["string", "null"]}},
        "required": ["at", "finished", "duration_seconds", "error"],
        "additionalProperties": false}]}},
    "required": ["name", "state", "by", "features", "interval_seconds", "sensitivity", "entities",
                 "entities_detected", "entities_active", "model", "last_cycle"],
    "additionalProperties": false})"});
  docs.answers = {
      {200, "The detectors", {{.schema = envelope(R"({"type":"object","properties":{"detectors":{
                       "type":"array","items":{"$ref":"#/components/schemas/ApiDetector"}}},
                       "required":["detectors"],"additionalProperties":false})")}}},
      error_answer(422, "A parameter; there are none")};
  return docs;
}

RouteDocs entities_docs() {
  RouteDocs docs{.operation_id = "listEntities",
                 .tag = "api",
                 .description =
                     "Entities of the last cycle, the worst first. Reasons are the five "
                     "largest, of detected and active entities."};
  docs.parameters = {
      detector_parameter("Only this detector's"),
      match_parameter(),
      flag_parameter("active", "Only those that are active, or are not"),
      flag_parameter("detected", "Only those that are detected, or are not"),
      {.name = "state",
       .description = "Only those that are ready, or warming",
       .schema = R"({"type":"string","enum":["ready","warming"]})"},
      {.name = "sort",
       .description = "`severity` and `score`: highest first; `entity`: by detector and labels",
       .schema = R"({"type":"string","enum":["severity","score","entity"],"default":"severity"})"},
      limit_parameter("Entities in one answer"),
      {.name = "offset",
       .description = "Entities passed over: the `next_offset` of the answer before",
       .schema = R"({"type":"integer","minimum":0,"maximum":1000000000,"default":0})"}};
  docs.schemas = {{"ApiEntity", verdict_object(R"("detector":{"type":"string"},
      "labels":{"$ref":"#/components/schemas/ApiLabels"},)",
                                               R"("detector","labels",)")}};
  docs.answers = {
      {200, "A page of entities", {{.schema = envelope(R"({"type":"object","properties":{
           "entities":{"type":"array","items":{"$ref":"#/components/schemas/ApiEntity"}},
           "total":{"description":"Entities that match","type":"integer"},
           "next_offset":{"description":"null on the last page","type":["integer","null"]}},
           "required":["entities","total","next_offset"],"additionalProperties":false})")}}},
      error_answer(404, "No such detector"),
      error_answer(422, "A parameter is unknown or wrong; it is named")};
  return docs;
}

RouteDocs entity_docs() {
  RouteDocs docs{.operation_id = "getEntity",
                 .tag = "api",
                 .description =
                     "What is known of one entity: its verdict now with every feature's part in "
                     "it, and what the last cycles found, from memory: a restart begins anew."};
  docs.parameters = {detector_parameter("May be left out when there is only one"),
                     match_parameter(),
                     limit_parameter("Points in the answer, the newest ones"),
                     {.name = "since",
                      .description = "No points before that time, unix seconds",
                      .schema = R"({"type":"number"})"}};
  docs.schemas = {{"ApiPoint", R"({
    "type": "object",
    "properties": {
      "at": {"type": "number"},
      "score": {"$ref": "#/components/schemas/ApiNumber"},
      "threshold": {"$ref": "#/components/schemas/ApiNumber"},
      "detected": {"type": "boolean"},
      "active": {"type": "boolean"},
      "values": {"description": "In the order of `features`", "type": "array",
                 "items": {"$ref": "#/components/schemas/ApiNumber"}},
      "expected": {"description": "In the order of `features`", "type": "array",
                   "items": {"$ref": "#/components/schemas/ApiNumber"}},
      "contributions": {
        "description": "The five largest, by feature, of detected and active points",
        "type": "object", "additionalProperties": {"type": "number"}}},
    "required": ["at", "score", "threshold", "detected", "active", "values", "expected",
                 "contributions"],
    "additionalProperties": false})"},
                  {"ApiNow", verdict_object("", "")}};
  docs.answers = {{200, "The entity", {{.schema = envelope(R"({"type":"object","properties":{
           "detector":{"type":"string"},
           "labels":{"$ref":"#/components/schemas/ApiLabels"},
           "model":{"anyOf":[{"type":"null"},{
             "type":"object",
             "properties":{
               "state":{"enum":["warming","ready"]},
               "rows":{"type":"integer"},
               "first":{"description":"Training range, unix seconds","type":"number"},
               "last":{"type":"number"},
               "threshold":{"$ref":"#/components/schemas/ApiNumber"}},
             "required":["state","rows","first","last","threshold"],
             "additionalProperties":false}]},
           "now":{"description":"null without a score in the last cycle",
                  "anyOf":[{"type":"null"},{"$ref":"#/components/schemas/ApiNow"}]},
           "features":{"type":"array","items":{"type":"string"}},
           "points":{"description":"Oldest first","type":"array",
                     "items":{"$ref":"#/components/schemas/ApiPoint"}}},
           "required":["detector","labels","model","now","features","points"],
           "additionalProperties":false})")}}},
                  error_answer(404, "No such detector, or no entity matches"),
                  error_answer(422, "A parameter is unknown or wrong, or several entities match")};
  return docs;
}

}  // namespace exporter
