// What the answers of /api/v1/ have in common.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "exporter/http/api_json.h"
#include "exporter/http/api_query.h"
#include "exporter/metrics/results.h"
#include "exporter/model/feature_reason.h"

namespace exporter {

/// Opens `{"status":"success","data":`.
JsonText open_answer();
/// Closes it and makes the answer.
HttpResponse close_answer(JsonText json);

/// Writes `{"name":"value",...}`.
void write_labels(JsonText& json, const Labels& labels);
/// Writes the members that tell an entity's verdict, into an object that is open.
void write_verdict(JsonText& json, const EntityScore& score);

/// Writes one feature's part in a verdict as an object.
void write_reason(JsonText& json, const FeatureReason& reason);

/// Returns the 404 that names a detector which is not there.
HttpResponse no_such_detector(const std::string& name);

}  // namespace exporter
