// The OpenAPI document, made from the table of routes that serves.
#pragma once

#include <string>
#include <vector>

#include "exporter/http/routes.h"

namespace exporter {

/// Builds the OpenAPI 3.1 document of every route that has an operation id, as JSON. Its server is
/// the folder of the document itself, so that it holds below any route prefix and proxy.
/// @pre  every schema and example is JSON
/// Source: OpenAPI Specification 3.1.0, https://spec.openapis.org/oas/v3.1.0.html.
std::string openapi_document(const std::vector<Route>& table);

}  // namespace exporter
