// TLS through the whole server: the same guards and the same answers as in plain HTTP.
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "temporary_file.h"
#include "tls_client.h"

using namespace exporter;
using std::chrono::milliseconds;

namespace {

const std::string kFolder = std::string(ANOMALY_TEST_DATA) + "/web-config/";
const std::string kServer =
    "  cert_file: " + kFolder + "server.pem\n  key_file: " + kFolder + "server.key\n";
const std::string kGet = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const TlsClient::Options kOwnCertificate{kFolder + "server.pem", kFolder + "server.key", 0, 0, {}};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A server with this below `tls_server_config:` beside its certificate.
class TlsServer {
 public:
  explicit TlsServer(const std::string& more = "", ServerLimits limits = {},
                     Services services = fake_services())
      : file_("web.yml", "tls_server_config:\n" + kServer + more),
        server_(std::move(services), options(file_.path(), limits)) {}
  const std::string& address() const { return server_.address(); }
  const TemporaryFile& file() const { return file_; }

 private:
  static HttpOptions options(const std::string& path, const ServerLimits& limits) {
    HttpOptions made;
    made.web_config_file = path;
    made.limits = limits;
    return made;
  }
  TemporaryFile file_;
  FakeServer server_;
};

bool healthy(TlsClient& client) { return client.ask(kGet).starts_with("HTTP/1.1 200 OK\r\n"); }

}  // namespace

TEST_CASE("requests are answered over TLS 1.2 and 1.3, and over nothing older", "[http]") {
  const TlsServer server;
  TlsClient newest(server.address());
  CHECK(healthy(newest));
  CHECK(newest.version() == TLS1_3_VERSION);
  TlsClient older(server.address(), {{}, {}, 0, TLS1_2_VERSION, {}});
  CHECK(healthy(older));
  CHECK(older.version() == TLS1_2_VERSION);
  const TlsClient oldest(server.address(), {{}, {}, TLS1_VERSION, TLS1_1_VERSION, {}});
  CHECK_FALSE(oldest.connected());
}

TEST_CASE("min_version, cipher suites and curves are obeyed", "[http]") {
  const TlsServer server(
      "  min_version: TLS12\n  max_version: TLS12\n"
      "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n"
      "  curve_preferences: [CurveP384]\n");
  TlsClient client(server.address());
  CHECK(healthy(client));
  CHECK(client.version() == TLS1_2_VERSION);
  const TlsServer only_new("  min_version: TLS13\n");
  const TlsClient old(only_new.address(), {{}, {}, 0, TLS1_2_VERSION, {}});
  CHECK_FALSE(old.connected());
}

TEST_CASE("a client that offers HTTP/2 first gets HTTP/1.1", "[http]") {
  const TlsServer server;
  const TlsClient client(server.address(), {{}, {}, 0, 0, "\x02h2\x08http/1.1"});
  CHECK(client.protocol() == "http/1.1");
}

TEST_CASE("a client of TLS 1.2 cannot renegotiate", "[http]") {
  const TlsServer server;
  TlsClient client(server.address(), {{}, {}, 0, TLS1_2_VERSION, {}});
  REQUIRE(client.connected());
  CHECK_FALSE(client.renegotiate());
}

TEST_CASE("a client that speaks plain HTTP to a TLS port is told so", "[http]") {
  const TlsServer server;
  RawClient client(server.address());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.closed());
}

TEST_CASE("bytes that are no handshake end the connection", "[http]") {
  const TlsServer server;
  RawClient client(server.address());
  client.send(std::string_view("\x16\x03\x01\x00\x05hello", 10));
  CHECK(client.closed());
  TlsClient next(server.address());
  CHECK(healthy(next));
}

TEST_CASE("a large answer and a large body pass through TLS whole", "[http]") {
  auto services = fake_services();
  services.config_yaml = [] { return std::string(5'000'000, 'x') + "end"; };
  const TlsServer server("", {}, services);
  TlsClient reader(server.address());
  const auto answer = reader.ask("GET /config HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(answer.size() > 5'000'003);
  CHECK(answer.ends_with("xend"));
  TlsClient sender(server.address());
  const std::string body = R"({"feature_vector":[0,0]})" + std::string(900'000, ' ');
  const auto predicted =
      sender.ask("POST /prediction HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(predicted.starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("one TLS connection serves many requests", "[http]") {
  const TlsServer server;
  TlsClient client(server.address());
  for (int i = 0; i < 50; ++i) {
    REQUIRE(client.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"));
    std::string answer;
    while (!answer.ends_with("Healthy.\n")) {
      const auto some = client.read();
      REQUIRE_FALSE(some.empty());
      answer += some;
    }
  }
}

TEST_CASE("a TLS handshake that does not end is cut off, and a slow request gets 408", "[http]") {
  ServerLimits limits;
  limits.receive = milliseconds(60);
  const TlsServer server("", limits);
  RawClient silent(server.address()), begun(server.address());
  begun.send("\x16\x03\x01");
  CHECK(silent.closed());
  CHECK(begun.closed());
  TlsClient slow(server.address());
  CHECK(slow.ask("GET /-/healthy HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408 "));
}

TEST_CASE("a TLS client that does not read is dropped", "[http]") {
  auto services = fake_services();
  services.config_yaml = [] { return std::string(20'000'000, 'x'); };
  ServerLimits limits;
  limits.send = milliseconds(60);
  const TlsServer server("", limits, services);
  TlsClient lazy(server.address());
  lazy.send("GET /config HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(250));
  std::size_t got = 0;
  for (auto some = lazy.read(); !some.empty(); some = lazy.read()) got += some.size();
  CHECK(got < 20'000'000);
}

TEST_CASE("idle TLS sockets make room for new connections", "[http]") {
  ServerLimits limits;
  limits.connections = 5;
  const TlsServer server("", limits);
  std::deque<RawClient> idle;
  for (int i = 0; i < 8; ++i) idle.emplace_back(server.address());
  TlsClient client(server.address());
  CHECK(healthy(client));
}

TEST_CASE("RequestClientCert asks and takes anything", "[http]") {
  const TlsServer server("  client_auth_type: RequestClientCert\n");
  TlsClient without(server.address()), with(server.address(), kOwnCertificate);
  CHECK(healthy(without));
  CHECK(healthy(with));
}

TEST_CASE("RequireAnyClientCert wants a certificate and does not verify it", "[http]") {
  for (const auto* name : {"RequireAnyClientCert", "RequireClientCert"}) {
    const TlsServer server(std::string("  client_auth_type: ") + name + "\n");
    TlsClient without(server.address()), with(server.address(), kOwnCertificate);
    CHECK_FALSE(healthy(without));
    CHECK(healthy(with));
  }
}

TEST_CASE("VerifyClientCertIfGiven lets clients in without a certificate or with a good one",
          "[http]") {
  const std::string policy = "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ";
  const TlsServer knows(policy + kFolder + "server.pem\n");
  TlsClient without(knows.address()), good(knows.address(), kOwnCertificate);
  CHECK(healthy(without));
  CHECK(healthy(good));
  const TlsServer strange(policy + kFolder + "client_ca.pem\n");
  TlsClient bad(strange.address(), kOwnCertificate);
  CHECK_FALSE(healthy(bad));
}

TEST_CASE("RequireAndVerifyClientCert lets in known clients alone", "[http]") {
  const std::string policy = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ";
  const TlsServer knows(policy + kFolder + "server.pem\n");
  TlsClient without(knows.address()), good(knows.address(), kOwnCertificate);
  CHECK_FALSE(healthy(without));
  CHECK(healthy(good));
  TlsClient good12(knows.address(),
                   {kFolder + "server.pem", kFolder + "server.key", 0, TLS1_2_VERSION, {}});
  CHECK(healthy(good12));
  const TlsServer strange(policy + kFolder + "client_ca.pem\n");
  TlsClient bad(strange.address(), kOwnCertificate);
  CHECK_FALSE(healthy(bad));
}

TEST_CASE("of the clients' names the allowed ones come in, compared as a whole", "[http]") {
  const std::string policy =
      "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " + kFolder +
      "server.pem\n  client_allowed_sans: ";
  for (const auto* name : {"[localhost]", "[127.0.0.1]", "[other, localhost]"}) {
    const TlsServer server(policy + name + "\n");
    TlsClient client(server.address(), kOwnCertificate);
    INFO(name);
    CHECK(healthy(client));
  }
  for (const auto* name : {"[LOCALHOST]", "[local]", "['*']", "[]", "[127.0.0.10]"}) {
    const TlsServer server(policy + name + "\n");
    TlsClient client(server.address(), kOwnCertificate);
    INFO(name);
    CHECK_FALSE(healthy(client));
  }
}

TEST_CASE("a new certificate is shown at the next handshake", "[http]") {
  const TemporaryFile cert("cert.pem", read(kFolder + "server.pem"));
  const TemporaryFile key("key.pem", read(kFolder + "server.key"));
  const TemporaryFile web("web.yml", "tls_server_config:\n  cert_file: " + cert.path() +
                                         "\n  key_file: " + key.path() + "\n");
  HttpOptions options;
  options.web_config_file = web.path();
  const FakeServer server(fake_services(), options);
  {
    TlsClient first(server.address());
    CHECK(first.certificate() == read(kFolder + "server.pem"));
    CHECK(healthy(first));
  }
  cert.write(read(kFolder + "client_ca.pem"));
  const TlsClient between(server.address());
  CHECK_FALSE(between.connected());  // The key does not belong to it.
  cert.write(read(kFolder + "other.pem"));
  key.write(read(kFolder + "other.key"));
  TlsClient second(server.address());
  CHECK(second.certificate() == read(kFolder + "other.pem"));
  CHECK(healthy(second));
}

TEST_CASE("without TLS in the file handshakes fail until it is back", "[http]") {
  const TlsServer server;
  const std::string before = read(server.file().path());
  server.file().write("");
  const TlsClient none(server.address());
  CHECK_FALSE(none.connected());
  server.file().write(before);
  TlsClient again(server.address());
  CHECK(healthy(again));
}
