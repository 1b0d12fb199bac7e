#include "exporter/backtest/openmetrics.h"

#include <cmath>
#include <string>
#include <string_view>

#include "exporter/metrics/exposition.h"
#include "exporter/metrics/label_text.h"
#include "exporter/metrics/rendered_scores.h"
#include "exporter/metrics/result_labels.h"

namespace exporter {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

/// Gathers lines and hands them on in chunks; after an error it takes no more.
class Lines {
 public:
  explicit Lines(const TextSink& sink) : sink_(sink) {}

  std::string& text() { return text_; }
  void sample(std::string_view name, std::string_view labels, double value, TimePoint at) {
    text_.append(name).append("{").append(labels).append("} ");
    append_number(text_, value);
    text_ += ' ';
    append_number(text_, to_seconds(at));
    text_ += '\n';
    if (text_.size() >= kChunkBytes) flush();
  }
  Status finish() && {
    flush();
    return status_;
  }

 private:
  void flush() {
    if (status_) status_ = sink_(text_);
    text_.clear();
  }
  const TextSink& sink_;
  std::string text_;
  Status status_ = Done{};
};

/// A point as the families of /metrics read it: a batch of one entity.
ScoreBatch batch_of(const DetectorReplay& replay, const EntityTrack& track, std::size_t index) {
  const ScoredPoint& point = track.points[index];
  ScoreBatch batch{.at = point.at, .finished = point.at, .scores = {}};
  batch.scores.push_back({.entity = track.entity,
                          .score = point.score,
                          .threshold = point.threshold,
                          .coverage = point.coverage,
                          .ready = point.ready,
                          .detected = point.detected,
                          .active = point.active});
  const std::size_t features = replay.spec.features.size();
  batch.values.resize(1, static_cast<Eigen::Index>(features));
  batch.expected.resize(1, static_cast<Eigen::Index>(features));
  for (std::size_t f = 0; f < features; ++f) {
    const auto column = static_cast<Eigen::Index>(f);
    batch.values(0, column) = static_cast<double>(track.values[index * features + f]);
    batch.expected(0, column) = static_cast<double>(track.expected[index * features + f]);
  }
  return batch;
}

ScoreBatch batch_of(const StepCounts& step) {
  ScoreBatch batch{.at = step.at, .finished = step.at, .scores = {}};
  batch.entities = step.entities;
  batch.absent = step.absent;
  EntityScore active;
  active.active = true;
  batch.scores.assign(step.active, active);
  return batch;
}

void write_feature(const ResultFamily& family, const DetectorReplay& replay,
                   const EntityTrack& track, const ResultLabels& labels, std::size_t feature,
                   Lines& lines) {
  std::string name = "feature=\"";
  append_escaped(name, replay.spec.features[feature].name, true);
  std::string text(labels.text());
  text.insert(labels.feature_at(), name + "\",");
  for (std::size_t i = 0; i < track.points.size(); ++i) {
    const double value = family.of_feature(batch_of(replay, track, i), 0, feature);
    if (!std::isnan(value)) lines.sample(family.name, text, value, track.points[i].at);
  }
}

void write_track(const ResultFamily& family, const DetectorReplay& replay, const EntityTrack& track,
                 const ResultLabels& labels, Lines& lines) {
  for (std::size_t i = 0; i < track.points.size(); ++i) {
    lines.sample(family.name, labels.text(),
                 family.of_entity(batch_of(replay, track, i).scores.front()), track.points[i].at);
  }
}

void write_detector(const ResultFamily& family, const DetectorReplay& replay,
                    std::size_t feature_series, Lines& lines) {
  ResultLabels labels(replay.spec.name);
  if (family.of_batch != nullptr) {
    for (const StepCounts& step : replay.steps) {
      lines.sample(family.name, labels.detector(), family.of_batch(batch_of(step)), step.at);
    }
    return;
  }
  const std::size_t features = replay.spec.features.size();
  const bool shown = replay.tracks.size() * features <= feature_series;
  for (const EntityTrack& track : replay.tracks) {
    labels.write(track.entity);
    if (family.of_entity != nullptr) write_track(family, replay, track, labels, lines);
    for (std::size_t f = 0; family.of_feature != nullptr && shown && f < features; ++f) {
      write_feature(family, replay, track, labels, f, lines);
    }
  }
}

}  // namespace

Status write_openmetrics(const std::vector<const DetectorReplay*>& replays,
                         std::size_t feature_series, const TextSink& sink) {
  Lines lines(sink);
  for (const ResultFamily& family : result_families()) {
    append_header(lines.text(), family.name, "gauge", family.help, ExpositionFormat::openmetrics);
    for (const DetectorReplay* replay : replays) {
      write_detector(family, *replay, feature_series, lines);
    }
  }
  lines.text() += kEndOfMetrics;
  return std::move(lines).finish();
}

}  // namespace exporter
