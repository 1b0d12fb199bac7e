#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "exporter/http/api.h"
#include "exporter/http/api_answer.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 8> kParameters = {"detector", "match", "active", "detected",
                                                         "state",    "sort",  "limit",  "offset"};

// An entity of a batch that somebody else keeps.
struct Found {
  std::size_t detector = 0;  // its place in the list
  const ScoreBatch* batch = nullptr;
  std::size_t row = 0;

  const EntityScore& score() const { return batch->scores[row]; }
};

bool wanted(const ApiQuery& query, const EntityScore& score) {
  return (!query.active || score.active == *query.active) &&
         (!query.detected || score.detected == *query.detected) &&
         (!query.ready || score.ready == *query.ready) && query.wants(score.entity);
}

// The key that puts the worst first; equal ones keep the order of detectors and entities.
double descending(EntityOrder order, const EntityScore& score) {
  if (order == EntityOrder::entity) return 0;
  const double number = order == EntityOrder::score ? score.score : score.severity();
  return std::isnan(number) ? 2 : -number;
}

// Sorts as far as the page goes.
void sort_page(std::vector<Found>& found, const ApiQuery& query) {
  const auto key = [&](const Found& each) {
    return std::tuple(descending(query.order, each.score()), each.detector, each.row);
  };
  const std::size_t end = std::min(found.size(), query.offset + query.limit);
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(end), {}, key);
}

void write_reasons(JsonText& json, const Found& found) {
  const ScoreBatch& batch = *found.batch;
  json.key("reasons").open('[');
  for (const TopContribution& top : found.score().contributions) {
    const auto row = static_cast<Eigen::Index>(found.row);
    const auto feature = static_cast<Eigen::Index>(top.feature);
    write_reason(json, {.feature = batch.features[top.feature],
                        .value = batch.values(row, feature),
                        .expected = batch.expected(row, feature),
                        .contribution = top.share});
  }
  json.close(']');
}

}  // namespace

HttpResponse entities_response(const HttpRequest& request, const DetectorList& detectors) {
  const auto query = read_api_query(request, kParameters);
  if (!query) return api_query_error(query.error());

  bool known = query->detector.empty();
  std::vector<std::shared_ptr<const ScoreBatch>> batches;  // keeps what is found alive
  std::vector<Found> found;
  for (std::size_t d = 0; d < detectors.size(); ++d) {
    if (!query->detector.empty() && detectors[d]->spec().name != query->detector) continue;
    known = true;
    auto batch = detectors[d]->batch();
    if (batch == nullptr) continue;
    for (std::size_t row = 0; row < batch->scores.size(); ++row) {
      if (wanted(*query, batch->scores[row])) found.push_back({d, batch.get(), row});
    }
    batches.push_back(std::move(batch));
  }
  if (!known) return no_such_detector(query->detector);
  sort_page(found, *query);

  const std::size_t first = std::min(found.size(), query->offset);
  const std::size_t last = std::min(found.size(), query->offset + query->limit);
  JsonText json = open_answer();
  json.open('{').key("entities").open('[');
  for (std::size_t i = first; i < last; ++i) {
    const Found& each = found[i];
    json.open('{').key("detector").value(detectors[each.detector]->spec().name);
    json.key("labels");
    write_labels(json, each.score().entity);
    json.key("at").value(each.batch->at);
    write_verdict(json, each.score());
    write_reasons(json, each);
    json.close('}');
  }
  json.close(']').key("total").value(found.size()).key("next_offset");
  if (last < found.size()) {
    json.value(last);
  } else {
    json.null();
  }
  json.close('}');
  return close_answer(std::move(json));
}

}  // namespace exporter
