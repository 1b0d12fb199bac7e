#include "exporter/model/entity_training.h"

#include <utility>

#include "exporter/model/calibration.h"
#include "exporter/model/usual_forest.h"

namespace exporter {

std::optional<EntityModel> train_entity(const DetectorSpec& spec, const TimeGrid& grid,
                                        const forest::ConstMatrixRef& raw) {
  const auto history = history_rows(grid, raw);
  if (!history) return std::nullopt;
  ContextModel context =
      fit_context(history->grid, history->raw, spec.season, ColumnLayout::own, spec.calendar);
  const forest::Matrix rows = context_rows_of(context, *history);
  UsualForest grown = grow_usual_forest(spec, rows);
  return calibrated(spec, *history, std::move(context), rows, std::move(grown.scores), grown.kept,
                    std::move(grown.forest));
}

}  // namespace exporter
