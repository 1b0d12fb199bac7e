#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "exporter/http/api.h"
#include "exporter/http/api_answer.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 4> kParameters = {"detector", "match", "limit", "since"};
constexpr std::size_t kNamed = 3;  // entities that an error names

using Answer = std::variant<std::shared_ptr<Detector>, HttpResponse>;

HttpResponse wrong(int status, const char* parameter, const std::string& message) {
  return error_response(status, message, {{{"query", parameter}, message, "value_error"}});
}

// One detector by its name, or the only one.
Answer find_detector(const ApiQuery& query, const DetectorList& detectors) {
  if (query.detector.empty()) {
    if (detectors.size() == 1) return detectors.front();
    return wrong(422, "detector",
                 fmt::format("detector: must be given, as there are {}", detectors.size()));
  }
  const auto found = std::ranges::find_if(
      detectors, [&](const auto& each) { return each->spec().name == query.detector; });
  if (found == detectors.end()) return no_such_detector(query.detector);
  return *found;
}

const EntityScore* find_score(const ScoreBatch* batch, const Labels& entity) {
  if (batch == nullptr) return nullptr;
  const auto found = std::ranges::lower_bound(batch->scores, entity, {}, &EntityScore::entity);
  return found == batch->scores.end() || found->entity != entity ? nullptr : &*found;
}

// What is known of entities that match: those with a score now and those with a model.
std::set<Labels> find_entities(const ApiQuery& query, const ScoreBatch* batch,
                               const TrainedModel* model) {
  std::set<Labels> found;
  const auto consider = [&](const Labels& entity) {
    if (query.wants(entity)) found.insert(entity);
  };
  if (batch != nullptr) {
    for (const EntityScore& score : batch->scores) consider(score.entity);
  }
  if (model != nullptr) {
    for (const auto& [entity, each] : model->entities) consider(entity);
  }
  return found;
}

HttpResponse not_one(const std::string& detector, const std::set<Labels>& entities) {
  if (entities.empty()) {
    return wrong(404, "match", fmt::format("no entity of detector {} matches", detector));
  }
  std::string names;
  std::size_t named = 0;
  for (const Labels& entity : entities) {
    if (named++ == kNamed) break;
    names += (names.empty() ? "" : ", ") + entity.to_string();
  }
  return wrong(422, "match",
               fmt::format("{} entities match, must be one: {}{}", entities.size(), names,
                           entities.size() > kNamed ? ", ..." : ""));
}

// Every feature with its share; without a past to judge by, the shares that the cycle kept.
std::vector<FeatureReason> reasons_now(const Detector& detector, const ScoreBatch& batch,
                                       const EntityScore& score) {
  const auto index = static_cast<Eigen::Index>(&score - batch.scores.data());
  const auto values = batch.values.row(index);
  const std::vector<std::vector<double>> rows{{values.begin(), values.end()}};
  auto verdicts =
      detector.predict({.entity = score.entity, .time = batch.at, .explain = true, .rows = rows});
  if (verdicts) return std::move(verdicts->front().reasons);
  std::vector<FeatureReason> reasons;
  for (std::size_t f = 0; f < batch.features.size(); ++f) {
    const auto top = std::ranges::find(score.contributions, f, &TopContribution::feature);
    reasons.push_back({.feature = batch.features[f],
                       .value = rows[0][f],
                       .expected = batch.expected(index, static_cast<Eigen::Index>(f)),
                       .contribution = top == score.contributions.end() ? 0 : top->share});
  }
  return reasons;
}

void write_now(JsonText& json, const Detector& detector, const ScoreBatch* batch,
               const EntityScore* score) {
  json.key("now");
  if (score == nullptr) {
    json.null();
    return;
  }
  json.open('{').key("at").value(batch->at);
  write_verdict(json, *score);
  json.key("reasons").open('[');
  for (const FeatureReason& reason : reasons_now(detector, *batch, *score)) {
    write_reason(json, reason);
  }
  json.close(']').close('}');
}

void write_model(JsonText& json, const DetectorSpec& spec, const EntityModel* model) {
  json.key("model");
  if (model == nullptr) {
    json.null();
    return;
  }
  json.open('{').key("state").value(model->ready ? "ready" : "warming");
  json.key("rows").value(model->rows);
  json.key("first").value(model->first).key("last").value(model->last);
  json.key("threshold").value(threshold_of(*model, spec)).close('}');
}

void write_point(JsonText& json, const HistoryPoint& point, const DetectorSpec& spec) {
  json.open('{').key("at").value(point.at);
  json.key("score").value(point.score).key("threshold").value(point.threshold);
  json.key("detected").value(point.detected).key("active").value(point.active);
  for (const auto& [name, numbers] :
       {std::pair{"values", &point.values}, std::pair{"expected", &point.expected}}) {
    json.key(name).open('[');
    for (const float number : *numbers) json.value(number);
    json.close(']');
  }
  json.key("contributions").open('{');
  for (const TopContribution& top : point.contributions) {
    json.key(spec.features[top.feature].name).value(static_cast<float>(top.share));
  }
  json.close('}').close('}');
}

}  // namespace

HttpResponse entity_response(const HttpRequest& request, const DetectorList& detectors) {
  const auto query = read_api_query(request, kParameters);
  if (!query) return api_query_error(query.error());
  auto chosen = find_detector(*query, detectors);
  if (auto* refusal = std::get_if<HttpResponse>(&chosen)) return std::move(*refusal);
  const Detector& detector = *std::get<std::shared_ptr<Detector>>(chosen);
  const DetectorSpec& spec = detector.spec();
  const auto batch = detector.batch();
  const auto model = detector.model();
  const auto entities = find_entities(*query, batch.get(), model.get());
  if (entities.size() != 1) return not_one(spec.name, entities);
  const Labels& entity = *entities.begin();

  JsonText json = open_answer();
  json.open('{').key("detector").value(spec.name).key("labels");
  write_labels(json, entity);
  write_model(json, spec, model ? model->find(entity) : nullptr);
  write_now(json, detector, batch.get(), find_score(batch.get(), entity));
  json.key("features").open('[');
  for (const FeatureSpec& feature : spec.features) json.value(feature.name);
  json.close(']').key("points").open('[');
  const TimePoint since = query->since.value_or(TimePoint::min());
  for (const HistoryPoint& point : detector.history().of(entity, query->limit, since)) {
    write_point(json, point, spec);
  }
  json.close(']').close('}');
  return close_answer(std::move(json));
}

}  // namespace exporter
