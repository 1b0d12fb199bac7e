#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "exporter/http/compression.h"
#include "exporter/http/server.h"
#include "fake_server.h"

using namespace exporter;
using nlohmann::json;

namespace {

/// A door that handlers wait at.
class Gate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for(int inside) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= inside; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

const std::string kVector = R"({"feature_vector":[0.25,0.23],"score":true})";
const std::string kPost =
    "POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kVector.size()) +
    "\r\n\r\n" + kVector;

}  // namespace

TEST_CASE("each GET route answers with its content type, and HEAD with the same head and no body",
          "[http]") {
  const FakeServer server;
  const std::map<std::string, std::string> types{
      {"/", "text/html; charset=utf-8"},
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
      {"/-/healthy", "text/plain; charset=utf-8"},
      {"/-/ready", "text/plain; charset=utf-8"},
      {"/config", "text/plain; charset=utf-8"},
      {"/model_information", "application/json"}};
  for (const auto& [path, type] : types) {
    INFO(path);
    const auto got = server.get(path);
    CHECK(got.status == 200);
    CHECK(got.headers.at("content-type") == type);
    CHECK_FALSE(got.body.empty());
    const auto head = server.get(path, "", "HEAD");
    CHECK(head.status == 200);
    CHECK(head.headers.at("content-length") == std::to_string(got.body.size()));
  }
}

TEST_CASE("after HEAD the connection serves the next request", "[http]") {
  const FakeServer server;
  RawClient client(server.address());
  client.send("HEAD /config HTTP/1.1\r\nHost: x\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read(true).status == 200);
  CHECK(client.read().body == "anomaly_exporter is Healthy.\n");
}

TEST_CASE("another path gives 404 and another method 405 with Allow, both in the envelope",
          "[http]") {
  const FakeServer server;
  const auto missing = server.get("/metrics/");
  CHECK(missing.status == 404);
  CHECK(json::parse(missing.body).at("errorType") == "not_found");
  const auto wrong = server.post("/metrics", "");
  CHECK(wrong.status == 405);
  CHECK(wrong.headers.at("allow") == "GET, HEAD");
  CHECK(json::parse(wrong.body).at("status") == "error");
  CHECK(server.get("/prediction").headers.at("allow") == "POST");
  CHECK(server.get("/-/reload").status == 405);
  CHECK(server.get("/-/reload").headers.at("allow") == "POST, PUT");
}

TEST_CASE("a method of no standard gives 501", "[http]") {
  const FakeServer server;
  CHECK(server.get("/metrics", "", "BREW").status == 501);
}

TEST_CASE("readiness follows the daemon", "[http]") {
  std::atomic<bool> ready{false};
  auto services = fake_services();
  services.ready = [&ready] { return ready.load(); };
  const FakeServer server(services);
  CHECK(server.get("/-/ready").status == 503);
  CHECK(server.get("/-/healthy").status == 200);
  ready = true;
  CHECK(server.get("/-/ready").status == 200);
}

TEST_CASE("reload answers to POST and PUT, tells why it failed, and can be disabled", "[http]") {
  auto services = fake_services();
  bool good = true;
  services.reload = [&good]() -> forest::Status {
    if (good) return forest::Done{};
    return forest::Error{forest::ErrorKind::config, "config.yaml:3: detectors: wrong"};
  };
  {
    const FakeServer server(services);
    CHECK(server.post("/-/reload", "").status == 200);
    CHECK(server.get("/-/reload", "Content-Length: 0\r\n", "PUT").status == 200);
    good = false;
    const auto failed = server.post("/-/reload", "");
    CHECK(failed.status == 500);
    CHECK(failed.body == "failed to reload config: config.yaml:3: detectors: wrong\n");
  }
  HttpOptions options;
  options.enable_lifecycle = false;
  const FakeServer server(services, options);
  CHECK(server.post("/-/reload", "").status == 403);
}

TEST_CASE("a scrape gets OpenMetrics, compressed, when it asks for both", "[http]") {
  auto services = fake_services();
  services.collect = [] {
    prometheus::MetricFamily family{"anomaly_score", "Score.", prometheus::MetricType::Gauge, {}};
    for (int i = 0; i < 100; ++i) {
      family.metric.emplace_back().label = {{"instance", std::to_string(i)}};
    }
    return std::vector<prometheus::MetricFamily>{family};
  };
  const FakeServer server(services);
  const auto packed =
      server.get("/metrics",
                 "Accept: application/openmetrics-text;version=1.0.0\r\nAccept-Encoding: gzip\r\n");
  CHECK(packed.status == 200);
  CHECK(packed.headers.at("content-encoding") == "gzip");
  CHECK(packed.headers.at("vary") == "Accept, Accept-Encoding");
  CHECK(packed.headers.at("content-type") ==
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
  std::string plain;
  REQUIRE_FALSE(inflate_body(packed.body, 1 << 20, plain));
  CHECK(plain.ends_with("# EOF\n"));
  // The library would compress text by itself, with brotli even.
  const auto text = server.get("/metrics", "Accept-Encoding: br, gzip;q=0\r\n");
  CHECK(text.headers.count("content-encoding") == 0);
  CHECK(text.body.starts_with("# HELP"));
}

TEST_CASE("a scrape can ask for some families by name", "[http]") {
  const FakeServer server;
  const auto some = server.get("/metrics?name[]=requests_total&name%5B%5D=nothing");
  CHECK(some.body ==
        "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 3\n");
}

TEST_CASE("a Range header is not obeyed", "[http]") {
  const FakeServer server;
  const auto whole = server.get("/config", "Range: bytes=0-3\r\n");
  CHECK(whole.status == 200);
  CHECK(whole.body == fake_services().config_yaml());
  CHECK(server.get("/config", "Range: nonsense\r\n").status == 200);
}

TEST_CASE("a route prefix moves every route, and the bare paths lead to it", "[http]") {
  HttpOptions options;
  options.external_url = "https://example.org/anomaly/";
  const FakeServer server(fake_services(), options);
  CHECK(server.get("/anomaly/metrics").status == 200);
  CHECK(server.get("/anomaly/-/healthy").status == 200);
  CHECK(server.get("/metrics").status == 404);
  CHECK(server.get("/").status == 302);
  CHECK(server.get("/anomaly").headers.at("location") == "/anomaly/");
  CHECK(server.get("/anomaly/").status == 200);
}

TEST_CASE("the telemetry path can be moved", "[http]") {
  HttpOptions options;
  options.telemetry_path = "/probe/metrics";
  const FakeServer server(fake_services(), options);
  CHECK(server.get("/probe/metrics").status == 200);
  CHECK(server.get("/metrics").status == 404);
  CHECK(server.get("/").body.find("href=\"probe/metrics\"") != std::string::npos);
}

TEST_CASE("many requests on one connection are answered in order, pipelined or not", "[http]") {
  const FakeServer server;
  RawClient client(server.address());
  for (int i = 0; i < 50; ++i) {
    client.send(kPost);
    CHECK(client.read().status == 200);
  }
  std::string many;
  for (int i = 0; i < 50; ++i) many += kPost + "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(many);
  for (int i = 0; i < 50; ++i) {
    CHECK(json::parse(client.read().body).at("is_inlier") == 1);
    CHECK(client.read().body == "anomaly_exporter is Healthy.\n");
  }
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection after the answer", "[http]") {
  const FakeServer server;
  RawClient closing(server.address());
  closing.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answer = closing.read();
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("connection") == "close");
  CHECK(closing.closed());
  RawClient old(server.address());
  old.send("GET /-/healthy HTTP/1.0\r\n\r\n");
  CHECK(old.read().status == 200);
  CHECK(old.closed());
}

TEST_CASE("a client that ends its side after the request still gets the answer", "[http]") {
  const FakeServer server;
  RawClient client(server.address());
  client.send(kPost);
  client.end_sending();
  CHECK(client.read().status == 200);
  CHECK(client.closed());
}

TEST_CASE("chunked and gzip bodies are read", "[http]") {
  const FakeServer server;
  RawClient client(server.address());
  client.send(
      "POST /prediction HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n" +
      kVector.substr(0, 5) + "\r\n");
  std::string rest = kVector.substr(5);
  client.send("26\r\n" + rest + "\r\n0\r\nTrailer: x\r\n\r\n");
  REQUIRE(rest.size() == 0x26);
  CHECK(client.read().status == 200);
  CHECK(server.post("/prediction", gzip(kVector), "Content-Encoding: gzip\r\n").status == 200);
  CHECK(server.post("/prediction", kVector, "Content-Encoding: gzip\r\n").status == 400);
  CHECK(server.post("/prediction", kVector, "Content-Encoding: zstd\r\n").status == 415);
}

TEST_CASE("a client that waits for 100 Continue is told to go on", "[http]") {
  const FakeServer server;
  RawClient client(server.address());
  client.send("POST /prediction HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(kVector.size()) + "\r\n\r\n");
  CHECK(client.read().status == 100);
  client.send(kVector);
  CHECK(client.read().status == 200);
}

TEST_CASE("an exception in a service gives 500 and leaves the server alive", "[http]") {
  auto services = fake_services();
  services.config_yaml = []() -> std::string { throw std::runtime_error("secret detail"); };
  const FakeServer server(services);
  const auto failed = server.get("/config");
  CHECK(failed.status == 500);
  CHECK(failed.body.find("secret detail") == std::string::npos);
  CHECK(server.get("/-/healthy").status == 200);
}

TEST_CASE("requests are observed by route, unknown paths as other", "[http]") {
  const FakeServer server;
  server.get("/metrics?name[]=x");
  server.get("/no/such/path");
  server.post("/prediction", "{}");
  server.get("/metrics", "Host: again\r\n");
  const auto seen = server.observed();
  const std::vector<std::pair<std::string, int>> expected{
      {"/metrics", 200}, {"other", 404}, {"/prediction", 422}, {"/metrics", 400}};
  CHECK(seen == expected);
}

TEST_CASE("scrapes beyond the limit get 503 while the others are still served", "[http]") {
  Gate gate;
  auto services = fake_services();
  services.collect = [&gate] {
    gate.enter();
    return std::vector<prometheus::MetricFamily>{};
  };
  HttpOptions options;
  options.max_requests = 2;
  const FakeServer server(services, options);
  RawClient first(server.address()), second(server.address());
  first.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  second.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.wait_for(2);
  const auto third = server.get("/metrics");
  CHECK(third.status == 503);
  CHECK(third.headers.at("retry-after") == "1");
  CHECK(server.get("/-/healthy").status == 200);
  gate.open();
  CHECK(first.read().status == 200);
  CHECK(second.read().status == 200);
  CHECK(server.get("/metrics").status == 200);
}

TEST_CASE("busy predictions give 503 at once and starve neither scrapes nor probes", "[http]") {
  Gate gate;
  auto services = fake_services();
  services.predict = [&gate](const PredictionRequest&, PredictionSink& sink) -> forest::Status {
    gate.enter();
    sink.take({0.5, true});
    return forest::Done{};
  };
  HttpOptions options;
  options.threads = 2;
  options.limits.queue = 1;
  const FakeServer server(services, options);
  RawClient a(server.address()), b(server.address()), c(server.address());
  a.send(kPost);
  b.send(kPost);
  gate.wait_for(2);
  c.send(kPost);
  std::optional<Answer> refused;
  for (int i = 0; i < 100 && (!refused || refused->status != 503); ++i) {
    // Until the third waits in the queue, this one may take its place there.
    RawClient extra(server.address());
    extra.send("POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    extra.send("x");
    refused = extra.read();
  }
  CHECK(refused->status == 503);
  CHECK(server.get("/metrics").status == 200);
  CHECK(server.get("/-/healthy").status == 200);
  gate.open();
  CHECK(a.read().status == 200);
  CHECK(b.read().status == 200);
  CHECK(c.read().status == 200);
}

TEST_CASE("stop lets a running request finish and closes idle connections", "[http]") {
  Gate gate;
  auto services = fake_services();
  services.config_yaml = [&gate] {
    gate.enter();
    return std::string("done\n");
  };
  FakeServer server(services);
  RawClient idle(server.address()), busy(server.address());
  idle.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(idle.read().status == 200);
  busy.send("GET /config HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.wait_for(1);
  std::jthread stopper([&server] { server.stop(std::chrono::seconds(5)); });
  CHECK(idle.closed());
  CHECK_THROWS(RawClient(server.address()));
  gate.open();
  CHECK(busy.read().body == "done\n");
  CHECK(busy.closed());
}

TEST_CASE("a taken port is an error that names the address", "[http]") {
  const FakeServer first;
  HttpOptions options;
  options.listen = {first.address()};
  options.threads = 1;
  HttpServer second(options, fake_services());
  const auto started = second.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().message ==
        "listen on " + first.address() +
            ": Address already in use; choose another with --web.listen-address");
}

TEST_CASE("several addresses are served, and told", "[http]") {
  HttpOptions options;
  options.listen = {"127.0.0.1:0", "localhost:0"};
  options.threads = 1;
  HttpServer server(options, fake_services());
  REQUIRE(server.start());
  const auto addresses = server.addresses();
  REQUIRE(addresses.size() == 2);
  for (const auto& address : addresses) {
    RawClient client(address);
    client.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read().status == 200);
  }
}
