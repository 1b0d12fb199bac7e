#include "exporter/http/openapi.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "exporter/http/openapi_schemas.h"
#include "exporter/version.h"

namespace exporter {
namespace {

using nlohmann::ordered_json;

ordered_json parsed(std::string_view text) {
  auto value = ordered_json::parse(text, nullptr, false);
  assert(!value.is_discarded());
  return value;
}

ordered_json content_of(const std::vector<RouteContent>& contents) {
  auto content = ordered_json::object();
  for (const auto& [media_type, schema, examples] : contents) {
    auto& entry = content[media_type];
    entry["schema"] = parsed(schema);
    for (const auto& example : examples) {
      entry["examples"][example.name] = {{"summary", example.summary},
                                         {"value", parsed(example.value)}};
    }
  }
  return content;
}

ordered_json parameters_of(const RouteDocs& docs) {
  auto list = ordered_json::array();
  for (const auto& parameter : docs.parameters) {
    ordered_json entry{{"name", parameter.name},
                       {"in", parameter.in},
                       {"description", parameter.description},
                       {"required", parameter.required},
                       {"schema", parsed(parameter.schema)}};
    if (!parameter.example.empty()) entry["example"] = parsed(parameter.example);
    list.push_back(std::move(entry));
  }
  return list;
}

ordered_json answers_of(const RouteDocs& docs) {
  auto answers = ordered_json::object();
  for (const auto& answer : docs.answers) {
    auto& entry = answers[std::to_string(answer.status)];
    entry["description"] = answer.description;
    if (!answer.content.empty()) entry["content"] = content_of(answer.content);
  }
  answers["default"] = {{"$ref", "#/components/responses/Refused"}};
  return answers;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// @param method  as in the table; its operation id carries it unless it is the route's first
ordered_json operation_of(const Route& route, const std::string& method) {
  const auto& docs = route.docs;
  std::string id = docs.operation_id;
  if (method != route.methods.front()) id.append(1, '_').append(lower(method));
  ordered_json operation;
  operation["operationId"] = std::move(id);
  operation["tags"] = {docs.tag};
  operation["summary"] = route.summary;
  if (!docs.description.empty()) operation["description"] = docs.description;
  if (!docs.parameters.empty()) operation["parameters"] = parameters_of(docs);
  if (!docs.request.empty()) {
    operation["requestBody"] = {{"required", true}, {"content", content_of(docs.request)}};
  }
  operation["responses"] = answers_of(docs);
  return operation;
}

ordered_json refused() {
  ordered_json answer{{"description", kRefused}};
  answer["content"] = content_of(error_answer(0, {}).content);
  return answer;
}

ordered_json components_of(const std::vector<Route>& table) {
  auto schemas = ordered_json::object();
  for (const auto& [name, schema] : shared_schemas()) schemas[name] = parsed(schema);
  for (const auto& route : table) {
    for (const auto& [name, schema] : route.docs.schemas) schemas[name] = parsed(schema);
  }
  return {{"schemas", std::move(schemas)},
          {"responses", {{"Refused", refused()}}},
          {"securitySchemes",
           {{"basic", {{"type", "http"}, {"scheme", "basic"}, {"description", kBasicAuth}}}}}};
}

}  // namespace

std::string openapi_document(const std::vector<Route>& table) {
  ordered_json document;
  document["openapi"] = "3.1.0";
  document["info"] = {{"title", "Anomaly Exporter"},
                      {"summary", "Anomaly detection for Prometheus"},
                      {"description", kApiDescription},
                      {"license", {{"name", "Apache License 2.0"}, {"identifier", "Apache-2.0"}}},
                      {"version", kVersion}};
  document["servers"] = {{{"url", "."}, {"description", "This exporter"}}};
  document["security"] = {ordered_json::object(), {{"basic", ordered_json::array()}}};
  document["tags"] = parsed(kTags);
  auto& paths = document["paths"] = ordered_json::object();
  for (const auto& route : table) {
    if (route.docs.operation_id.empty()) continue;
    for (const auto& method : route.methods)
      paths[route.path][lower(method)] = operation_of(route, method);
  }
  document["components"] = components_of(table);
  return document.dump();
}

}  // namespace exporter
