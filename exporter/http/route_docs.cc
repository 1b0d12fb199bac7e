#include "exporter/http/route_docs.h"

#include <utility>

namespace exporter {
namespace {

/// An answer in plain text. @param example  JSON string; "" for none
RouteAnswer text_answer(int status, std::string description, std::string example = {}) {
  RouteContent content{.media_type = "text/plain"};
  if (!example.empty()) content.examples = {{"answer", "As served", std::move(example)}};
  return {status, std::move(description), {std::move(content)}};
}

}  // namespace

RouteDocs landing_docs() {
  return {.operation_id = "landing",
          .tag = "pages",
          .answers = {{200, "The page", {{.media_type = "text/html"}}}}};
}

RouteDocs metrics_docs() {
  return {.operation_id = "metrics",
          .tag = "metrics",
          .description =
              "A finished snapshot of the last cycle, as text 0.0.4 or OpenMetrics 1.0.0 by the "
              "`Accept` header, gzipped when `Accept-Encoding` allows.",
          .parameters = {{.name = "name[]",
                          .description = "Only these metrics; may be repeated",
                          .schema = R"({"type":"array","items":{"type":"string"}})",
                          .example = R"(["anomaly_score"])"}},
          .answers = {
              {200,
               "The metrics",
               {{.media_type = "text/plain"}, {.media_type = "application/openmetrics-text"}}}}};
}

RouteDocs healthy_docs() {
  return {.operation_id = "healthy",
          .tag = "process",
          .answers = {text_answer(200, "The process runs", R"("anomaly_exporter is Healthy.\n")")}};
}

RouteDocs ready_docs() {
  return {.operation_id = "ready",
          .tag = "process",
          .answers = {text_answer(200, "Ready", R"("anomaly_exporter is Ready.\n")"),
                      text_answer(503, "Before the first cycle was attempted, or shutting down",
                                  R"("Service Unavailable\n")")}};
}

RouteDocs reload_docs() {
  return {.operation_id = "reload",
          .tag = "process",
          .description =
              "Answers when the new configuration is in force. Any error keeps the old "
              "one. `SIGHUP` does the same.",
          .answers = {text_answer(200, "Reloaded", R"("configuration reloaded\n")"),
                      error_answer(403, "Switched off by `--no-web.enable-lifecycle`"),
                      text_answer(500, "The file is wrong; the text says where")}};
}

RouteDocs config_docs() {
  return {.operation_id = "config",
          .tag = "process",
          .answers = {text_answer(200, "YAML, every key, with `<secret>` for secrets")}};
}

}  // namespace exporter
