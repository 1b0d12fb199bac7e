#include <algorithm>
#include <catch2/catch.hpp>

#include "exporter/http/handlers.h"
#include "fake_server.h"

using namespace exporter;

TEST_CASE("every route has a summary and one of the known methods", "[http]") {
  const auto routes = make_routes({}, fake_services());
  CHECK(routes.table().size() >= 10);
  for (const auto& route : routes.table()) {
    CHECK_FALSE(route.summary.empty());
    CHECK_FALSE(route.methods.empty());
    CHECK(route.path.starts_with("/"));
  }
}

TEST_CASE("probes and scrapes do not share workers with the rest", "[http]") {
  const auto routes = make_routes({}, fake_services());
  CHECK(routes.find("/-/healthy")->lane == Lane::probe);
  CHECK(routes.find("/-/ready")->lane == Lane::probe);
  CHECK(routes.find("/metrics")->lane == Lane::scrape);
  CHECK(routes.find("/prediction")->lane == Lane::rest);
  CHECK(routes.find("/-/reload")->lane == Lane::rest);
}
