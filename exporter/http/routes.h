// The table of routes: it feeds the dispatcher and the OpenAPI document.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http/message.h"

namespace exporter {

/// Who serves a route, so that one kind of client cannot starve another.
enum class Lane {
  rest,    ///< http.threads workers
  scrape,  ///< a few of their own; at most max_requests at a time
  probe,   ///< two of their own
};

/// A JSON Schema under a name, for `{"$ref":"#/components/schemas/NAME"}`.
struct NamedSchema {
  std::string name;
  std::string schema;  ///< JSON
};

/// A parameter of a route.
struct RouteParameter {
  std::string name;
  std::string description = {};
  std::string schema = R"({"type":"string"})";  ///< JSON Schema
  std::string example = {};                     ///< JSON: `"node"` with its quotes; "" for none
  bool required = false;
  std::string in = "query";  ///< or `header`
};

/// A true example: what a client may send, or what the route answers.
struct RouteExample {
  std::string name;     ///< unique within its content
  std::string summary;  ///< one line
  std::string value;    ///< JSON; for other media types a JSON string
};

/// A body of one media type.
struct RouteContent {
  std::string media_type = "application/json";
  std::string schema = R"({"type":"string"})";  ///< JSON Schema, or a `$ref` to a named one
  std::vector<RouteExample> examples = {};
};

/// An answer of a route.
struct RouteAnswer {
  int status = 200;
  std::string description;
  std::vector<RouteContent> content = {};  ///< empty: no body
};

/// What the OpenAPI document says of a route beyond path, methods and summary.
struct RouteDocs {
  std::string operation_id = {};  ///< `predict`: unique; "" leaves the route out of the document
  std::string tag = {};           ///< heading: `prediction`, `api`, `metrics`, `process`, `pages`
  std::string description = {};   ///< Markdown
  std::vector<RouteParameter> parameters = {};
  std::vector<RouteContent> request = {};  ///< body, one entry per media type; empty: none
  std::vector<RouteAnswer> answers = {};   ///< those of the handler; the server's own are added
  std::vector<NamedSchema> schemas = {};   ///< named schemas that this route brings along
};

/// Describes an answer in the error envelope.
/// @param examples  complete envelopes
RouteAnswer error_answer(int status, std::string description,
                         std::vector<RouteExample> examples = {});

/// One path. A GET route answers HEAD too.
struct Route {
  std::vector<std::string> methods;
  std::string path;  ///< exact, without the route prefix; its label in the exporter's own metrics
  std::string summary;  ///< one sentence
  std::function<HttpResponse(const HttpRequest&)> handler;
  Lane lane = Lane::rest;
  RouteDocs docs = {};
};

class Routes {
 public:
  /// @param prefix  "" or "/a/b", in front of every path
  Routes(std::vector<Route> table, std::string prefix);

  /// Returns the route of a path, decoded or as sent; nothing when there is none.
  const Route* find(std::string_view path) const;
  /// Answers: the route's handler, 405 with Allow for another method, 404 for another path; with a
  /// prefix, `/` and the prefix itself redirect to `prefix/`.
  HttpResponse dispatch(const HttpRequest& request) const;
  /// Returns the route's path for metric labels, or `other`.
  std::string_view label(std::string_view path) const;

  const std::vector<Route>& table() const { return table_; }
  const std::string& prefix() const { return prefix_; }

 private:
  std::vector<Route> table_;
  std::string prefix_;
};

/// Returns the route prefix that the options mean, "" or "/a/b": `route_prefix`, else the path of
/// `external_url`.
std::string effective_prefix(const std::string& route_prefix, const std::string& external_url);

}  // namespace exporter
