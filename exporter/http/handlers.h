// The routes of this program: what each answers.
#pragma once

#include <string>
#include <vector>

#include "exporter/http/routes.h"
#include "exporter/http/server.h"
#include "exporter/http/services.h"

namespace exporter {

/// Builds the table of routes over the services, prefix included.
Routes make_routes(const HttpOptions& options, Services services);

/// `POST /prediction`.
HttpResponse prediction_response(const HttpRequest& request, const Services& services);

/// `GET /model_information`.
HttpResponse model_response(const HttpRequest& request, const Services& services);

}  // namespace exporter
