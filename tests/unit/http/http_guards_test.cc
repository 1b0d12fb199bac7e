// What hostile or slow clients may cost: the event loop's side of the server.
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "exporter/http/compression.h"
#include "fake_server.h"

using namespace exporter;
using std::chrono::milliseconds;

namespace {

HttpOptions options_with(const ServerLimits& limits) {
  HttpOptions options;
  options.limits = limits;
  return options;
}

std::string zeros(std::size_t bytes) { return std::string(bytes, '0'); }

Answer raw(const FakeServer& server, const std::string& bytes) {
  RawClient client(server.address());
  client.send(bytes);
  return client.read();
}

}  // namespace

TEST_CASE("a body beyond the limit gives 413, announced, chunked or compressed", "[http]") {
  ServerLimits limits;
  limits.body_bytes = 10'000;
  const FakeServer server(fake_services(), options_with(limits));
  CHECK(server.post("/prediction", zeros(10'001)).status == 413);
  CHECK(server.post("/prediction", zeros(10'000)).status == 422);
  CHECK(
      raw(server,
          "POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n")
          .status == 413);
  const std::string chunk = "1000\r\n" + zeros(0x1000) + "\r\n";
  CHECK(raw(server, "POST /prediction HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                        chunk + chunk + chunk)
            .status == 413);
  const auto bomb =
      server.post("/prediction", gzip(zeros(5'000'000)), "Content-Encoding: gzip\r\n");
  CHECK(bomb.status == 413);
  CHECK(nlohmann::json::parse(bomb.body).at("errorType") == "too_large");
}

TEST_CASE("a client that goes on sending after a refusal can still read it", "[http]") {
  const FakeServer server;
  RawClient client(server.address());
  client.send("POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n");
  for (int i = 0; i < 20; ++i) client.send(zeros(100'000));
  CHECK(client.read().status == 413);
}

TEST_CASE("too many headers, too long ones and too long request lines are refused", "[http]") {
  const FakeServer server;
  std::string many = "GET /metrics HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 200; ++i) many += "x: y\r\n";
  CHECK(raw(server, many).status == 431);
  CHECK(raw(server, "GET /metrics HTTP/1.1\r\nHost: x\r\nx: " + zeros(9'000)).status == 431);
  std::string large = "GET /metrics HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 6; ++i) large += "x: " + zeros(7'000) + "\r\n";
  CHECK(raw(server, large).status == 431);
  CHECK(raw(server, "GET /" + zeros(100'000)).status == 414);
}

TEST_CASE("a request that does not arrive in time gives 408", "[http]") {
  ServerLimits limits;
  limits.receive = milliseconds(40);
  const FakeServer server(fake_services(), options_with(limits));
  CHECK(raw(server, "GET /metrics HTTP/1.1\r\nHo").status == 408);
  CHECK(
      raw(server, "POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123").status ==
      408);
  const auto seen = server.observed();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0] == std::pair<std::string, int>("/metrics", 408));
}

TEST_CASE("a byte now and then does not extend a request's time", "[http]") {
  ServerLimits limits;
  limits.receive = milliseconds(60);
  const FakeServer server(fake_services(), options_with(limits));
  RawClient client(server.address());
  for (int i = 0; i < 60 && client.send("G"); ++i) std::this_thread::sleep_for(milliseconds(3));
  CHECK(client.read().status == 408);
}

TEST_CASE("an idle connection is closed without a word", "[http]") {
  ServerLimits limits;
  limits.idle = limits.receive = milliseconds(40);
  const FakeServer server(fake_services(), options_with(limits));
  RawClient silent(server.address()), kept(server.address());
  kept.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(kept.read().status == 200);
  CHECK(kept.closed());
  CHECK(silent.closed());
  CHECK(server.observed().size() == 1);
}

TEST_CASE("hundreds of idle and half-sent connections do not hold up a request", "[http]") {
  const FakeServer server;
  std::deque<RawClient> others;
  for (int i = 0; i < 300; ++i) {
    others.emplace_back(server.address());
    if (i % 3 == 0)
      others.back().send("POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    if (i % 3 == 1) others.back().send("GET /metr");
  }
  CHECK(server.get("/-/healthy").status == 200);
  CHECK(server.get("/metrics").status == 200);
  CHECK(server.post("/prediction", R"({"feature_vector":[0,0]})").status == 200);
}

TEST_CASE("at the limit of connections the longest idle one makes room", "[http]") {
  ServerLimits limits;
  limits.connections = 3;
  const FakeServer server(fake_services(), options_with(limits));
  RawClient begun(server.address());
  begun.send("GET /-/hea");
  RawClient oldest(server.address());
  RawClient newer(server.address());
  newer.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(newer.read().status == 200);
  CHECK(server.get("/-/healthy").status == 200);
  CHECK(oldest.closed());
  begun.send("lthy HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(begun.read().status == 200);
}

TEST_CASE("unfinished bodies of all clients together are bounded", "[http]") {
  ServerLimits limits;
  limits.buffered_bytes = 100'000;
  const FakeServer server(fake_services(), options_with(limits));
  const std::string half =
      "POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + zeros(60'000);
  RawClient first(server.address()), second(server.address());
  first.send(half);
  second.send(half);
  // Whichever the loop reads last is refused; the other one is left in peace.
  second.send(zeros(30'000));
  first.send(zeros(30'000));
  const int a = first.read().status, b = second.read().status;
  CHECK(std::min(a, b) == 422);
  CHECK(std::max(a, b) == 503);
  CHECK(server.get("/-/healthy").status == 200);
}

TEST_CASE("a client that does not read its answers is dropped and holds no worker", "[http]") {
  auto services = fake_services();
  services.config_yaml = [] { return std::string(20'000'000, 'x'); };
  ServerLimits limits;
  limits.send = milliseconds(50);
  auto options = options_with(limits);
  options.threads = 1;
  const FakeServer server(services, options);
  RawClient lazy(server.address());
  lazy.send("GET /config HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(server.post("/prediction", R"({"feature_vector":[0,0]})").status == 200);
  for (int i = 0; i < 100 && server.observed().size() < 2; ++i)
    std::this_thread::sleep_for(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(90));
  CHECK(lazy.read().status == 0);
}

TEST_CASE("an answer larger than the socket takes arrives whole", "[http]") {
  auto services = fake_services();
  services.config_yaml = [] { return std::string(20'000'000, 'x') + "end"; };
  const FakeServer server(services);
  const auto answer = server.get("/config");
  CHECK(answer.body.size() == 20'000'003);
  CHECK(answer.body.ends_with("xend"));
}

TEST_CASE("requests that two parsers could read differently are refused", "[http]") {
  const FakeServer server;
  const std::string post = "POST /prediction HTTP/1.1\r\nHost: x\r\n";
  CHECK(raw(server, post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx").status == 400);
  CHECK(raw(server, post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            .status == 400);
  CHECK(raw(server, post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n").status == 400);
  CHECK(raw(server, post + "Content-Length : 1\r\n\r\nx").status == 400);
  CHECK(raw(server, post + "Content-Length: +1\r\n\r\nx").status == 400);
  CHECK(raw(server, post + "A: b\r\n folded\r\n\r\n").status == 400);
  CHECK(raw(server, "GET / HTTP/1.1\nHost: x\n\n").status == 400);
}

TEST_CASE("clients that read their scrape slowly keep nobody out of the metrics", "[http]") {
  HttpOptions options;
  options.max_requests = 1;
  const FakeServer server(fake_services(), options);
  const std::string scrape = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += scrape;
  RawClient lazy(server.address());
  // As many answers as fill the socket's buffers, and none of them is read.
  std::atomic<bool> dropped = false;
  std::thread sender([&] { dropped = !lazy.send(many); });
  for (int i = 0; i < 50; ++i) CHECK(server.get("/-/healthy").status == 200);
  // Full buffers end its turn; how long it takes to fill them is the machine's business.
  // Dropping it, after `send`, would end it too: not within this time.
  int status = 0;
  const auto end = std::chrono::steady_clock::now() + options.limits.send / 2;
  while (status != 200 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(5));
    status = server.get("/metrics").status;
  }
  CHECK(status == 200);
  CHECK_FALSE(dropped);
  lazy.end_sending();
  sender.join();
}

TEST_CASE("answers that nobody reads are bounded together", "[http]") {
  auto services = fake_services();
  services.config_yaml = [] { return std::string(8'000'000, 'x'); };
  ServerLimits limits;
  limits.unsent_bytes = 10'000'000;
  const FakeServer server(services, options_with(limits));
  std::deque<RawClient> lazy;
  for (int i = 0; i < 4; ++i) {
    lazy.emplace_back(server.address());
    lazy.back().send("GET /config HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (int wait = 0; wait < 400 && server.observed().size() < lazy.size(); ++wait)
      std::this_thread::sleep_for(milliseconds(5));
  }
  std::this_thread::sleep_for(milliseconds(100));
  // The slowest went; the last one may take all it needs.
  CHECK(lazy.front().read().status == 0);
  CHECK(lazy.back().read().status == 200);
}
