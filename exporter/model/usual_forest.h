// The forest of a detector, grown on what is usual in the history.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "exporter/config/config.h"
#include "forest/isolation_forest.h"

namespace exporter {

/// Tells whether a detector's entities are hosts rather than a few metrics.
bool is_wide(const DetectorSpec& spec);

/// Returns about how many bytes a forest takes, grown on enough rows.
std::size_t forest_bytes(const DetectorSpec& spec);

/// The share of rows that is left out of training, so that a past incident shall not become usual.
/// A host is in some incident more often than a single metric.
double trimmed_share(const DetectorSpec& spec);

/// Returns the rows that stay when the share of the highest scores goes, ascending; NaN scores
/// stay.
std::vector<Eigen::Index> usual_rows(std::span<const double> scores, double trimmed);

/// A forest and what it says of the rows that it was grown among.
struct UsualForest {
  std::shared_ptr<const forest::IsolationForest> forest;
  std::vector<Eigen::Index> kept;  ///< the rows that it was grown on, ascending
  std::vector<double> scores;      ///< [n] of all rows, each by trees that did not draw it
};

/// Grows a forest on rows but for those that a first, smaller one scores highest. It is
/// range-aware, with a quarter of the cuts where both sides are narrow, each tree on at most half
/// of the rows, so that every row has trees that have not seen it. Of a wide detector each cut is a
/// hyperplane of three columns, and trees grow until each row is alone.
/// @param rows  [n x columns], n at least 2
UsualForest grow_usual_forest(const DetectorSpec& spec, const forest::Matrix& rows);

}  // namespace exporter
