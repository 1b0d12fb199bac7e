#include "exporter/http/docs.h"

#include <memory>
#include <string_view>
#include <utility>

#include "exporter/http/openapi.h"
#include "exporter/http/page.h"
#include "exporter/http/static_file.h"
#include "exporter/http/swagger_ui.h"

namespace exporter {
namespace {

// Swagger UI asks for nothing but its own files and the routes; it draws icons from data URLs and
// sets styles on elements.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kStyle = R"(
body { margin: 0; background: #fafafa; }
.swagger-ui .info { margin: 2rem 0; }
@media (prefers-color-scheme: dark) { body { background: #1c2022; } }
)";

// Relative addresses: a proxy may serve the page under any path.
constexpr std::string_view kStart = R"~("use strict";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();
window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    defaultModelsExpandDepth: 0,
    requestSnippetsEnabled: true,
  });
});
)~";

std::string swagger_page() {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Anomaly Exporter: API</title>\n<link rel=\"icon\" href=\"";
  page.append(kIcon).append("\">\n");
  return page +
         "<link rel=\"stylesheet\" href=\"docs/swagger-ui.css\">\n"
         "<link rel=\"stylesheet\" href=\"docs/page.css\">\n"
         "<script src=\"docs/swagger-ui-bundle.js\"></script>\n"
         "<script src=\"docs/start.js\"></script>\n"
         "</head>\n<body>\n<noscript>This page needs JavaScript; "
         "<a href=\"openapi.json\">openapi.json</a> does not.</noscript>\n"
         "<div id=\"swagger-ui\"></div>\n</body>\n</html>\n";
}

std::string content_type(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  // Without the charset the bundle is a syntax error to browsers.
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "text/plain; charset=utf-8";
}

Route file_route(std::string path, std::string summary, StaticFile file) {
  return {.methods = {"GET"},
          .path = std::move(path),
          .summary = std::move(summary),
          .handler = [file = std::move(file)](const HttpRequest& request) {
            return file.answer(request);
          }};
}

void add_swagger_ui(std::vector<Route>& table) {
  const auto add = [&](const std::string& name, StaticFile file) {
    table.push_back(file_route("/docs/" + name, "A file of the API page", std::move(file)));
  };
  for (const auto& file : swagger_ui_files()) {
    add(std::string(file.name),
        StaticFile::from_gzip(content_type(file.name), file.packed, file.plain_bytes));
  }
  add("page.css", StaticFile(content_type(".css"), std::string(kStyle)));
  add("start.js", StaticFile(content_type(".js"), std::string(kStart)));
}

RouteDocs page_docs(std::string operation_id, std::string description) {
  return {.operation_id = std::move(operation_id),
          .tag = "pages",
          .answers = {{200, std::move(description), {{.media_type = "text/html"}}}}};
}

RouteDocs openapi_docs() {
  return {.operation_id = "openapi",
          .tag = "pages",
          .answers = {{200, "An OpenAPI 3.1 document", {{.schema = R"({"type":"object"})"}}}}};
}

void append_parameters(std::string& page, const std::vector<RouteParameter>& parameters) {
  if (parameters.empty()) return;
  page += "<ul>\n";
  for (const auto& parameter : parameters) {
    page += "<li><code>" + escape_html(parameter.name) + "</code>" +
            (parameter.required ? " (required)" : "") + ": " + escape_html(parameter.description) +
            "</li>\n";
  }
  page += "</ul>\n";
}

void append_example(std::string& page, const std::vector<RouteContent>& request) {
  for (const auto& content : request) {
    for (const auto& example : content.examples) {
      page += "<p>" + escape_html(example.summary) + ": <code>" + escape_html(example.value) +
              "</code></p>\n";
    }
  }
}

void append_answers(std::string& page, const std::vector<RouteAnswer>& answers) {
  page += "<ul class=\"soft\">\n";
  for (const auto& answer : answers) {
    page +=
        "<li>" + std::to_string(answer.status) + ": " + escape_html(answer.description) + "</li>\n";
  }
  page += "</ul>\n";
}

}  // namespace

HttpResponse plain_docs_page(const std::vector<Route>& table) {
  auto page = page_opening("Anomaly Exporter: API");
  page +=
      "<p>The routes of this exporter; tools read <a href=\"openapi.json\">openapi.json</a>.</p>\n"
      "<p class=\"soft\">This program was built without npm, and so without Swagger UI, which "
      "would let you try the routes here.</p>\n";
  for (const auto& route : table) {
    if (route.docs.operation_id.empty()) continue;
    std::string methods;
    for (const auto& method : route.methods) methods += (methods.empty() ? "" : ", ") + method;
    page += "<div class=\"route\"><span class=\"method\">" + methods + "</span><code>" +
            escape_html(route.path) + "</code>\n<p>" + escape_html(route.summary) + "</p>\n";
    append_parameters(page, route.docs.parameters);
    append_example(page, route.docs.request);
    append_answers(page, route.docs.answers);
    page += "</div>\n";
  }
  return page_response(std::move(page));
}

void add_docs_routes(std::vector<Route>& table) {
  const auto document = table.size();
  table.push_back({.methods = {"GET"},
                   .path = "/openapi.json",
                   .summary = "This document",
                   .handler = {},
                   .docs = openapi_docs()});
  const auto page = table.size();
  table.push_back({.methods = {"GET"},
                   .path = "/docs",
                   .summary = "The routes to read about and to try",
                   .handler = {},
                   .docs = page_docs("docs", "The page")});
  table.push_back({.methods = {"GET"},
                   .path = "/docs/",
                   .summary = "Leads to the page",
                   .handler = [](const HttpRequest& /*request*/) {
                     HttpResponse redirect;
                     redirect.status = 302;
                     redirect.headers.emplace_back("Location", "../docs");
                     return redirect;
                   }});
  const StaticFile json("application/json", openapi_document(table));
  table[document].handler = [json](const HttpRequest& request) { return json.answer(request); };
  if (swagger_ui_files().empty()) {
    table[page].handler = [answer = plain_docs_page(table)](const HttpRequest& /*request*/) {
      return answer;
    };
    return;
  }
  auto html = StaticFile("text/html; charset=utf-8", swagger_page());
  html.with_header("Content-Security-Policy", kPolicy);
  table[page].handler = [html](const HttpRequest& request) { return html.answer(request); };
  add_swagger_ui(table);
}

}  // namespace exporter
