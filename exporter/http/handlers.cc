#include "exporter/http/handlers.h"

#include <memory>
#include <utility>

#include "exporter/http/api.h"
#include "exporter/http/docs.h"
#include "exporter/http/landing.h"
#include "exporter/http/metrics_route.h"
#include "exporter/http/route_docs.h"

namespace exporter {
namespace {

HttpResponse text_response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

HttpResponse scrape(const HttpRequest& request, const Services& services) {
  const auto results =
      services.results ? services.results() : std::vector<std::shared_ptr<const RenderedScores>>{};
  return metrics_response(request, services.collect(), results);
}

HttpResponse reload_response(const Services& services, bool enabled) {
  if (!enabled)
    return error_response(403, "reload is disabled: started with --no-web.enable-lifecycle");
  const auto done = services.reload();
  if (done) return text_response(200, "configuration reloaded\n");
  return text_response(500, "failed to reload config: " + done.error().message + "\n");
}

}  // namespace

Routes make_routes(const HttpOptions& options, Services given) {
  const auto services = std::make_shared<const Services>(std::move(given));
  const std::string telemetry =
      (options.telemetry_path.starts_with('/') ? "" : "/") + options.telemetry_path;
  std::vector<Route> table;
  table.push_back({{"GET"},
                   telemetry,
                   "Scores and the exporter's own health, for Prometheus",
                   [services](const HttpRequest& request) { return scrape(request, *services); },
                   Lane::scrape,
                   metrics_docs()});
  table.push_back({.methods = {"POST"},
                   .path = "/prediction",
                   .summary = "Scores feature vectors with a model file or a detector's model",
                   .handler =
                       [services](const HttpRequest& request) {
                         return prediction_response(request, *services);
                       },
                   .docs = prediction_docs()});
  table.push_back(
      {.methods = {"GET"},
       .path = "/model_information",
       .summary = "The parameters of a model",
       .handler =
           [services](const HttpRequest& request) { return model_response(request, *services); },
       .docs = model_information_docs()});
  table.push_back({{"GET"},
                   "/-/healthy",
                   "200 while the process runs",
                   [](const HttpRequest& /*request*/) {
                     return text_response(200, "anomaly_exporter is Healthy.\n");
                   },
                   Lane::probe,
                   healthy_docs()});
  table.push_back({{"GET"},
                   "/-/ready",
                   "200 once the first cycle was attempted, until shutdown",
                   [services](const HttpRequest& /*request*/) {
                     return services->ready() ? text_response(200, "anomaly_exporter is Ready.\n")
                                              : text_response(503, "Service Unavailable\n");
                   },
                   Lane::probe,
                   ready_docs()});
  table.push_back(
      {.methods = {"POST", "PUT"},
       .path = "/-/reload",
       .summary = "Reads the configuration file again",
       .handler = [services, enabled = options.enable_lifecycle](
                      const HttpRequest& /*r*/) { return reload_response(*services, enabled); },
       .docs = reload_docs()});
  table.push_back({.methods = {"GET"},
                   .path = "/config",
                   .summary = "The configuration in force, secrets masked",
                   .handler =
                       [services](const HttpRequest& /*request*/) {
                         return text_response(200, services->config_yaml());
                       },
                   .docs = config_docs()});
  if (telemetry != "/") {
    table.push_back({.methods = {"GET"},
                     .path = "/",
                     .summary = "The detectors, and links to everything else",
                     .handler =
                         [services, telemetry](const HttpRequest& /*request*/) {
                           const auto files = services->model_files
                                                  ? services->model_files()
                                                  : std::vector<ModelInformation>{};
                           return landing_response(services->detectors(), files, telemetry);
                         },
                     .docs = landing_docs()});
  }
  if (services->detector_list) {
    for (Route& route : api_routes(services->detector_list)) table.push_back(std::move(route));
  }
  add_docs_routes(table);
  return {std::move(table), effective_prefix(options.route_prefix, options.external_url)};
}

}  // namespace exporter
