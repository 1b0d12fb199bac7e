#include "exporter/model/history_rows.h"

namespace exporter {

std::optional<HistoryRows> history_rows(const TimeGrid& grid, const forest::ConstMatrixRef& raw) {
  std::vector<Eigen::Index> present;
  for (Eigen::Index i = 0; i < raw.rows(); ++i) {
    if (raw.row(i).array().isFinite().any()) present.push_back(i);
  }
  if (present.size() < kMinTrainingRows) return std::nullopt;
  const Eigen::Index first = present.front();
  const Eigen::Index size = present.back() - first + 1;
  for (Eigen::Index& row : present) row -= first;
  return HistoryRows{
      .grid = {grid.at(static_cast<std::size_t>(first)), grid.step, static_cast<std::size_t>(size)},
      .raw = raw.middleRows(first, size),
      .present = std::move(present)};
}

forest::Matrix context_rows_of(const ContextModel& context, const HistoryRows& history) {
  return rows_of(context_rows(context, history.grid, history.raw), history.present);
}

forest::Matrix rows_of(const forest::ConstMatrixRef& all, const std::vector<Eigen::Index>& chosen) {
  forest::Matrix rows(static_cast<Eigen::Index>(chosen.size()), all.cols());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    rows.row(static_cast<Eigen::Index>(i)) = all.row(chosen[i]);
  }
  return rows;
}

}  // namespace exporter
