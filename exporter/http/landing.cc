#include "exporter/http/landing.h"

#include <fmt/format.h>

#include <string_view>

#include "exporter/http/page.h"
#include "exporter/version.h"

namespace exporter {
namespace {

constexpr std::size_t kFeaturesShown = 8;

// Relative, so that a proxy may serve the page under any path.
void append_link(std::string& page, std::string_view path, std::string_view text,
                 std::string_view meaning) {
  page += fmt::format("<li><a href=\"{}\">{}</a>: {}</li>\n", escape_html(path.substr(1)), text,
                      meaning);
}

/// Returns text for a value in a query string.
std::string escape_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

void append_detectors(std::string& page, const std::vector<DetectorStatus>& detectors) {
  page += "<h2>Detectors</h2>\n";
  if (detectors.empty()) {
    page += "<p>No detector is configured.</p>\n";
    return;
  }
  page +=
      "<div class=\"scroll\"><table>\n<tr><th>Name</th><th>State</th>"
      "<th class=\"number\">Entities</th><th class=\"number\">Active</th><th></th></tr>\n";
  for (const auto& detector : detectors) {
    const auto query = escape_query(detector.name);
    const auto state = escape_html(detector.state);
    page += fmt::format(
        "<tr><td>{}</td><td class=\"{}\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td><td><a href=\"api/v1/entities?detector={}\">entities</a>, "
        "<a href=\"model_information?model={}\">model</a></td></tr>\n",
        escape_html(detector.name), state, state, detector.entities, detector.active, query, query);
  }
  page += "</table></div>\n";
}

void append_files(std::string& page, const std::vector<ModelInformation>& files) {
  if (files.empty()) return;
  page +=
      "<h2>Model files</h2>\n<div class=\"scroll\"><table>\n<tr><th>Name</th>"
      "<th>Features</th><th class=\"number\">Trees</th><th class=\"number\">Threshold</th>"
      "<th></th></tr>\n";
  for (const auto& file : files) {
    std::string features;
    for (std::size_t i = 0; i < file.features.size() && i < kFeaturesShown; ++i)
      features += (i == 0 ? "" : ", ") + escape_html(file.features[i]);
    if (file.features.size() > kFeaturesShown)
      features += fmt::format(" and {} more", file.features.size() - kFeaturesShown);
    page += fmt::format(
        "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{:.4g}</td>"
        "<td><a href=\"model_information?model={}\">model</a></td></tr>\n",
        escape_html(file.model), features, file.trees, file.threshold, escape_query(file.model));
  }
  page += "</table></div>\n";
}

}  // namespace

HttpResponse landing_response(const std::vector<DetectorStatus>& detectors,
                              const std::vector<ModelInformation>& files,
                              const std::string& telemetry_path) {
  auto page = page_opening("Anomaly Exporter");
  page += fmt::format(
      "<h2>Anomaly detection for Prometheus</h2>\n<p>Version: {} (branch: {}, revision: {})</p>\n"
      "<ul>\n",
      escape_html(kVersion), escape_html(kBranch), escape_html(kRevision));
  append_link(page, telemetry_path, "Metrics", "scores and the exporter's own health");
  append_link(page, "/docs", "API", "the routes, to read about and to try");
  append_link(page, "/openapi.json", "OpenAPI", "the same for tools");
  append_link(page, "/api/v1/detectors", "Detectors", "their states and models, as JSON");
  append_link(page, "/model_information", "Model information", "parameters of the first model");
  append_link(page, "/config", "Configuration", "what is in force, secrets masked");
  append_link(page, "/-/healthy", "Health", "whether the process runs");
  append_link(page, "/-/ready", "Readiness", "whether the first cycle was attempted");
  page += "</ul>\n";
  append_detectors(page, detectors);
  append_files(page, files);
  return page_response(std::move(page));
}

}  // namespace exporter
