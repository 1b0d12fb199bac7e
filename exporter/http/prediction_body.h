// The body of POST /prediction: JSON to PredictionRequest, or what is wrong with it, in FastAPI's
// words.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "exporter/http/message.h"
#include "exporter/http/services.h"

namespace exporter {

/// A body that can be answered.
struct PredictionBody {
  PredictionRequest request;
  bool score = false;
};

/// What is wrong with a body; never empty.
using BodyErrors = std::vector<ErrorDetail>;

/// Reads a body, of any shape, without a tree of it: memory stays within a few times its bytes.
/// Numbers may be numeric strings; null and "NaN" mean a missing value; null for a key means that
/// it is absent. Unknown keys are ignored, as clients of other services may send more, but one that
/// is a slip of a known key (`modle`, `Score`) is an error, as ignoring it would answer another
/// question. A known key given twice is an error too. Every error names its place: `body`, key,
/// index.
std::variant<PredictionBody, BodyErrors> parse_prediction(std::string_view body);

}  // namespace exporter
