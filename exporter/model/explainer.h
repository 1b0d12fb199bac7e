// Explainer: which features of an entity make a row anomalous, and what they usually are.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "exporter/model/trained_model.h"
#include "forest/contributions.h"

namespace exporter {

/// Splits the anomaly of rows of one entity among its features. Immutable; const calls are safe
/// from any thread.
///
/// The score 2^(-(1 - p) E[h] / c(n)) of score_row() falls short of an average path, E[h] = c(n),
/// for two reasons: by 1 - E[h] / c(n) as the forest's paths are short, which forest::Contributions
/// splits among the context columns, and by p E[h] / c(n) as the walk may end at the root, which is
/// split by p / (1 - p) among the constant features that moved. Columns go to their feature; a
/// relation's go to the features that push it away from zero, by how much: weight times the
/// distance to what the feature was lately. Ours; parts as in the sources named there.
class Explainer {
 public:
  /// Builds the tables of forest::Contributions.
  explicit Explainer(std::shared_ptr<const EntityModel> model);
  /// @param tables  of the model's forest
  Explainer(std::shared_ptr<const EntityModel> model,
            std::shared_ptr<const forest::Contributions> tables)
      : model_(std::move(model)), tables_(std::move(tables)) {}

  const EntityModel& model() const { return *model_; }
  const forest::Contributions& tables() const { return *tables_; }
  /// Writes each feature's share: none is negative, they sum to 1, or all are 0 when nothing
  /// shortens the row's paths. The row is given as to score_row().
  /// @param out  [features]
  void shares(TimePoint at, const forest::ConstMatrixRef& window, std::span<const double> raw,
              std::span<double> out) const;

 private:
  std::shared_ptr<const EntityModel> model_;
  std::shared_ptr<const forest::Contributions> tables_;
};

/// Keeps the tables of the forests that were asked for last, up to a number of bytes (one is always
/// kept): building them costs far more than a row. Safe from any thread.
class Explainers {
 public:
  explicit Explainers(std::size_t bytes) : limit_(bytes) {}

  /// Returns the explainer of a model.
  Explainer get(std::shared_ptr<const EntityModel> model);
  /// Bytes of what is kept.
  std::size_t memory_bytes() const;

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  struct Entry {
    std::shared_ptr<const forest::IsolationForest> forest;
    std::shared_ptr<const forest::Contributions> tables;
  };
  std::list<Entry> latest_;  ///< most recently used first
  std::size_t bytes_ = 0;
};

}  // namespace exporter
