#include "exporter/backtest/replay.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "exporter/backtest/trainings_ahead.h"
#include "exporter/detector/training.h"
#include "exporter/detector/training_pace.h"

namespace exporter {
namespace {

TimePoint floor_to(TimePoint at, Duration step) {
  return TimePoint{at.time_since_epoch() / step * step};
}

void note_alert(const EntityScore& score, TimePoint at, bool goes_on, EntityTrack& track) {
  if (!goes_on) track.alerts.push_back({.start = at, .end = at, .severity = score.severity()});
  Alert& alert = track.alerts.back();
  alert.end = at;
  alert.severity = std::max(alert.severity, score.severity());
  if (alert.reasons.empty()) alert.reasons = score.contributions;
}

/// The state of a detector while past time goes by.
class Replay {
 public:
  Replay(const DetectorSpec& spec, const LimitsConfig& limits, const ReplayRange& range,
         const SeriesSource& source, std::size_t threads)
      : spec_(spec),
        limits_(limits),
        source_(source),
        pace_(spec.interval),
        trainings_(spec, limits, source, range.to, threads - 1) {
    out_.spec = spec;
    out_.range = range;
  }

  /// Trains what is due at a time, if anything.
  Status train(TimePoint at, std::stop_token stop);
  Status cycle(TimePoint at, std::stop_token stop);
  DetectorReplay take() &&;

 private:
  void keep(const ScoreBatch& batch);

  const DetectorSpec& spec_;
  const LimitsConfig& limits_;
  const SeriesSource& source_;
  TrainingPace<TimePoint> pace_;
  TrainingsAhead trainings_;
  std::shared_ptr<const TrainedModel> model_;
  LiveState live_;
  Explainers explainers_{kExplainerBytes};
  std::map<Labels, EntityTrack> tracks_;
  DetectorReplay out_;
};

Status Replay::train(TimePoint at, std::stop_token stop) {
  const auto plan = due_training(spec_, model_.get(), live_, at);
  if (!plan || !pace_.allows(at, plan->full)) return Done{};
  auto model = trainings_.run(*plan, model_.get(), stop);
  if (stop.stop_requested()) return Error{ErrorKind::upstream, "stopped", "canceled"};
  if (!model) {
    pace_.note_failure(at);
    ++out_.trainings_failed;
    out_.training_error = model.error().message;
    return Done{};
  }
  pace_.note_success(at);
  model_ = std::make_shared<const TrainedModel>(*std::move(model));
  note_training(*plan, live_);
  ++out_.trainings;
  if (plan->full) trainings_.expect_after(at);
  return Done{};
}

void Replay::keep(const ScoreBatch& batch) {
  const auto active = std::ranges::count_if(batch.scores, &EntityScore::active);
  out_.steps.push_back({.at = batch.at,
                        .entities = batch.entities,
                        .active = static_cast<std::size_t>(active),
                        .absent = batch.absent});
  for (std::size_t i = 0; i < batch.scores.size(); ++i) {
    const EntityScore& score = batch.scores[i];
    EntityTrack& track = tracks_[score.entity];
    const bool goes_on = !track.points.empty() && track.points.back().active;
    if (score.active) note_alert(score, batch.at, goes_on, track);
    track.points.push_back({.at = batch.at,
                            .score = score.score,
                            .threshold = score.threshold,
                            .coverage = static_cast<float>(score.coverage),
                            .ready = score.ready,
                            .detected = score.detected,
                            .active = score.active});
    const auto row = static_cast<Eigen::Index>(i);
    for (Eigen::Index f = 0; f < batch.values.cols(); ++f) {
      track.values.push_back(static_cast<float>(batch.values(row, f)));
      track.expected.push_back(static_cast<float>(batch.expected(row, f)));
    }
  }
}

Status Replay::cycle(TimePoint at, std::stop_token stop) {
  CycleReport report;
  const auto batch =
      run_cycle(spec_, limits_, model_.get(), live_, source_, at, stop, report, &explainers_);
  if (batch) {
    keep(*batch);
    out_.absences += report.absences_started;
    return Done{};
  }
  if (batch.error().label() != "no_data") return batch.error();
  ++out_.steps_without_data;
  return Done{};
}

DetectorReplay Replay::take() && {
  for (auto& [entity, track] : tracks_) {
    track.entity = entity;
    out_.tracks.push_back(std::move(track));
  }
  return std::move(out_);
}

}  // namespace

double ScoredPoint::severity() const {
  return EntityScore{.entity = {}, .score = score, .threshold = threshold}.severity();
}

ReplayRange replay_range(const DetectorSpec& spec, TimePoint from, TimePoint to) {
  return {floor_to(from + spec.interval - Duration{1}, spec.interval), floor_to(to, spec.interval)};
}

TimeGrid replay_grid(const DetectorSpec& spec, const ReplayRange& range) {
  // One step more each for the training before the first cycle and for rounding down.
  const Duration before =
      std::max(spec.history, spec.interval * static_cast<Duration::rep>(kContextWindow)) +
      2 * spec.interval;
  return TimeGrid::range(floor_to(range.from - before, spec.interval), range.to, spec.interval);
}

std::vector<std::string> replay_queries(const DetectorSpec& spec) {
  std::vector<std::string> queries;
  for (const FeatureSpec& feature : spec.features) queries.push_back(feature.query);
  if (!spec.presence.empty()) queries.push_back(spec.presence);
  return queries;
}

Result<DetectorReplay> replay(const DetectorSpec& spec, const LimitsConfig& limits,
                              const ReplayRange& range, const SeriesSource& source,
                              std::size_t threads, std::stop_token stop,
                              const std::function<void(std::size_t)>& progress) {
  Replay replay(spec, limits, range, source, threads);
  if (auto trained = replay.train(range.from - spec.interval, stop); !trained) {
    return std::move(trained).error();
  }
  std::size_t done = 0;
  for (TimePoint at = range.from; at <= range.to; at += spec.interval) {
    if (stop.stop_requested()) return Error{ErrorKind::upstream, "stopped", "canceled"};
    if (auto scored = replay.cycle(at, stop); !scored) return std::move(scored).error();
    if (auto trained = replay.train(at, stop); !trained) return std::move(trained).error();
    if (progress) progress(++done);
  }
  return std::move(replay).take();
}

}  // namespace exporter
