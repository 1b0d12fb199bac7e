// Walks tests/data/web-config: the same cases that promtool judges in the integration tests.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "exporter/http/web_config.h"
#include "temporary_file.h"

using namespace exporter;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> cases(const std::string& prefix) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(ANOMALY_TEST_DATA) / "web-config")) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  REQUIRE(found.size() > 10);
  return found;
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

TEST_CASE("each good web config is valid with the certificates that it names", "[http]") {
  for (const auto& path : cases("good-")) {
    INFO(path);
    const auto checked = check_web_config(path.string());
    INFO((checked ? "" : checked.error().message));
    CHECK(checked);
  }
}

TEST_CASE("each bad web config is refused in one line that says why", "[http]") {
  constexpr std::string_view kExpect = "# expect: ";
  for (const auto& path : cases("bad-")) {
    INFO(path);
    const auto checked = check_web_config(path.string());
    REQUIRE_FALSE(checked);
    const auto line = first_line(path);
    REQUIRE(line.starts_with(kExpect));
    CHECK_THAT(checked.error().message, Catch::Contains(line.substr(kExpect.size())));
    CHECK_THAT(checked.error().message, Catch::StartsWith(path.string() + ":"));
    CHECK(checked.error().message.find('\n') == std::string::npos);
    CHECK(checked.error().kind == forest::ErrorKind::config);
  }
}

TEST_CASE("an empty web config enables nothing", "[http]") {
  const auto config = parse_web_config("", "/etc/web.yml");
  REQUIRE(config);
  CHECK_FALSE(config->tls.enabled());
  CHECK(config->http2);
  CHECK(config->users.empty());
  CHECK(config->rate_interval.count() == 0);
}

TEST_CASE("paths of a web config are relative to its folder", "[http]") {
  const auto config = parse_web_config(
      "tls_server_config: {cert_file: tls/a.pem, key_file: /keys/a.key}", "/etc/exporter/web.yml");
  REQUIRE(config);
  CHECK(config->tls.cert_file == "/etc/exporter/tls/a.pem");
  CHECK(config->tls.key_file == "/keys/a.key");
}

TEST_CASE("no message repeats a key or a password of a web config", "[http]") {
  const auto config =
      parse_web_config("tls_server_config: {key: [hush]}\nbasic_auth_users: {a: hush}", "web.yml");
  REQUIRE_FALSE(config);
  CHECK(config.error().message.find("hush") == std::string::npos);
  const auto users = parse_web_config("basic_auth_users: {a: hush}", "web.yml");
  REQUIRE_FALSE(users);
  CHECK(users.error().message.find("hush") == std::string::npos);
}

TEST_CASE("a web config that cannot be read is an error that names it", "[http]") {
  const auto config = load_web_config("/nowhere/web.yml");
  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().message, Catch::StartsWith("/nowhere/web.yml: cannot read the file"));
}

TEST_CASE("a message gives the path of a web config whole", "[http]") {
  const std::string folder = "/nonexistent/" + std::string(200, 'd');
  const auto unreadable = load_web_config(folder + "/web.yml");
  REQUIRE_FALSE(unreadable);
  CHECK_THAT(unreadable.error().message, Catch::StartsWith(folder + "/web.yml: cannot read"));
  const auto unknown = parse_web_config("unknown: 1", folder + "/web.yml");
  REQUIRE_FALSE(unknown);
  CHECK_THAT(unknown.error().message, Catch::StartsWith(folder + "/web.yml:1: unknown"));

  const TemporaryFile file(std::string(200, 'w') + ".yml",
                           "tls_server_config: {cert_file: absent.pem, key_file: absent.key}");
  const auto checked = check_web_config(file.path());
  REQUIRE_FALSE(checked);
  CHECK_THAT(checked.error().message, Catch::StartsWith(file.path() + ": tls_server_config"));
}

TEST_CASE("a changed web config is in force at the next look, a broken one is none", "[http]") {
  const TemporaryFile file("web.yml", "http_server_config: {headers: {X-XSS-Protection: a}}");
  WebConfigFile web(file.path());
  REQUIRE(web.load());
  const auto first = web.current();
  REQUIRE(first);
  CHECK(first->headers.at(0).second == "a");
  CHECK(web.current() == first);
  file.write("http_server_config: {headers: {X-XSS-Protection: b}}");
  REQUIRE(web.current());
  CHECK(web.current()->headers.at(0).second == "b");
  file.write("http_server_config: {header: {}}");
  CHECK(web.current() == nullptr);
  file.remove();
  CHECK(web.current() == nullptr);
  file.write("");
  REQUIRE(web.current());
  CHECK(web.current()->headers.empty());
}
