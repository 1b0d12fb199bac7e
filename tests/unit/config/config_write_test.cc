#include <catch2/catch.hpp>
#include <string>

#include "exporter/config/config.h"
#include "exporter/config/sections.h"

using exporter::Config;
using exporter::parse_config;
using exporter::to_yaml;

namespace {

Config parsed(const std::string& text) {
  auto config = parse_config(text, "/etc/config.yaml");
  REQUIRE((config ? "" : config.error().message) == "");
  return *std::move(config);
}

const std::string kDetectors =
    "detectors: [{name: n, by: [instance], features: [{name: x, query: x}]}]\n";

}  // namespace

TEST_CASE("secrets are written as <secret>, whatever section holds them", "[config]") {
  const std::string basic =
      to_yaml(parsed("prometheus:\n  basic_auth: {username: reader, password: hunter2}\n"
                     "  http_headers: {X-Key: {values: [open], secrets: [hunter2, hunter2]}}\n"
                     "  proxy_url: http://user:hunter2@proxy:3128\n" +
                     kDetectors));
  CHECK(basic.find("hunter2") == std::string::npos);
  CHECK_THAT(basic, Catch::Contains("username: reader\n    password: '<secret>'\n"));
  CHECK_THAT(basic, Catch::Contains("values: [open]\n      secrets: ['<secret>', '<secret>']\n"));
  CHECK_THAT(basic, Catch::Contains("proxy_url: 'http://user:<secret>@proxy:3128'\n"));

  const std::string bearer =
      to_yaml(parsed("prometheus: {authorization: {credentials: hunter2}}\n" + kDetectors));
  CHECK(bearer.find("hunter2") == std::string::npos);
  CHECK_THAT(bearer, Catch::Contains("type: Bearer\n    credentials: '<secret>'\n"));
}

TEST_CASE("URLs are masked from the colon of the user to the last @ before the path", "[config]") {
  using exporter::config::masked_url;
  CHECK(masked_url("http://h:9090/a@b") == "http://h:9090/a@b");
  CHECK(masked_url("http://u:p@h") == "http://u:<secret>@h");
  CHECK(masked_url("http://u:p@q@h/x") == "http://u:<secret>@h/x");
  CHECK(masked_url("http://token@h") == "http://<secret>@h");
  CHECK(masked_url("u:p@h") == "u:<secret>@h");
  CHECK(masked_url("").empty());
}

TEST_CASE("a password that breaks the URL's syntax stays hidden in the message", "[config]") {
  for (const char* url : {"http://u:hunter2@h:99999", "http://u:hunter2@", "u:hunter2@h",
                          "ftp://u:hunter2@h", "http://u:hunter2@h/?a=b"}) {
    INFO(url);
    const auto config =
        parse_config("prometheus: {url: \"" + std::string(url) + "\"}\n" + kDetectors, "c");
    REQUIRE_FALSE(config);
    CHECK(config.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("any text survives writing and reading", "[config]") {
  Config config = parsed(kDetectors);
  for (const char* text : {"true",        "null",
                           "~",           "5",
                           "it's",        "a: b",
                           "a #b",        "- x",
                           "\"q\"",       "back\\slash",
                           "two\nlines",  "tab\there",
                           "Zürich",      "{a}",
                           "*x",          "&x",
                           "!x",          "%x",
                           "@x",          "`x`",
                           "x'\n\"y\"\\", "\xe2\x80\xa8sep",
                           "trailing:",   "?",
                           "|",           ">"}) {
    INFO(text);
    config.detectors[0].features[0].query = text;
    CHECK(parsed(to_yaml(config)).detectors[0].features[0].query == text);
  }
}

TEST_CASE("a configuration without secrets loads equal from what is written", "[config]") {
  const std::string text =
      "prometheus:\n  url: https://[::1]:9090/p\n  http_headers: {'X-#1': {values: ['a: b', "
      "\"\\u00e9\"]}}\n"
      "detectors:\n  - {name: a-b, by: [instance], season: [], sensitivity: 0.1, history: 36h,\n"
      "     features: [{name: x, query: \"{__name__='up'}\", missing: zero}]}\n";
  const Config config = parsed(text);
  const Config again = parsed(to_yaml(config));
  CHECK(again.prometheus.url == "https://[::1]:9090/p");
  CHECK(again.prometheus.http_headers[0].name == "X-#1");
  CHECK(again.prometheus.http_headers[0].values == config.prometheus.http_headers[0].values);
  CHECK(again.detectors[0].checksum() == config.detectors[0].checksum());
  CHECK(again.detectors[0].season.empty());
  CHECK(to_yaml(again) == to_yaml(config));
}

TEST_CASE("an alert budget is written as one alert in so long where that is the same", "[config]") {
  const auto written = [](const std::string& budget) {
    const Config config = parsed("detectors: [{name: n, by: [instance], alert_budget: " + budget +
                                 ", features: [{name: x, query: x}]}]\n");
    const std::string text = to_yaml(config);
    CHECK(parsed(text).detectors[0].alert_budget == config.detectors[0].alert_budget);
    CHECK(text.find("sensitivity") == std::string::npos);
    const auto at = text.find("alert_budget: ") + std::string("alert_budget: ").size();
    return text.substr(at, text.find('\n', at) - at);
  };
  CHECK(written("1/7d") == "'1/1w'");
  CHECK(written("2/1d") == "'1/12h'");
  CHECK(written("0.5/1d") == "'1/2d'");
  CHECK(written("3/7d") == "'1/2d8h'");
  CHECK(written("1000/1d") == "'1/1m26s400ms'");
  CHECK_THAT(written("7/1d"), Catch::EndsWith("/1d'"));
}
