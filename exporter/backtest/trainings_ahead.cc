#include "exporter/backtest/trainings_ahead.h"

#include <utility>

namespace exporter {

TrainingsAhead::TrainingsAhead(const DetectorSpec& spec, const LimitsConfig& limits,
                               const SeriesSource& source, TimePoint last, std::size_t workers)
    : spec_(spec), limits_(limits), source_(source), last_(last), workers_(workers) {}

TrainingsAhead::~TrainingsAhead() { stop_.request_stop(); }  // a future waits as it dies

Result<TrainedModel> TrainingsAhead::train(const TrainingPlan& plan, const TrainedModel* old,
                                           std::stop_token stop) const {
  TrainingReport report;
  return run_training(spec_, limits_, plan, old, source_, stop, report);
}

void TrainingsAhead::expect_after(TimePoint at) {
  running_.erase(running_.begin(), running_.upper_bound(at));
  const Duration steps = (spec_.retrain + spec_.interval - Duration{1}) / spec_.interval *
                         spec_.interval;  // due at the first point of the grid
  for (TimePoint next = at + steps; running_.size() < workers_ && next <= last_; next += steps) {
    if (running_.contains(next)) continue;
    const auto plan = due_training(spec_, nullptr, {}, next);
    running_.emplace(next, std::async(std::launch::async, [this, plan, stop = stop_.get_token()] {
                       return train(*plan, nullptr, stop);
                     }));
  }
}

Result<TrainedModel> TrainingsAhead::run(const TrainingPlan& plan, const TrainedModel* old,
                                         std::stop_token stop) {
  const auto found = plan.full ? running_.find(plan.last) : running_.end();
  if (found == running_.end()) return train(plan, old, stop);
  const std::stop_callback forward(stop, [this] { stop_.request_stop(); });
  auto model = found->second.get();
  running_.erase(found);
  // Whether an empty model replaces the old one is for run_training() to say.
  if (model && model->entities.empty()) return train(plan, old, stop);
  return model;
}

}  // namespace exporter
