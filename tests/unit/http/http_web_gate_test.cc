// What the web config file asks of requests, through the whole server.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <nlohmann/json.hpp>
#include <thread>

#include "exporter/http/web_gate.h"
#include "fake_server.h"
#include "temporary_file.h"

using namespace exporter;
using std::chrono::milliseconds;

namespace {

const std::string kSecret = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
/// The same salt at cost 11: a hash takes a tenth of a second and more.
const std::string kSlow = "$2b$11$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
const std::string kUsers = "basic_auth_users:\n  alice: " + kSecret + "\n";
const std::string kAlice = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
const std::string kAliceWrong = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n";
const std::string kMallory = "Authorization: Basic bWFsbG9yeTpzZWNyZXQ=\r\n";

HttpOptions guarded_by(const TemporaryFile& file) {
  HttpOptions options;
  options.web_config_file = file.path();
  return options;
}

std::string refusal(const std::string& text) {
  const TemporaryFile file("web.yml", text);
  auto options = guarded_by(file);
  options.listen = {"127.0.0.1:0"};
  HttpServer server(options, fake_services());
  const auto started = server.start();
  return started ? "" : started.error().message;
}

}  // namespace

TEST_CASE("users and passwords guard every path", "[http]") {
  const TemporaryFile file("web.yml", kUsers);
  const FakeServer server(fake_services(), guarded_by(file));
  for (const auto* path : {"/", "/metrics", "/-/healthy", "/-/ready", "/config", "/nowhere"}) {
    INFO(path);
    const auto refused = server.get(path);
    CHECK(refused.status == 401);
    CHECK(refused.headers.at("www-authenticate") == "Basic");
    CHECK(nlohmann::json::parse(refused.body).at("errorType") == "unauthorized");
    CHECK(server.get(path, kAliceWrong).status == 401);
    CHECK(server.get(path, kMallory).status == 401);
    CHECK(server.get(path, kAlice).status == (std::string(path) == "/nowhere" ? 404 : 200));
  }
  CHECK(server.post("/prediction", R"({"feature_vector":[0,0]})").status == 401);
  CHECK(server.post("/prediction", R"({"feature_vector":[0,0]})", kAlice).status == 200);
  CHECK(server.post("/-/reload", "").status == 401);
  const auto seen = server.observed();
  CHECK(std::count(seen.begin(), seen.end(), std::pair<std::string, int>("/metrics", 401)) == 3);
}

TEST_CASE("a connection goes on after its password was checked", "[http]") {
  const TemporaryFile file("web.yml", kUsers);
  const FakeServer server(fake_services(), guarded_by(file));
  RawClient client(server.address());
  const std::string body = R"({"feature_vector":[0,0]})";
  const std::string request = "POST /prediction HTTP/1.1\r\nHost: x\r\n" + kAlice +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(client.send(request));
    REQUIRE(client.read().status == 200);
  }
  client.send(request + "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read().status == 200);
  CHECK(client.read().status == 401);
}

TEST_CASE("new users are in force at the next request", "[http]") {
  const TemporaryFile file("web.yml", kUsers);
  const FakeServer server(fake_services(), guarded_by(file));
  CHECK(server.get("/-/healthy", kAlice).status == 200);
  file.write("basic_auth_users:\n  mallory: " + kSecret + "\n");
  CHECK(server.get("/-/healthy", kAlice).status == 401);
  CHECK(server.get("/-/healthy", kMallory).status == 200);
  file.write("");
  CHECK(server.get("/-/healthy").status == 200);
}

TEST_CASE("a file that became invalid gives 500 until it is right again", "[http]") {
  const TemporaryFile file("web.yml", kUsers);
  const FakeServer server(fake_services(), guarded_by(file));
  file.write("basic_auth_user:");
  CHECK(server.get("/-/healthy", kAlice).status == 500);
  file.remove();
  CHECK(server.get("/metrics", kAlice).status == 500);
  file.write(kUsers);
  CHECK(server.get("/-/healthy", kAlice).status == 200);
}

TEST_CASE("configured headers are on every answer, also on a 401 and on errors", "[http]") {
  const std::string headers = "http_server_config: {headers: {X-Frame-Options: deny}}\n";
  const TemporaryFile file("web.yml", headers + kUsers);
  const FakeServer server(fake_services(), guarded_by(file));
  CHECK(server.get("/metrics").headers.at("x-frame-options") == "deny");
  CHECK(server.get("/metrics", kAlice).headers.at("x-frame-options") == "deny");
  CHECK(server.get("/nowhere", kAlice).headers.at("x-frame-options") == "deny");
  const auto unknown = server.post("/prediction", "x", kAlice + "Content-Encoding: br\r\n");
  CHECK(unknown.status == 415);
  CHECK(unknown.headers.at("x-frame-options") == "deny");
}

TEST_CASE("a header that the answer sets itself is not sent twice", "[http]") {
  WebConfig config;
  config.headers = {{"X-Frame-Options", "deny"}, {"X-XSS-Protection", "0"}};
  HttpResponse response;
  response.headers = {{"x-frame-options", "sameorigin"}};
  WebGate::decorate(&config, response);
  REQUIRE(response.headers.size() == 2);
  CHECK(response.headers[0].second == "sameorigin");
  CHECK(response.headers[1].first == "X-XSS-Protection");
  WebGate::decorate(nullptr, response);
  CHECK(response.headers.size() == 2);
}

TEST_CASE("the rate limit counts all requests, before users and headers are looked at", "[http]") {
  const TemporaryFile file("web.yml",
                           "rate_limit: {interval: 1h, burst: 3}\n"
                           "http_server_config: {headers: {X-Frame-Options: deny}}\n" +
                               kUsers);
  const FakeServer server(fake_services(), guarded_by(file));
  CHECK(server.get("/-/healthy", kAlice).status == 200);
  CHECK(server.get("/metrics").status == 401);
  CHECK(server.get("/metrics", kAlice).status == 200);
  const auto refused = server.get("/-/healthy", kAlice);
  CHECK(refused.status == 429);
  CHECK(refused.headers.count("x-frame-options") == 0);
  // The limit is fixed at the start.
  file.write("rate_limit: {interval: 0, burst: 3}");
  CHECK(server.get("/-/healthy").status == 429);
}

TEST_CASE("a burst of 0 with an interval refuses every request", "[http]") {
  const TemporaryFile file("web.yml", "rate_limit: {interval: 1ms}");
  const FakeServer server(fake_services(), guarded_by(file));
  for (int i = 0; i < 3; ++i) CHECK(server.get("/-/healthy").status == 429);
}

TEST_CASE("guesses do not hold up a client whose password is known", "[http]") {
  const TemporaryFile file("web.yml", kUsers + "  mallory: " + kSlow + "\n");
  auto options = guarded_by(file);
  options.threads = 1;
  const FakeServer server(fake_services(), options);
  CHECK(server.get("/-/healthy", kAlice).status == 200);
  std::deque<RawClient> guessers;
  for (int i = 0; i < 12; ++i) {
    guessers.emplace_back(server.address());
    guessers.back().send("GET /metrics HTTP/1.1\r\nHost: x\r\n" + kMallory + "\r\n");
  }
  // Those of one address beyond the queue's share are turned away at once; nothing was waited for.
  const auto turned_away = guessers.back().read();
  CHECK(turned_away.status == 503);
  CHECK(turned_away.headers.at("retry-after") == "1");
  CHECK(server.get("/-/healthy", kAlice).status == 200);
  CHECK(server.get("/metrics", kAlice).status == 200);
  CHECK(server.post("/prediction", R"({"feature_vector":[0,0]})", kAlice).status == 200);
  const auto seen = server.observed();
  CHECK(std::count(seen.begin(), seen.end(), std::pair<std::string, int>("/metrics", 401)) == 0);
  // The first hash answers all who asked the same.
  CHECK(guessers.front().read().status == 401);
  CHECK(guessers[5].read().status == 401);
}

TEST_CASE("a web config that is invalid at the start is the reason not to start", "[http]") {
  CHECK_THAT(refusal("tls: {}"), Catch::Contains("web.yml:1: tls: unknown key"));
  CHECK_THAT(refusal("tls_server_config: {cert_file: a.pem, key_file: a.key}"),
             Catch::Contains("cert_file: ") && Catch::Contains("a.pem: cannot read the file"));
  CHECK_THAT(refusal("basic_auth_users: {a: b}"), Catch::Contains("want a bcrypt hash"));
  CHECK(refusal("").empty());
}
