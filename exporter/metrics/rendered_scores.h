// RenderedScores: a batch of scores as it stands on /metrics, written down once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/detector/cycle.h"
#include "exporter/metrics/body_piece.h"

namespace exporter {

/// One family of results; all are gauges. Exactly one of of_entity, of_batch and of_feature is
/// given.
struct ResultFamily {
  std::string_view name;
  std::string_view help;  ///< without `"`, `\` and line feeds: the same in every format
  double (*of_entity)(const EntityScore&) = nullptr;     ///< a series per scored entity
  double (*of_missing)(const MissingEntity&) = nullptr;  ///< with of_entity: of missing ones too
  double (*of_batch)(const ScoreBatch&) = nullptr;       ///< one series of the detector
  /// A series per entity and feature, as limits allow; NaN: none.
  double (*of_feature)(const ScoreBatch&, std::size_t entity, std::size_t feature) = nullptr;
};

/// Returns every family, sorted by name.
std::span<const ResultFamily> result_families();

/// How many series one entity takes on /metrics beside those of its features, and at most with each
/// feature.
inline constexpr std::size_t kSeriesPerEntity = 7, kSeriesPerFeature = 3;

/// How many series a batch may take.
struct RenderLimits {
  std::size_t series = 100'000;        ///< all of them; entities come before their features
  std::size_t feature_series = 2'000;  ///< entities x features shown
};

/// The series of one batch, in both formats the same. Immutable, shared with the answers that are
/// being sent.
struct RenderedScores {
  std::vector<std::vector<BodyPiece>> families;  ///< [result_families()]; empty without series
  std::size_t duplicates = 0;  ///< entities left out, as another one's labels read the same
};

/// Writes a batch down: series in the order of their entities, `detector` and the entity's labels
/// sorted by name. Of entities whose labels read the same once written, the first stays. Features
/// are shown of all entities while the limits allow, else of the active ones, the highest severity
/// first. Beside the result it holds no more than a piece per family.
RenderedScores render_scores(std::string_view detector, const ScoreBatch& batch,
                             const RenderLimits& limits = {});

}  // namespace exporter
