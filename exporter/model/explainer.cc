#include "exporter/model/explainer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace exporter {
namespace {

// A separation that rounds to 1 would have all of it.
constexpr double kSurest = 1 - 0x1.0p-30;

void normalise(std::span<double> parts) {
  double sum = 0;
  for (const double part : parts) sum += part;
  if (!(sum > 0)) return;
  for (double& part : parts) part /= sum;
}

// Where a feature was lately, in usual deviations from its expectation; 0, the expectation, without
// enough of a past.
double recent_level(const forest::ConstMatrixRef& window, std::size_t feature) {
  constexpr std::size_t kEnough = 6;
  std::vector<double> levels;
  for (Eigen::Index i = 0; i < window.rows(); ++i) {
    const double level = window(i, static_cast<Eigen::Index>(feature));
    if (std::isfinite(level)) levels.push_back(level);
  }
  return levels.size() < kEnough ? 0 : median_in_place(levels);
}

// What explains one row: its context columns, and how far each feature is from where it was lately.
struct Row {
  std::vector<double> columns;  // [columns]
  std::vector<double> moved;    // [features], in units of the relation's scale; NaN: missing
};

Row read_row(const ContextModel& context, TimePoint at, const forest::ConstMatrixRef& window,
             bool adjacent, std::span<const double> raw) {
  Row row;
  std::vector<double> levels(raw.size());
  row.columns.resize(context.columns.size());
  context.levels(at, raw, levels);
  context.fill(window, adjacent, levels, raw, row.columns);
  if (context.relation.size() == 0) return row;
  for (std::size_t f = 0; f < raw.size(); ++f) {
    const double deviations = levels[f] - recent_level(window, f);
    row.moved.push_back(deviations * context.season[f].usual_deviation(at) /
                        context.relation.scale[f]);
  }
  return row;
}

// Gives a relation's part to the features that push it to the side where it is.
void blame_relation(const Relation& relation, std::size_t component, double value,
                    std::span<const double> moved, double part, std::span<double> out) {
  const double side = value < 0 ? -1 : 1;
  const auto push = [&](std::size_t f) {
    const double weight =
        relation.weights(static_cast<Eigen::Index>(component), static_cast<Eigen::Index>(f));
    const double by = side * weight * moved[f];
    return std::isfinite(by) ? std::max(0.0, by) : 0.0;
  };
  double sum = 0;
  for (std::size_t f = 0; f < moved.size(); ++f) sum += push(f);
  if (!(sum > 0)) return;
  for (std::size_t f = 0; f < moved.size(); ++f) out[f] += part * push(f) / sum;
}

}  // namespace

Explainer::Explainer(std::shared_ptr<const EntityModel> model)
    : model_(std::move(model)), forest_(model_->forest) {}

void Explainer::shares(TimePoint at, const forest::ConstMatrixRef& window, bool adjacent,
                       std::span<const double> raw, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  const ContextModel& context = model_->context;
  const Row row = read_row(context, at, window, adjacent, raw);

  std::vector<double> parts(row.columns.size());
  forest_.of(row.columns, parts);
  const double length = -std::log2(model_->forest.score_row(row.columns));  // E[h] / c(n)
  const double shorter = std::max(0.0, 1 - length);
  std::vector<double> odds(row.columns.size());
  double surest = 0;
  for (std::size_t c = 0; c < odds.size(); ++c) {
    const double p = std::min(model_->ranges[c].separation(row.columns[c]), kSurest);
    odds[c] = p / (1 - p);
    surest = std::max(surest, p);
  }
  normalise(odds);
  for (std::size_t c = 0; c < parts.size(); ++c) {
    const double part = shorter * parts[c] + surest * length * odds[c];
    const ContextColumn& column = context.columns[c];
    if (column.kind == ContextKind::relation) {
      blame_relation(context.relation, column.feature, row.columns[c], row.moved, part, out);
    } else {
      out[column.feature] += part;
    }
  }
  normalise(out);
}

std::size_t Explainer::memory_bytes() const {
  return sizeof(*this) - sizeof(forest_) + forest_.memory_bytes();
}

std::shared_ptr<const Explainer> Explainers::get(std::shared_ptr<const EntityModel> model) {
  const EntityModel* const wanted = model.get();
  const auto find = [&] {
    return std::ranges::find_if(latest_, [&](const auto& e) { return &e->model() == wanted; });
  };
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = find(); found != latest_.end()) {
      latest_.splice(latest_.begin(), latest_, found);
      return latest_.front();
    }
  }
  auto made = std::make_shared<const Explainer>(std::move(model));
  std::list<std::shared_ptr<const Explainer>> dropped;  // dies after the lock
  const std::lock_guard lock(mutex_);
  if (const auto found = find(); found != latest_.end()) return *found;
  latest_.push_front(made);
  bytes_ += made->memory_bytes();
  while (bytes_ > limit_ && latest_.size() > 1) {
    bytes_ -= latest_.back()->memory_bytes();
    dropped.splice(dropped.begin(), latest_, std::prev(latest_.end()));
  }
  return made;
}

std::size_t Explainers::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace exporter
