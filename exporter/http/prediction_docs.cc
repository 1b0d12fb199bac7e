#include "exporter/http/route_docs.h"

namespace exporter {
namespace {

std::vector<NamedSchema> prediction_schemas() {
  return {{"FeatureVector", R"({
    "type": "array",
    "description": "Raw features in the model's order; null, `NaN` or `nan` for a missing one",
    "items": {"anyOf": [{"type": ["number", "null"]}, {"type": "string", "enum": ["NaN", "nan"]}]},
    "examples": [[0.5, 0.2]]})"},
          {"PredictionRequest", R"({
    "type": "object",
    "description": "One of `feature_vector` and `feature_vectors`, not both",
    "properties": {
      "feature_vector": {"$ref": "#/components/schemas/FeatureVector"},
      "feature_vectors": {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/components/schemas/FeatureVector"}},
      "score": {"type": "boolean", "default": false, "description": "Also answer scores"},
      "explain": {"type": "boolean", "default": false, "description": "Also answer reasons"},
      "model": {
        "type": "string",
        "description": "A model file or a detector. Default: the first file, else detector"},
      "entity": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Labels of one entity of a detector; optional if there is only one"},
      "time": {
        "description": "Of a detector, score as of then: unix seconds or RFC 3339; default: now",
        "anyOf": [
          {"type": "number", "minimum": -62135596800, "maximum": 253402300799},
          {"type": "string", "format": "date-time"}]}},
    "oneOf": [{"required": ["feature_vector"]}, {"required": ["feature_vectors"]}]})"},
          {"Contribution", R"({
    "type": "object",
    "properties": {
      "feature": {"type": "string"},
      "value": {
        "description": "As given",
        "anyOf": [{"$ref": "#/components/schemas/Number"}, {"type": "null"}]},
      "expected": {
        "description": "What the feature was expected to be",
        "anyOf": [{"$ref": "#/components/schemas/Number"}, {"type": "null"}]},
      "contribution": {
        "description": "Share in the score; shares sum to 1, or are all 0",
        "type": "number", "minimum": 0, "maximum": 1}},
    "required": ["feature", "value", "expected", "contribution"],
    "additionalProperties": false})"},
          {"Prediction", R"({
    "type": "object",
    "properties": {
      "is_inlier": {"enum": [1, -1], "description": "-1: the score is above the threshold"},
      "anomaly_score": {
        "description": "With `score`: the negated score, as scikit-learn's `score_samples`",
        "$ref": "#/components/schemas/Number"},
      "anomoly_score": {
        "description": "The same, under the name that existing clients read",
        "$ref": "#/components/schemas/Number"},
      "score": {
        "description": "With `score`: in (0, 1], higher is more anomalous, as `anomaly_score`",
        "$ref": "#/components/schemas/Number"},
      "contributions": {
        "description": "With `explain`: every feature, in the request's order",
        "type": "array",
        "items": {"$ref": "#/components/schemas/Contribution"}}},
    "required": ["is_inlier"],
    "dependentRequired": {"score": ["anomaly_score", "anomoly_score"]},
    "additionalProperties": false})"},
          {"Predictions", R"({
    "type": "object",
    "properties": {
      "predictions": {
        "type": "array",
        "description": "In the order of `feature_vectors`",
        "items": {"$ref": "#/components/schemas/Prediction"}}},
    "required": ["predictions"],
    "additionalProperties": false})"}};
}

constexpr const char* kWrongLength =
    R"({"status": "error", "errorType": "bad_data",
    "error": "feature_vector has 1 value, model mean_sd has 2 columns: mean, sd",
    "detail": [{"loc": ["body", "feature_vector"],
    "msg": "feature_vector has 1 value, model mean_sd has 2 columns: mean, sd",
    "type": "value_error.length"}]})";

constexpr const char* kUnknownModel =
    R"({"status": "error", "errorType": "not_found", "error": "no model or detector named none",
    "detail": [{"loc": ["body", "model"], "msg": "no model or detector named none",
    "type": "value_error.model_not_found"}]})";

constexpr const char* kUnknownInQuery =
    R"({"status": "error", "errorType": "not_found", "error": "no model or detector named none",
    "detail": [{"loc": ["query", "model"], "msg": "no model or detector named none",
    "type": "value_error.model_not_found"}]})";

constexpr const char* kInformation = R"({"n_estimators": 100, "max_samples": 256,
    "contamination": "auto", "max_features": 1.0, "bootstrap": false, "random_state": 16,
    "n_jobs": null, "verbose": 0, "warm_start": false, "model": "node", "kind": "detector",
    "features": ["cpu", "load"], "trees": 100, "threshold": 0.6, "rows": 40320,
    "by": ["instance"], "sensitivity": 0.2,
    "training_range": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-29T00:00:00Z"},
    "trained_at": "2026-03-29T00:00:12Z", "entities": 1, "version": "0.1.0"})";

constexpr const char* kFileInformation = R"({"n_estimators": 100, "max_samples": "auto",
    "contamination": "auto", "max_features": 1.0, "bootstrap": false, "random_state": 16,
    "n_jobs": null, "verbose": 0, "warm_start": false, "model": "mean_sd", "kind": "file",
    "features": ["mean", "sd"], "trees": 100, "threshold": 0.5, "rows": 500,
    "preset": "standard", "origin": null, "file_bytes": 163840, "version": "0.1.0"})";

/// What both kinds of model have, then what each has.
constexpr const char* kInformationSchema = R"({
    "type": "object",
    "description": "The nine parameters of scikit-learn's IsolationForest, then ours",
    "properties": {
      "n_estimators": {"type": "integer"},
      "max_samples": {"type": ["number", "string"]},
      "contamination": {"type": ["number", "string"]},
      "max_features": {"type": "number"},
      "bootstrap": {"type": "boolean"},
      "random_state": {"type": ["integer", "null"]},
      "n_jobs": {"type": ["integer", "null"]},
      "verbose": {"type": "integer"},
      "warm_start": {"type": "boolean"},
      "model": {"type": "string"},
      "kind": {"enum": ["detector", "file"]},
      "features": {"type": "array", "items": {"type": "string"}},
      "trees": {"type": "integer"},
      "threshold": {
        "description": "Of a detector with several entities: the median over them",
        "$ref": "#/components/schemas/Number"},
      "rows": {"type": ["integer", "null"], "description": "Trained on; null: not known"},
      "by": {"type": "array", "items": {"type": "string"}, "description": "Of a detector"},
      "sensitivity": {
        "description": "Of a detector", "$ref": "#/components/schemas/Number"},
      "training_range": {
        "description": "Of a detector",
        "type": "object",
        "properties": {
          "from": {"type": "string", "format": "date-time"},
          "to": {"type": "string", "format": "date-time"}},
        "required": ["from", "to"],
        "additionalProperties": false},
      "trained_at": {"type": "string", "format": "date-time", "description": "Of a detector"},
      "entities": {"type": "integer", "description": "Of a detector: those with a model"},
      "preset": {"type": ["string", "null"], "description": "Of a file"},
      "origin": {"type": ["string", "null"], "description": "Of a file: what it came from"},
      "file_bytes": {"type": "integer", "description": "Of a file"},
      "version": {"type": "string", "description": "Of the exporter"}},
    "required": ["n_estimators", "max_samples", "contamination", "max_features", "bootstrap",
      "random_state", "n_jobs", "verbose", "warm_start", "model", "kind", "features", "trees",
      "threshold", "rows", "version"],
    "additionalProperties": false})";

}  // namespace

RouteDocs prediction_docs() {
  return {
      .operation_id = "predict",
      .tag = "prediction",
      .description =
          "The body is read as JSON whatever its Content-Type. `anomaly_score` and `anomoly_score` "
          "are scikit-learn's negated score; `score` is the metric's positive one.",
      .request = {{.schema = R"({"$ref":"#/components/schemas/PredictionRequest"})",
                   .examples = {{"score", "A vector with its score",
                                 R"({"feature_vector": [0.5, 0.2], "score": true})"},
                                {"batch", "Several vectors at once",
                                 R"({"feature_vectors": [[0.5, 0.2], [12, 3]], "score": true})"},
                                {"missing", "A missing feature",
                                 R"({"feature_vector": [0.5, null], "score": true})"},
                                {"explain", "Which feature makes the score",
                                 R"({"model": "mean_sd", "feature_vector": [12, 3], "score": true,
                             "explain": true})"},
                                {"entity", "As if one host of a detector had these values now",
                                 R"({"model": "node", "entity": {"instance": "web-1"},
                             "feature_vector": [0.9, 12.5], "score": true})"}}}},
      .answers =
          {{200,
            "`Prediction` for `feature_vector`, `Predictions` for `feature_vectors`",
            {{.schema = R"({"oneOf":[{"$ref":"#/components/schemas/Prediction"},
                       {"$ref":"#/components/schemas/Predictions"}]})",
              .examples = {{"score", "A vector with its score",
                            R"({"is_inlier": 1, "anomaly_score": -0.4512, "anomoly_score": -0.4512,
                               "score": 0.4512})"},
                           {"batch", "Several vectors at once",
                            R"({"predictions": [{"is_inlier": 1}, {"is_inlier": -1}]})"}}}}},
           error_answer(404, "No such model, detector or entity",
                        {{"model", "An unknown model", kUnknownModel}}),
           error_answer(413,
                        "The body is too large, as sent or unpacked, or scoring its vectors costs "
                        "more than one request may: `error` says how many fit"),
           error_answer(422,
                        "Not JSON, or a field is wrong, misspelt or given twice: `detail` names it",
                        {{"length", "A vector of the wrong length", kWrongLength}}),
           error_answer(503, "The detector is not trained yet")},
      .schemas = prediction_schemas()};
}

RouteDocs model_information_docs() {
  return {.operation_id = "modelInformation",
          .tag = "prediction",
          .parameters = {{.name = "model",
                          .description = "A model file or a detector; default as in `/prediction`",
                          .example = R"("mean_sd")"}},
          .answers = {{200,
                       "scikit-learn's names of the parameters, then ours",
                       {{.schema = R"({"$ref":"#/components/schemas/ModelInformation"})",
                         .examples = {{"detector", "A detector's model", kInformation},
                                      {"file", "A model file", kFileInformation}}}}},
                      error_answer(404, "No such model or detector",
                                   {{"model", "An unknown model", kUnknownInQuery}}),
                      error_answer(503, "The detector is not trained yet")},
          .schemas = {{"ModelInformation", kInformationSchema}}};
}

}  // namespace exporter
