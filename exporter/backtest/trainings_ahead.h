// TrainingsAhead: full trainings of times to come, run beside the replay that will need them.
#pragma once

#include <cstddef>
#include <future>
#include <map>
#include <optional>
#include <stop_token>

#include "exporter/detector/training.h"

namespace exporter {

/// A full training depends on the history alone, so that it may run before its time has come.
class TrainingsAhead {
 public:
  /// @param last     no training after it
  /// @param workers  trainings at a time; 0: each is run when it is taken
  TrainingsAhead(const DetectorSpec& spec, const LimitsConfig& limits, const SeriesSource& source,
                 TimePoint last, std::size_t workers);
  ~TrainingsAhead();
  TrainingsAhead(const TrainingsAhead&) = delete;
  TrainingsAhead& operator=(const TrainingsAhead&) = delete;

  /// Begins the trainings that follow one at `at`, as far as workers are free.
  void expect_after(TimePoint at);
  /// Returns what run_training() does; waits for a training that began.
  Result<TrainedModel> run(const TrainingPlan& plan, const TrainedModel* old, std::stop_token stop);

 private:
  Result<TrainedModel> train(const TrainingPlan& plan, const TrainedModel* old,
                             std::stop_token stop) const;

  const DetectorSpec& spec_;
  const LimitsConfig& limits_;
  const SeriesSource& source_;
  const TimePoint last_;
  const std::size_t workers_;
  std::stop_source stop_;
  std::map<TimePoint, std::future<Result<TrainedModel>>> running_;  ///< by TrainingPlan::last
};

}  // namespace exporter
