// ApiQuery: the parameters of /api/v1/, read strictly.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/clock.h"
#include "exporter/http/message.h"
#include "exporter/promql/series.h"

namespace exporter {

/// One `match`: a label whose value must be equal to a pattern; `*` in it stands for any text, the
/// empty one too. An absent label has the value "".
struct LabelMatch {
  std::string label, pattern;

  bool matches(const Labels& labels) const;
};

enum class EntityOrder { severity, score, entity };

/// What a request asks for; routes use the parts that their parameters are about.
struct ApiQuery {
  static constexpr std::size_t kMaxLimit = 1000;
  static constexpr std::size_t kDefaultLimit = 100;

  std::string detector;  ///< "": not said
  std::vector<LabelMatch> labels;
  std::optional<bool> active, detected;
  std::optional<bool> ready;  ///< `state`: ready or warming
  EntityOrder order = EntityOrder::severity;
  std::size_t limit = kDefaultLimit;
  std::size_t offset = 0;
  std::optional<TimePoint> since;

  /// Tells whether the labels match every `match`.
  bool wants(const Labels& entity) const;
};

/// Reads the query of a request. @param known  the parameters of the route. Errors: request, with
/// the name of a parameter as reason, when one is unknown, repeated (other than `match`) or no
/// value of its kind.
forest::Result<ApiQuery> read_api_query(const HttpRequest& request,
                                        std::span<const std::string_view> known);

/// Answers such an error: 422, with the parameter's place.
HttpResponse api_query_error(const forest::Error& error);

}  // namespace exporter
