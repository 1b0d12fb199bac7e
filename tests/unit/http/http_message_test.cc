#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "exporter/http/message.h"

using namespace exporter;
using forest::Error;
using forest::ErrorKind;

TEST_CASE("an error has the envelope of the query API and FastAPI's detail", "[http]") {
  const auto response = error_response(
      422, "wrong", {{{"body", "feature_vector", "0"}, "not a float", "type_error.float"}});
  CHECK(response.status == 422);
  CHECK(response.content_type == "application/json");
  CHECK(nlohmann::json::parse(response.body) ==
        nlohmann::json::parse(R"({"status":"error","errorType":"bad_data","error":"wrong","detail":
          [{"loc":["body","feature_vector",0],"msg":"not a float","type":"type_error.float"}]})"));
}

TEST_CASE("an error message with bad bytes is still JSON", "[http]") {
  CHECK_NOTHROW(nlohmann::json::parse(error_response(404, "no such path: \xFF\"\n").body));
}

TEST_CASE("an error's reason decides the status, else its kind", "[http]") {
  CHECK(http_status({ErrorKind::request, "", "model_not_found"}) == 404);
  CHECK(http_status({ErrorKind::data, "", "entity_not_found"}) == 404);
  CHECK(http_status({ErrorKind::state, "", "not_trained"}) == 503);
  CHECK(http_status({ErrorKind::request, "", "too_large"}) == 413);
  CHECK(http_status({ErrorKind::data, "", "length"}) == 422);
  CHECK(http_status({ErrorKind::data, "", "entity_required"}) == 422);
  CHECK(http_status({ErrorKind::config, ""}) == 422);
  CHECK(http_status({ErrorKind::request, ""}) == 422);
  CHECK(http_status({ErrorKind::upstream, ""}) == 502);
  CHECK(http_status({ErrorKind::data, ""}) == 503);
  CHECK(http_status({ErrorKind::state, ""}) == 500);
}

TEST_CASE("HTML is escaped", "[http]") {
  CHECK(escape_html("<a b=\"'&'\">") == "&lt;a b=&quot;&#39;&amp;&#39;&quot;&gt;");
}
