// What one cycle and one training did, as plain values for the exporter's own metrics.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/clock.h"
#include "forest/result.h"

namespace exporter {

/// One feature query of a cycle or a training.
struct QueryReport {
  std::string feature;
  double seconds = 0;
  std::size_t series = 0;
  std::size_t samples = 0;
  std::size_t warnings = 0;
  bool partial = false;
  std::optional<forest::Error> error;
};

/// One scoring cycle of a detector.
struct CycleReport {
  std::string detector;
  TimePoint at;        ///< the time that was scored
  TimePoint finished;  ///< wall clock
  double seconds = 0;
  std::vector<QueryReport> queries;
  std::optional<forest::Error> error;  ///< the cycle produced no batch
  std::size_t missed = 0;              ///< deadlines that passed unserved before this cycle
  std::size_t alerts_started = 0;      ///< entities that became active
  std::map<std::string, std::size_t>
      entities_skipped;  ///< reason -> entities left out: limit, no_model, no_data
  std::map<std::string_view, std::size_t> suppressed;  ///< reason -> rows over the threshold that
                                                       ///< are not detected; see Suppression
  std::map<std::string, std::size_t> values_dropped;   ///< feature -> values outside of its range
  std::size_t absences_started = 0;                    ///< entities that became absent
};

/// One training of a detector.
struct TrainingReport {
  std::string detector;
  TimePoint finished;
  double seconds = 0;
  std::vector<QueryReport> queries;
  std::optional<forest::Error> error;
  std::size_t entities = 0;    ///< models trained
  std::size_t rows = 0;        ///< rows they were trained on
  std::size_t model_rows = 0;  ///< rows of the model in force, all entities
  TimePoint trained_at;        ///< last full training of the model in force; the epoch before it
};

/// A model file written or read.
struct StateReport {
  std::string detector;
  bool save = false;  ///< false: load
  std::optional<forest::Error> error;
};

}  // namespace exporter
