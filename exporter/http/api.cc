#include "exporter/http/api.h"

#include <utility>

#include "exporter/http/api_docs.h"

namespace exporter {

std::vector<Route> api_routes(const DetectorSource& detectors) {
  const auto answer = [&](auto response) {
    return [detectors, response](const HttpRequest& request) {
      const auto list = detectors();
      return response(request, list ? *list : DetectorList{});
    };
  };
  std::vector<Route> routes;
  routes.push_back({.methods = {"GET"},
                    .path = "/api/v1/detectors",
                    .summary = "The detectors: state, model and last cycle",
                    .handler = answer(detectors_response),
                    .docs = detectors_docs()});
  routes.push_back({.methods = {"GET"},
                    .path = "/api/v1/entities",
                    .summary = "Entities by severity, with filter and paging",
                    .handler = answer(entities_response),
                    .docs = entities_docs()});
  routes.push_back({.methods = {"GET"},
                    .path = "/api/v1/entity",
                    .summary = "One entity: why it scores so, and its recent past",
                    .handler = answer(entity_response),
                    .docs = entity_docs()});
  return routes;
}

}  // namespace exporter
