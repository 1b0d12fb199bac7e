// ResultLabels: the label set of an entity's results, as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/promql/series.h"

namespace exporter {

/// Writes the labels of one entity after the other: `detector`, then the entity's, sorted by name.
/// A source label that collides with one of ours, or means something to Prometheus (`le`,
/// `quantile`, `__...`), becomes `exported_...`; `job` and `instance` are written empty when the
/// entity has none, since under honor_labels a missing one would become the exporter's own. Names
/// outside [a-zA-Z_][a-zA-Z0-9_]* get underscores; of labels with equal names the first stays. The
/// text of the last entity lives until the next write().
class ResultLabels {
 public:
  explicit ResultLabels(std::string_view detector);

  /// Returns `detector="node"`.
  const std::string& detector() const { return detector_; }

  void write(const Labels& entity);
  /// Returns `detector="node",instance="a",job=""`.
  std::string_view text() const { return text_; }
  /// Returns where in the text a `feature="...",` belongs.
  std::size_t feature_at() const { return feature_at_; }
  /// Tells whether another entity could have got the same text.
  bool ambiguous() const { return ambiguous_; }

 private:
  // What stands before a value, and where the value comes from.
  struct Part {
    std::string name;
    std::size_t source;
  };
  bool same_names(const Labels& entity) const;
  void plan(const Labels& entity);

  const std::string detector_;
  bool planned_ = false;
  std::vector<std::string> names_;  // of the entity that the parts were made for
  std::vector<Part> parts_;
  bool renamed_ = false;

  std::string text_;
  std::size_t feature_at_ = 0;
  bool ambiguous_ = false;
};

}  // namespace exporter
