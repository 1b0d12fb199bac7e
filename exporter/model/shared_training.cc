#include "exporter/model/shared_training.h"

#include <algorithm>
#include <random>
#include <utility>

#include "exporter/model/calibration.h"
#include "exporter/model/usual_forest.h"

namespace exporter {
namespace {

using ForestPointer = std::shared_ptr<const forest::IsolationForest>;

// An entity while it is trained: what of it went into the forest, and what the forest says of that.
struct Member {
  HistoryRows history;
  ContextModel context;
  std::vector<Eigen::Index> drawn = {};  // rows of `history.present` in the pool, ascending
  std::vector<double> unseen = {};       // [drawn] scores by trees that did not draw them
};

// The columns that all entities have.
Eigen::Index common_columns(const ContextModel& context) {
  return static_cast<Eigen::Index>(context.columns.size() - context.relation.size());
}

// One row out of each of `count` stretches of equal length, at a random place: all hours of the day
// come in, whatever the length.
std::vector<Eigen::Index> spread_draw(std::size_t rows, std::size_t count,
                                      std::mt19937_64& random) {
  count = std::min(count, rows);
  std::vector<Eigen::Index> drawn;
  drawn.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * rows / count;
    const std::size_t length = (i + 1) * rows / count - begin;
    drawn.push_back(static_cast<Eigen::Index>(begin + random() % length));
  }
  return drawn;
}

// Rows of all members, one after the other.
forest::Matrix draw_pool(const DetectorSpec& spec, std::vector<Member>& members,
                         std::stop_token stop) {
  std::mt19937_64 random(spec.forest.seed);
  const std::size_t share = std::max<std::size_t>(1, kSharedRows / members.size());
  std::size_t rows = 0;
  for (Member& member : members) {
    member.drawn = spread_draw(member.history.present.size(), share, random);
    rows += member.drawn.size();
  }
  forest::Matrix pool(static_cast<Eigen::Index>(rows), common_columns(members.front().context));
  Eigen::Index next = 0;
  for (const Member& member : members) {
    if (stop.stop_requested()) break;
    const forest::Matrix all = context_rows_of(member.context, member.history);
    for (const Eigen::Index row : member.drawn) pool.row(next++) = all.row(row).head(pool.cols());
  }
  return pool;
}

// Grows the forest on the usual rows of the pool, and notes what it says of each row drawn.
ForestPointer grow(const DetectorSpec& spec, std::vector<Member>& members, std::stop_token stop) {
  const forest::Matrix pool = draw_pool(spec, members, stop);
  if (stop.stop_requested()) return nullptr;
  UsualForest grown = grow_usual_forest(spec, pool);
  auto next = grown.scores.cbegin();
  for (Member& member : members) {
    const auto end = next + static_cast<std::ptrdiff_t>(member.drawn.size());
    member.unseen.assign(next, end);
    next = end;
  }
  return std::move(grown.forest);
}

EntityModel calibrate(const DetectorSpec& spec, Member member, const ForestPointer& forest) {
  const forest::Matrix rows = context_rows_of(member.context, member.history);
  std::vector<double> scores(static_cast<std::size_t>(rows.rows()));
  const forest::Matrix common = rows.leftCols(common_columns(member.context));
  forest->score(common, scores);
  for (std::size_t i = 0; i < member.drawn.size(); ++i) {
    scores[static_cast<std::size_t>(member.drawn[i])] = member.unseen[i];
  }
  const auto kept = usual_rows(scores, trimmed_share(spec));
  return calibrated(spec, member.history, std::move(member.context), rows, std::move(scores), kept,
                    forest);
}

}  // namespace

std::vector<std::optional<EntityModel>> train_shared(
    const DetectorSpec& spec, const TimeGrid& grid,
    std::span<const forest::ConstMatrixRef> histories, ForestPointer forest, std::stop_token stop) {
  std::vector<std::optional<EntityModel>> models(histories.size());
  std::vector<Member> members;
  std::vector<std::size_t> places;  // of the members in `histories`
  for (std::size_t e = 0; e < histories.size() && !stop.stop_requested(); ++e) {
    auto history = history_rows(grid, histories[e]);
    if (!history) continue;
    ContextModel context =
        fit_context(history->grid, history->raw, spec.season, ColumnLayout::common, spec.calendar);
    members.push_back({.history = *std::move(history), .context = std::move(context)});
    places.push_back(e);
  }
  if (members.empty()) return models;
  if (forest == nullptr) forest = grow(spec, members, stop);
  for (std::size_t m = 0; m < members.size() && !stop.stop_requested(); ++m) {
    models[places[m]] = calibrate(spec, std::move(members[m]), forest);
  }
  return models;
}

}  // namespace exporter
