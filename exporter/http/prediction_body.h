// The body of POST /prediction: JSON to PredictionRequest, or what is wrong with it, in FastAPI's
// words.
#pragma once

#include <optional>
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

/// Reads a body of the usual shape several times as fast: known keys, each once, ASCII texts
/// without escapes, numbers as numbers. Nothing for any other body, right or wrong; what it returns
/// equals what `read_any_prediction` returns.
std::optional<PredictionBody> read_usual_prediction(std::string_view body);
/// Reads any body; `parse_prediction` without the short cut.
std::variant<PredictionBody, BodyErrors> read_any_prediction(std::string_view body);

}  // namespace exporter
