// Detector: one entry of config.yaml at work: its spec, published model and latest batch.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "exporter/clock.h"
#include "exporter/config/config.h"
#include "exporter/detector/cycle.h"
#include "exporter/detector/history.h"
#include "exporter/detector/live.h"
#include "exporter/detector/published.h"
#include "exporter/detector/report.h"
#include "exporter/detector/training.h"
#include "exporter/detector/training_pace.h"
#include "exporter/model/feature_reason.h"
#include "exporter/model/trained_model.h"
#include "exporter/promql/source.h"
#include "exporter/state/store.h"

namespace exporter {

/// Where reports go; each may be empty. Called from worker threads.
struct Observer {
  /// Writes a batch down for /metrics before it is published.
  std::function<std::shared_ptr<const RenderedScores>(const ScoreBatch&)> render = {};
  std::function<void(const CycleReport&)> cycle;
  std::function<void(const TrainingReport&)> training;
  std::function<void(const StateReport&)> state;
};

/// Asks what raw feature vectors would score.
struct PredictQuery {
  std::optional<Labels> entity = {};   ///< may be left out when the model has exactly one
  std::optional<TimePoint> time = {};  ///< default: the newest complete time
  bool explain = false;
  std::span<const std::vector<double>> rows = {};  ///< in config order, NaN for a missing feature
};

/// The answer for one row.
struct RowVerdict {
  double score = 0;
  double threshold = 1;                     ///< the row is an outlier when score > threshold
  std::vector<FeatureReason> reasons = {};  ///< with `explain`: every feature, in config order
};

/// One cycle in short.
struct CycleSummary {
  TimePoint at;        ///< the time that was scored
  TimePoint finished;  ///< wall clock
  double seconds = 0;
  std::string error;  ///< "" when it gave a batch
};

/// What the people see of a detector as a whole.
enum class DetectorState { warming, ready, stale };
std::string_view to_string(DetectorState state);

/// Runs the cycles and trainings of one detector. cycle() is called by one worker at a time,
/// train() by the trainer; every other function is safe from any thread.
class Detector {
 public:
  Detector(DetectorSpec spec, LimitsConfig limits, Duration query_offset,
           std::shared_ptr<const SeriesSource> source, const Store& store, const Clock& clock,
           Observer observer);

  const DetectorSpec& spec() const { return spec_; }
  /// Takes over model and live state of a detector whose model is still valid for this spec.
  void inherit(const Detector& old);
  /// Reads model and live state from the store; a bad file is set aside and reported.
  void restore();
  /// Writes the live state.
  void save_live() const;

  /// Scores the newest complete time and publishes the batch. @param missed deadlines passed over
  /// before this one
  void cycle(std::size_t missed, std::stop_token stop);
  /// Trains what is due, if anything; publishes and saves the model.
  void train(std::stop_token stop);

  std::shared_ptr<const TrainedModel> model() const { return model_.get(); }
  /// Returns the latest batch, or null when it is older than max(2 intervals, 5 min).
  std::shared_ptr<const ScoreBatch> batch() const;
  /// What the last cycles found.
  const History& history() const { return history_; }
  DetectorState state() const;
  /// What became of the last cycle, failed or not; nothing before the first.
  std::optional<CycleSummary> last_cycle() const;
  /// True once a cycle was tried.
  bool attempted() const;

  /// Scores raw feature vectors as if each were this entity's row at that time: the context is what
  /// is kept of its rows before it. Errors: data (not_trained), request (entity_required,
  /// entity_not_found, length, and time when nothing is kept before it or it lies ahead).
  Result<std::vector<RowVerdict>> predict(const PredictQuery& query) const;

 private:
  /// Returns what is kept of an entity. Errors: request, when `time` is outside of it.
  Result<RecentRows> recent_of(const Labels& entity, const std::optional<TimePoint>& time) const;
  std::optional<TrainingPlan> plan_training() const;
  std::optional<Error> publish_model(std::span<const std::byte> bytes);
  Result<std::vector<std::byte>> train_to_bytes(const TrainingPlan& plan, std::stop_token stop,
                                                TrainingReport& report) const;
  void save(const std::string& name, std::span<const std::byte> bytes) const;

  const DetectorSpec spec_;
  const LimitsConfig limits_;
  const Duration query_offset_;
  const std::shared_ptr<const SeriesSource> source_;
  const Store& store_;
  const Clock& clock_;
  const Observer observer_;

  Published<TrainedModel> model_;
  Published<ScoreBatch> batch_;
  History history_;
  mutable Explainers explainers_{kExplainerBytes};

  std::mutex live_writer_;    ///< held by the one who changes live_, for the whole of its work
  mutable std::mutex mutex_;  ///< guards what follows; held for copies and changes only
  LiveState live_;
  bool attempted_ = false;
  std::optional<CycleSummary> last_cycle_;
  TrainingPace<SteadyPoint> pace_{spec_.interval};

  std::string last_cycle_error_, last_presence_error_,
      last_training_error_;  ///< each used by one thread at a time
};

}  // namespace exporter
