#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "exporter/http/handlers.h"
#include "exporter/http/openapi.h"
#include "exporter/version.h"
#include "fake_server.h"

using namespace exporter;
using nlohmann::json;

namespace {

HttpResponse nothing(const HttpRequest& /*request*/) { return {}; }

std::vector<Route> small_table() {
  return {{.methods = {"POST", "PUT"},
           .path = "/a",
           .summary = "Does a",
           .handler = nothing,
           .docs = {.operation_id = "a",
                    .tag = "api",
                    .description = "Longer.",
                    .parameters = {{.name = "x",
                                    .description = "An x",
                                    .schema = R"({"type":"integer"})",
                                    .example = "3",
                                    .required = true}},
                    .request = {{.schema = R"({"$ref":"#/components/schemas/A"})",
                                 .examples = {{"one", "First", R"({"b":1})"}}}},
                    .answers = {{204, "Nothing"}, error_answer(404, "No such a")},
                    .schemas = {{"A", R"({"type":"object"})"}}}},
          {.methods = {"GET"}, .path = "/hidden", .summary = "Hidden", .handler = nothing}};
}

/// Calls `visit` with every object below a value.
template <typename Visit>
void each_object(const json& value, const Visit& visit) {
  if (value.is_object()) visit(value);
  if (value.is_structured()) {
    for (const auto& inner : value) each_object(inner, visit);
  }
}

json served_document() {
  HttpRequest request;
  request.method = "GET";
  request.path = "/openapi.json";
  const auto answer = make_routes({}, fake_services()).dispatch(request);
  REQUIRE(answer.status == 200);
  REQUIRE(answer.content_type == "application/json");
  return json::parse(*answer.blocks.at(0));
}

}  // namespace

TEST_CASE("a route becomes an operation for each of its methods", "[http]") {
  const auto document = json::parse(openapi_document(small_table()));
  CHECK(document.at("openapi") == "3.1.0");
  CHECK(document.at("info").at("version") == kVersion);
  const auto& post = document.at("paths").at("/a").at("post");
  CHECK(post.at("operationId") == "a");
  CHECK(document["paths"]["/a"].at("put").at("operationId") == "a_put");
  CHECK(post.at("tags") == json({"api"}));
  CHECK(post.at("summary") == "Does a");
  CHECK(post.at("parameters") ==
        json::parse(R"([{"name":"x","in":"query","description":"An x","required":true,
                         "schema":{"type":"integer"},"example":3}])"));
  CHECK(post.at("requestBody").at("content") ==
        json::parse(R"({"application/json":{"schema":{"$ref":"#/components/schemas/A"},
                         "examples":{"one":{"summary":"First","value":{"b":1}}}}})"));
  CHECK(post.at("responses").at("204") == json::parse(R"({"description":"Nothing"})"));
  CHECK(post["responses"].at("404").at("content").at("application/json").at("schema").at("$ref") ==
        "#/components/schemas/Error");
  CHECK(post["responses"].at("default").at("$ref") == "#/components/responses/Refused");
  CHECK(document.at("components").at("schemas").contains("A"));
}

TEST_CASE("a route without an operation id stays out of the document", "[http]") {
  const auto document = json::parse(openapi_document(small_table()));
  CHECK(document.at("paths").size() == 1);
}

TEST_CASE("the document holds below any prefix: its server is its own folder", "[http]") {
  CHECK(served_document().at("servers").at(0).at("url") == ".");
}

TEST_CASE("every route that people may ask is in the served document", "[http]") {
  const auto document = served_document();
  const auto routes = make_routes({}, fake_services());
  for (const auto& route : routes.table()) {
    CAPTURE(route.path);
    const bool file = route.path.starts_with("/docs/");
    CHECK(document.at("paths").contains(route.path) == !file);
  }
}

TEST_CASE("operation ids are unique and tags are declared", "[http]") {
  const auto document = served_document();
  std::set<std::string> tags;
  for (const auto& tag : document.at("tags")) tags.insert(tag.at("name"));
  std::set<std::string> ids;
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      CAPTURE(path, method);
      CHECK(ids.insert(operation.at("operationId").get<std::string>()).second);
      CHECK(tags.count(operation.at("tags").at(0)) == 1);
      CHECK_FALSE(operation.at("summary").get<std::string>().empty());
      CHECK(operation.at("responses").size() >= 2);
    }
  }
}

TEST_CASE("every reference of the served document leads somewhere", "[http]") {
  const auto document = served_document();
  std::size_t references = 0;
  each_object(document, [&](const json& object) {
    const auto found = object.find("$ref");
    if (found == object.end()) return;
    ++references;
    const auto target = found->get<std::string>();
    CAPTURE(target);
    REQUIRE(target.starts_with("#/"));
    CHECK(document.contains(json::json_pointer(target.substr(1))));
  });
  CHECK(references > 10);
}

TEST_CASE("every example of an error is in the envelope", "[http]") {
  const auto document = served_document();
  std::size_t examples = 0;
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& operation : methods) {
      for (const auto& [status, answer] : operation.at("responses").items()) {
        if (status < "400" || status == "default" || !answer.contains("content")) continue;
        const auto& content = answer["content"].begin().value();
        if (!content.contains("examples") || !content["schema"].contains("$ref")) continue;
        for (const auto& example : content["examples"]) {
          CAPTURE(path, status);
          CHECK(example.at("value").at("status") == "error");
          CHECK(example["value"].at("detail").is_array());
          ++examples;
        }
      }
    }
  }
  CHECK(examples > 0);
}
