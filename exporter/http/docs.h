// `/openapi.json` and `/docs`: the table of routes, for tools and for people.
#pragma once

#include <vector>

#include "exporter/http/routes.h"

namespace exporter {

/// Appends `/openapi.json`, which documents the table and itself, and `/docs` with its files:
/// Swagger UI, or in a build without it a plain list of the routes. All bytes are made here, once.
void add_docs_routes(std::vector<Route>& table);

/// Returns the page that lists the documented routes of a table, without any script.
HttpResponse plain_docs_page(const std::vector<Route>& table);

}  // namespace exporter
