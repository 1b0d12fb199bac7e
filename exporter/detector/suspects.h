// Suspects: the rows of one cycle that people may ask about, until they are explained.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "exporter/detector/cycle.h"

namespace exporter {

/// What a row is judged and explained against.
struct RowContext {
  std::shared_ptr<const EntityModel> model;
  forest::Matrix window;  ///< as score_row() takes it
};

/// Returns the largest shares above 0, largest first, at most kTopContributions.
std::vector<TopContribution> top_of(std::span<const double> shares);

/// Gathers rows of a batch, and explains those of the highest severity: at most kExplainedPerCycle.
class Suspects {
 public:
  void add(std::size_t row, RowContext context, const ScoreBatch& batch);
  /// Writes the contributions of the rows into the batch.
  void explain(ScoreBatch& batch, Explainers& explainers);

 private:
  struct Suspect {
    std::size_t row = 0;
    RowContext context;
  };
  void keep_worst(const ScoreBatch& batch);

  std::vector<Suspect> rows_;
};

}  // namespace exporter
