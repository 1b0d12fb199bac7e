// What the OpenAPI document says of the routes of handlers.h.
#pragma once

#include "exporter/http/routes.h"

namespace exporter {

RouteDocs landing_docs();
RouteDocs metrics_docs();
RouteDocs healthy_docs();
RouteDocs ready_docs();
RouteDocs reload_docs();
RouteDocs config_docs();
RouteDocs prediction_docs();
RouteDocs model_information_docs();

}  // namespace exporter
