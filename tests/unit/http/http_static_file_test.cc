#include <catch2/catch.hpp>

#include "exporter/http/compression.h"
#include "exporter/http/static_file.h"

using namespace exporter;

namespace {

HttpRequest asking(const std::string& encoding, const std::string& tag = "") {
  HttpRequest request;
  if (!encoding.empty()) request.headers.emplace("accept-encoding", encoding);
  if (!tag.empty()) request.headers.emplace("if-none-match", tag);
  return request;
}

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

std::string bytes(const HttpResponse& response) {
  std::string all = response.body;
  for (const auto& block : response.blocks) all += *block;
  return all;
}

}  // namespace

TEST_CASE("a file is served plain or packed as the client accepts", "[http]") {
  const StaticFile file("text/css; charset=utf-8", std::string(5000, 'x'));
  const auto plain = file.answer(asking(""));
  CHECK(plain.content_type == "text/css; charset=utf-8");
  CHECK(header(plain, "Content-Encoding").empty());
  CHECK(header(plain, "Vary") == "Accept-Encoding");
  CHECK(bytes(plain) == std::string(5000, 'x'));
  const auto packed = file.answer(asking("gzip, br"));
  CHECK(header(packed, "Content-Encoding") == "gzip");
  CHECK(bytes(packed).size() < 100);
  std::string again;
  CHECK_FALSE(inflate_body(bytes(packed), 5000, again));
  CHECK(again == bytes(plain));
}

TEST_CASE("a file kept as gzip alone is inflated for clients that do not accept it", "[http]") {
  const auto packed = gzip("body { margin: 0; }");
  const auto file = StaticFile::from_gzip("text/css", packed, 19);
  CHECK(bytes(file.answer(asking("gzip"))) == packed);
  CHECK(bytes(file.answer(asking("gzip;q=0"))) == "body { margin: 0; }");
  CHECK(StaticFile::from_gzip("text/css", "damaged", 19).answer(asking("")).status == 500);
}

TEST_CASE("a client that has the file is told so, and gets no bytes", "[http]") {
  StaticFile file("text/plain", "abc");
  file.with_header("Content-Security-Policy", "default-src 'none'");
  const auto tag = header(file.answer(asking("")), "ETag");
  REQUIRE(tag.size() == 18);
  for (const auto& named : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    CAPTURE(named);
    const auto answer = file.answer(asking("", named));
    CHECK(answer.status == 304);
    CHECK(bytes(answer).empty());
    CHECK(header(answer, "Content-Length") == "3");  // of the answer left out
    CHECK(header(answer, "ETag") == tag);
    CHECK(header(answer, "Content-Security-Policy") == "default-src 'none'");
  }
  CHECK(file.answer(asking("", "\"other\"")).status == 200);
  CHECK(file.answer(asking("", tag.substr(1))).status == 200);
  CHECK(file.answer(asking("", ",,")).status == 200);
  // The packed form is other bytes: its tag is another one.
  CHECK(file.answer(asking("gzip", tag)).status == 200);
  CHECK(header(StaticFile("text/plain", "abd").answer(asking("")), "ETag") != tag);
}
