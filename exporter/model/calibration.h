// Calibration: from the scores of an entity's history to its model.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "exporter/model/history_rows.h"
#include "exporter/model/trained_model.h"

namespace exporter {

/// Makes the model of an entity whose history a forest has scored.
/// @param rows    [history.present x columns] context rows
/// @param scores  [history.present] of the forest, each by trees that did not draw the row
/// @param kept    the rows that are usual: they make ranges and usual score. Alert rates are of all
///                rows: an alert in history is one, whatever it was
EntityModel calibrated(const DetectorSpec& spec, const HistoryRows& history, ContextModel context,
                       const forest::ConstMatrixRef& rows, std::vector<double> scores,
                       const std::vector<Eigen::Index>& kept,
                       std::shared_ptr<const forest::IsolationForest> forest);

}  // namespace exporter
