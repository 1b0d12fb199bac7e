#include <catch2/catch.hpp>
#include <regex>

#include "exporter/http/docs.h"
#include "exporter/http/handlers.h"
#include "exporter/http/swagger_ui.h"
#include "fake_server.h"

using namespace exporter;

namespace {

HttpResponse ask(const std::string& path, const std::string& encoding = "") {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  if (!encoding.empty()) request.headers.emplace("accept-encoding", encoding);
  return make_routes({}, fake_services()).dispatch(request);
}

std::string bytes(const HttpResponse& response) {
  std::string all = response.body;
  for (const auto& block : response.blocks) all += *block;
  return all;
}

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("the page of the API is HTML that allows no foreign code", "[http]") {
  const auto page = ask("/docs");
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  const auto policy = header(page, "Content-Security-Policy");
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("unsafe-eval") == std::string::npos);
  CHECK(policy.find("script-src 'self' 'unsafe") == std::string::npos);
  CHECK(bytes(page).find("openapi.json") != std::string::npos);
}

TEST_CASE("every file that the page of the API names is served, and lies below the page",
          "[http]") {
  const auto page = bytes(ask("/docs"));
  const std::regex address("(?:src|href)=\"([^\"]*)\"");
  for (std::sregex_iterator it(page.begin(), page.end(), address), end; it != end; ++it) {
    const auto target = (*it)[1].str();
    CAPTURE(target);
    if (target.starts_with("data:")) continue;
    REQUIRE(target.find("//") == std::string::npos);
    REQUIRE_FALSE(target.starts_with("/"));
    const auto file = ask("/" + target, "gzip");
    CHECK(file.status == 200);
    CHECK(file.size() > 0);
    if (target.ends_with(".js")) CHECK(file.content_type == "text/javascript; charset=utf-8");
    if (target.ends_with(".css")) CHECK(file.content_type == "text/css; charset=utf-8");
  }
}

TEST_CASE("a slash behind the page of the API is taken away", "[http]") {
  const auto answer = ask("/docs/");
  CHECK(answer.status == 302);
  CHECK(header(answer, "Location") == "../docs");
}

TEST_CASE("the files of Swagger UI unpack to what was packed", "[http]") {
  for (const auto& file : swagger_ui_files()) {
    CAPTURE(file.name);
    const auto path = "/docs/" + std::string(file.name);
    CHECK(ask(path).size() == file.plain_bytes);
    CHECK(bytes(ask(path, "gzip")) == file.packed);
  }
  CHECK(swagger_ui_files().empty() == swagger_ui_version().empty());
}

TEST_CASE("the page of a build without npm lists every route, escaped, and says what is missing",
          "[http]") {
  const auto routes = make_routes({}, fake_services());
  auto table = routes.table();
  table.push_back({.methods = {"GET"},
                   .path = "/<b>",
                   .summary = "a & b",
                   .handler = {},
                   .docs = {.operation_id = "x",
                            .parameters = {{.name = "p", .description = "<p>", .required = true}},
                            .answers = {{200, "<fine>"}}}});
  const auto page = plain_docs_page(table);
  CHECK(page.status == 200);
  for (const auto& route : routes.table()) {
    if (!route.docs.operation_id.empty())
      CHECK(page.body.find("<code>" + route.path + "</code>") != std::string::npos);
  }
  CHECK(page.body.find("without npm") != std::string::npos);
  CHECK(page.body.find("href=\"openapi.json\"") != std::string::npos);
  CHECK(page.body.find("<code>/&lt;b&gt;</code>") != std::string::npos);
  CHECK(page.body.find("<code>p</code> (required): &lt;p&gt;") != std::string::npos);
  CHECK(page.body.find("200: &lt;fine&gt;") != std::string::npos);
  CHECK(page.body.find("<script") == std::string::npos);
}
