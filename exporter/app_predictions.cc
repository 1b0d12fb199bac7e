#include "exporter/app_predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "exporter/http/model_threshold.h"

namespace exporter {
namespace {

/// What one request may cost: a row and a tree count 1, with reasons kExplainCost.
constexpr std::uint64_t kMostWork = 20'000'000;
constexpr std::uint64_t kExplainCost = 16;
/// Rows scored at a time.
constexpr std::size_t kChunkRows = 256;
constexpr std::size_t kNamesShown = 10;

/// One of the two, or neither.
struct Found {
  std::shared_ptr<const ModelFile> file;
  std::shared_ptr<Detector> detector;
};

Result<Found> find_model(const Snapshots& from, const std::string& name) {
  const auto files = from.models.get();
  for (const auto& file : *files) {
    if (name.empty() || file->spec().name == name) return Found{file, nullptr};
  }
  const auto detectors = from.detectors.get();
  for (const auto& detector : *detectors) {
    if (name.empty() || detector->spec().name == name) return Found{nullptr, detector};
  }
  constexpr std::size_t kShown = 100;
  return Error{ErrorKind::request,
               name.empty() ? std::string("no model is configured")
                            : fmt::format("no model or detector named {}", name.substr(0, kShown)),
               "model_not_found"};
}

std::string listed(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kNamesShown);
  std::string text = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

/// What a model wants of a row, and how messages call it.
struct Shape {
  std::string_view kind, name;  ///< `model` or `detector`, and which
  std::string_view word;        ///< `column` or `feature`
  std::size_t width, trees;
};

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

/// Refuses rows of a wrong length, and more rows than one request may cost.
/// @param names  returns those of the columns or features; asked only for a message
template <typename Names>
Status check_rows(const PredictionRequest& request, const Shape& shape, Names names,
                  PredictionSink& sink) {
  const RowTable& rows = request.rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].size() == shape.width) continue;
    sink.row = i;
    const std::string place =
        request.batch ? fmt::format("feature_vectors.{}", i) : std::string("feature_vector");
    return Error{
        ErrorKind::request,
        fmt::format("{} has {}, {} {} has {}: {}", place, counted(rows[i].size(), "value"),
                    shape.kind, shape.name, counted(shape.width, shape.word), listed(names())),
        "length"};
  }
  const std::uint64_t cost_of_row = shape.trees * (request.explain ? kExplainCost : 1);
  const std::uint64_t most =
      std::max<std::uint64_t>(1, kMostWork / std::max<std::uint64_t>(1, cost_of_row));
  if (rows.size() > most) {
    return Error{ErrorKind::request,
                 fmt::format("feature_vectors has {} vectors; {} {} of {} trees answers at most "
                             "{} in one request{}",
                             rows.size(), shape.kind, shape.name, shape.trees, most,
                             request.explain ? " with explain" : ""),
                 "too_large"};
  }
  return Done{};
}

Status predict_file(const ModelFile& file, const PredictionRequest& request, PredictionSink& sink) {
  const forest::Model& model = file.model();
  for (const char* key : {"entity", "time"}) {
    if (key == std::string_view("entity") ? request.entity.has_value() : request.time.has_value()) {
      return Error{ErrorKind::request,
                   fmt::format("{} is for detectors; model {} is a file and has no entities and "
                               "no history{}",
                               key, file.spec().name,
                               request.model.empty() ? "; name a detector in `model`" : ""),
                   key};
    }
  }
  const std::size_t width = model.feature_count();
  const RowTable& rows = request.rows;
  const Shape shape{.kind = "model",
                    .name = file.spec().name,
                    .word = "column",
                    .width = width,
                    .trees = file.tree_count()};
  auto checked = check_rows(
      request, shape, [&] { return model.columns(); }, sink);
  if (!checked) return checked;
  std::vector<FeatureReason> reasons;
  if (request.explain) reasons = file.reasons();
  const auto take = [&](std::span<const double> row, double score) {
    if (request.explain) file.explain(row, reasons);
    return sink.take({.score = score, .is_inlier = model.is_inlier(score), .reasons = reasons});
  };
  if (rows.size() == 1) {
    take(rows[0], model.score_row(rows[0]));
    return Done{};
  }
  std::vector<double> scores(std::min(rows.size(), kChunkRows));
  for (std::size_t begin = 0; begin < rows.size(); begin += kChunkRows) {
    const std::size_t count = std::min(kChunkRows, rows.size() - begin);
    const Eigen::Map<const forest::Matrix> chunk(rows.values().data() + begin * width,
                                                 static_cast<Eigen::Index>(count),
                                                 static_cast<Eigen::Index>(width));
    model.score(chunk, std::span(scores).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      if (!take(rows[begin + i], scores[i])) return Done{};
    }
  }
  return Done{};
}

Status predict_detector(const Detector& detector, const PredictionRequest& request,
                        PredictionSink& sink) {
  const DetectorSpec& spec = detector.spec();
  const Shape shape{.kind = "detector",
                    .name = spec.name,
                    .word = "feature",
                    .width = spec.features.size(),
                    .trees = spec.forest.trees};
  const auto names = [&] {
    std::vector<std::string> all;
    for (const FeatureSpec& feature : spec.features) all.push_back(feature.name);
    return all;
  };
  const auto checked = check_rows(request, shape, names, sink);
  PredictQuery query{.entity = request.entity, .time = request.time, .explain = request.explain};
  // What is wrong with entity, time or model is told before what is wrong with the rows.
  if (!checked) {
    const auto asked = detector.predict(query);
    return asked ? checked : Status(asked.error());
  }
  std::vector<std::vector<double>> chunk;
  for (std::size_t begin = 0; begin < request.rows.size(); begin += kChunkRows) {
    const std::size_t count = std::min(kChunkRows, request.rows.size() - begin);
    chunk.clear();
    for (std::size_t i = begin; i < begin + count; ++i) {
      chunk.emplace_back(request.rows[i].begin(), request.rows[i].end());
    }
    query.rows = chunk;
    const auto verdicts = detector.predict(query);
    if (!verdicts) {
      sink.row = begin;
      return verdicts.error();
    }
    for (const RowVerdict& verdict : *verdicts) {
      if (!sink.take({.score = verdict.score,
                      .is_inlier = verdict.score <= verdict.threshold,
                      .reasons = verdict.reasons})) {
        return Done{};
      }
    }
  }
  return Done{};
}

ModelInformation information_of_file(const ModelFile& file) {
  const forest::Model& model = file.model();
  return {.model = file.spec().name,
          .parameters = model.facts().parameters,
          .trees = file.tree_count(),
          .features = model.columns(),
          .threshold = model.threshold(),
          .rows = model.facts().rows,
          .preset = model.facts().preset,
          .origin = model.facts().origin,
          .file_bytes = file.file_bytes()};
}

forest::ParameterValue seed_value(std::uint64_t seed) {
  if (seed <= std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return static_cast<std::int64_t>(seed);
  return static_cast<double>(seed);
}

Result<ModelInformation> information_of_detector(const Detector& detector) {
  const DetectorSpec& spec = detector.spec();
  const auto model = detector.model();
  if (model == nullptr || model->entities.empty()) {
    return Error{ErrorKind::data, fmt::format("detector {} is not trained yet", spec.name),
                 "not_trained"};
  }
  DetectorInformation facts{.by = spec.by,
                            .sensitivity = spec.sensitivity,
                            .training_first = TimePoint::max(),
                            .training_last = TimePoint::min(),
                            .trained_at = model->trained_at,
                            .entities = model->entities.size()};
  for (const auto& [entity, entity_model] : model->entities) {
    facts.training_first = std::min(facts.training_first, entity_model->first);
    facts.training_last = std::max(facts.training_last, entity_model->last);
  }
  ModelInformation info;
  info.model = spec.name;
  info.parameters = {{"max_samples", static_cast<std::int64_t>(spec.forest.sample)},
                     {"random_state", seed_value(spec.forest.seed)}};
  info.trees = spec.forest.trees;
  info.features = model->features;
  info.threshold = median_threshold(*model, spec);
  info.rows = model->rows();
  info.detector = std::move(facts);
  return info;
}

}  // namespace

Status predict(const Snapshots& from, const PredictionRequest& request, PredictionSink& sink) {
  const auto found = find_model(from, request.model);
  if (!found) return found.error();
  sink.model = found->file ? found->file->spec().name : found->detector->spec().name;
  return found->file ? predict_file(*found->file, request, sink)
                     : predict_detector(*found->detector, request, sink);
}

Result<ModelInformation> information_of(const Snapshots& from, const std::string& name) {
  auto found = find_model(from, name);
  if (!found) return std::move(found).error();
  if (found->file) return information_of_file(*found->file);
  return information_of_detector(*found->detector);
}

}  // namespace exporter
