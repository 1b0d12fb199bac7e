// train_entity: the history of one entity -> a model with a forest of its own.
#pragma once

#include <optional>

#include "exporter/model/trained_model.h"

namespace exporter {

/// Trains context, forest and usual score. The rows that a first, smaller forest scores highest are
/// left out of the second. @param raw  [grid.size x features], NaN for a gap
/// @return  nothing when fewer than kMinTrainingRows rows have a value
std::optional<EntityModel> train_entity(const DetectorSpec& spec, const TimeGrid& grid,
                                        const forest::ConstMatrixRef& raw);

}  // namespace exporter
