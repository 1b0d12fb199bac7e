#include <algorithm>

#include "exporter/http/api.h"
#include "exporter/http/api_answer.h"
#include "exporter/http/model_threshold.h"

namespace exporter {
namespace {

void write_model(JsonText& json, const DetectorSpec& spec, const TrainedModel* model) {
  json.key("model");
  if (model == nullptr) {
    json.null();
    return;
  }
  const auto ready =
      std::ranges::count_if(model->entities, [](const auto& entry) { return entry.second->ready; });
  json.open('{').key("trained_at").value(model->trained_at);
  json.key("entities").value(model->entities.size());
  json.key("entities_ready").value(static_cast<std::size_t>(ready));
  json.key("rows").value(model->rows());
  json.key("threshold").value(median_threshold(*model, spec));
  json.close('}');
}

void write_last_cycle(JsonText& json, const std::optional<CycleSummary>& cycle) {
  json.key("last_cycle");
  if (!cycle) {
    json.null();
    return;
  }
  json.open('{').key("at").value(cycle->at);
  json.key("finished").value(cycle->finished);
  json.key("duration_seconds").value(cycle->seconds);
  json.key("error");
  if (cycle->error.empty()) {
    json.null();
  } else {
    json.value(cycle->error);
  }
  json.close('}');
}

template <typename Flag>
std::size_t count(const ScoreBatch* batch, Flag flag) {
  if (batch == nullptr) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(batch->scores, flag));
}

void write_detector(JsonText& json, const Detector& detector) {
  const DetectorSpec& spec = detector.spec();
  const auto batch = detector.batch();
  json.open('{').key("name").value(spec.name);
  json.key("state").value(to_string(detector.state()));
  json.key("by").open('[');
  for (const auto& label : spec.by) json.value(label);
  json.close(']').key("features").open('[');
  for (const auto& feature : spec.features) {
    json.open('{').key("name").value(feature.name).key("query").value(feature.query).close('}');
  }
  json.close(']').key("interval_seconds").value(to_seconds(spec.interval));
  json.key("sensitivity").value(spec.sensitivity);
  json.key("entities").value(batch ? batch->entities : 0);
  json.key("entities_detected").value(count(batch.get(), &EntityScore::detected));
  json.key("entities_active").value(count(batch.get(), &EntityScore::active));
  write_model(json, spec, detector.model().get());
  write_last_cycle(json, detector.last_cycle());
  json.close('}');
}

}  // namespace

HttpResponse detectors_response(const HttpRequest& request, const DetectorList& detectors) {
  const auto query = read_api_query(request, {});
  if (!query) return api_query_error(query.error());
  JsonText json = open_answer();
  json.open('{').key("detectors").open('[');
  for (const auto& detector : detectors) write_detector(json, *detector);
  json.close(']').close('}');
  return close_answer(std::move(json));
}

}  // namespace exporter
