// The outcome of a backtest in short: for programs as JSON, for people as a table.
#pragma once

#include <string>
#include <vector>

#include "exporter/backtest/judgement.h"

namespace exporter {

/// One detector of a backtest, as every output tells it.
struct DetectorOutcome {
  DetectorReplay replay;
  std::vector<Incident> incidents;
  Judgement judgement;
  std::vector<std::string> files;  ///< [tracks] names of the CSV files
};

/// Returns the figures, notifications with their reasons, incidents and entities as JSON; times in
/// unix seconds.
std::string summary_json(const std::vector<DetectorOutcome>& outcomes);

/// Returns a line per detector: entities, alerts a day beside the budget, and, where incidents are
/// known, hits, misses and false alerts; below it what deserves a word.
std::string summary_table(const std::vector<DetectorOutcome>& outcomes);

/// Returns `db-1, node`: the entity's label values in the order of `by`.
std::string entity_text(const DetectorSpec& spec, const Labels& entity);

/// Returns features and shares: `cpu 62%, load 30%`, the largest first.
std::string reasons_text(const DetectorSpec& spec, const std::vector<TopContribution>& reasons);

/// Returns sentences on what was out of order: trainings that failed, steps without data, entities
/// that never became ready. Empty when nothing was.
std::vector<std::string> remarks(const DetectorOutcome& outcome);

}  // namespace exporter
