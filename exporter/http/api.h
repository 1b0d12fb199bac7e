// /api/v1/: what the detectors found, for reading: detectors, entities, one entity.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "exporter/http/routes.h"
#include "exporter/metrics/results.h"

namespace exporter {

/// Returns the detectors in force.
using DetectorSource = std::function<std::shared_ptr<const DetectorList>()>;

/// Makes the routes of /api/v1/. Answers are `{"status":"success","data":...}`, times unix seconds,
/// NaN the string "NaN"; an unknown or wrong parameter is 422 and named, an unknown detector or
/// entity 404. Nothing is asked of Prometheus; an answer's size is bounded by `limit`.
std::vector<Route> api_routes(const DetectorSource& detectors);

/// `GET /api/v1/detectors`.
HttpResponse detectors_response(const HttpRequest& request, const DetectorList& detectors);
/// `GET /api/v1/entities`.
HttpResponse entities_response(const HttpRequest& request, const DetectorList& detectors);
/// `GET /api/v1/entity`.
HttpResponse entity_response(const HttpRequest& request, const DetectorList& detectors);

}  // namespace exporter
