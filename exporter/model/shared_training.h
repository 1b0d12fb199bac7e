// train_shared: the histories of many entities -> models around one forest.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "exporter/model/trained_model.h"

namespace exporter {

/// Rows that one forest is grown on at most, all entities together, an equal share each.
inline constexpr std::size_t kSharedRows = 131'072;

/// Trains entities whose rows, each normalised by its entity's own history, go into one forest:
/// memory does not grow with a forest for each, and an entity that comes later is scored beside
/// those that were there. Seasons, ranges, usual score and alert rates stay its own.
/// @param histories  [entities] of [grid.size x features] each, NaN for a gap
/// @param forest     to calibrate against; null: one is grown on these histories
/// @return           [entities]; nothing for those with fewer than kMinTrainingRows rows, and, once
///                   stopped, for the others
std::vector<std::optional<EntityModel>> train_shared(
    const DetectorSpec& spec, const TimeGrid& grid,
    std::span<const forest::ConstMatrixRef> histories,
    std::shared_ptr<const forest::IsolationForest> forest, std::stop_token stop);

}  // namespace exporter
