// What the OpenAPI document says of the routes of api.h.
#pragma once

#include "exporter/http/routes.h"

namespace exporter {

RouteDocs detectors_docs();
RouteDocs entities_docs();
RouteDocs entity_docs();

}  // namespace exporter
