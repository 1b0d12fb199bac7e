#include <catch2/catch.hpp>

#include "exporter/http/landing.h"
#include "exporter/version.h"

using namespace exporter;

namespace {

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the landing page shows the detectors, with links to their entities and model",
          "[http]") {
  const auto page = landing_response({{"node", "ready", 12, 1}}, {}, "/metrics").body;
  CHECK(has(page,
            "<tr><td>node</td><td class=\"ready\">ready</td><td class=\"number\">12</td>"
            "<td class=\"number\">1</td>"));
  CHECK(has(page, "href=\"api/v1/entities?detector=node\""));
  CHECK(has(page, "href=\"model_information?model=node\""));
}

TEST_CASE("the landing page escapes names in text and in links", "[http]") {
  const auto page = landing_response({{"<b>&\"x", "stale", 0, 0}}, {}, "/metrics").body;
  CHECK(has(page, "<td>&lt;b&gt;&amp;&quot;x</td>"));
  CHECK(has(page, "model=%3Cb%3E%26%22x\""));
  CHECK_FALSE(has(page, "<b>"));
}

TEST_CASE("the landing page tells the version and links everything relative to itself", "[http]") {
  const auto page = landing_response({}, {}, "/telemetry").body;
  CHECK(has(page, std::string("Version: ") + kVersion));
  for (const auto* path : {"telemetry", "docs", "openapi.json", "api/v1/detectors",
                           "model_information", "config", "-/healthy", "-/ready"}) {
    CHECK(has(page, std::string("href=\"") + path + "\""));
  }
  CHECK_FALSE(has(page, "href=\"/"));
  CHECK_FALSE(has(page, "http://localhost"));
  CHECK_FALSE(has(page, "href=\"http"));
}

TEST_CASE("the landing page lists model files with their first features, escaped", "[http]") {
  ModelInformation small{.model = "mean_sd", .trees = 100, .features = {"mean", "s<d"}};
  small.threshold = 0.61234;
  ModelInformation wide{.model = "wide", .trees = 7, .features = {}};
  for (const char digit : std::string("0123456789")) wide.features.push_back({'f', digit});
  const auto page = landing_response({}, {small, wide}, "/metrics").body;
  CHECK(has(page,
            "<tr><td>mean_sd</td><td>mean, s&lt;d</td><td class=\"number\">100</td>"
            "<td class=\"number\">0.6123</td>"));
  CHECK(has(page, "href=\"model_information?model=mean_sd\""));
  CHECK(has(page, "<td>f0, f1, f2, f3, f4, f5, f6, f7 and 2 more</td>"));
  CHECK_FALSE(has(landing_response({}, {}, "/metrics").body, "Model files"));
}

TEST_CASE("a landing page without detectors says so", "[http]") {
  CHECK(has(landing_response({}, {}, "/metrics").body, "No detector is configured"));
}

TEST_CASE("the landing page runs no script and loads nothing", "[http]") {
  const auto answer = landing_response({{"node", "ready", 1, 0}}, {}, "/metrics");
  CHECK_FALSE(has(answer.body, "<script"));
  CHECK_FALSE(has(answer.body, "src="));
  CHECK(has(answer.headers.front().second, "default-src 'none'"));
  CHECK(answer.body.size() < 10'000);
}
