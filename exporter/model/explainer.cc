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

// Where a feature was lately; its usual level without enough of a past.
double recent_level(const ContextModel& context, const forest::ConstMatrixRef& window,
                    std::size_t feature) {
  constexpr Eigen::Index kLately = 24;
  constexpr std::size_t kEnough = 6;
  const auto rows = std::min(kLately, window.rows());
  std::vector<double> values;
  for (Eigen::Index i = window.rows() - rows; i < window.rows(); ++i) {
    const double value = window(i, static_cast<Eigen::Index>(feature));
    if (std::isfinite(value)) values.push_back(value);
  }
  return values.size() < kEnough ? context.season[feature].level : median_in_place(values);
}

// How far each feature is from where it was lately, in units of the relation's scale; NaN: missing.
std::vector<double> moves(const ContextModel& context, const forest::ConstMatrixRef& window,
                          std::span<const double> raw) {
  std::vector<double> moved;
  if (context.relation.size() == 0) return moved;
  for (std::size_t f = 0; f < raw.size(); ++f) {
    moved.push_back((raw[f] - recent_level(context, window, f)) / context.relation.scale[f]);
  }
  return moved;
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
    : model_(std::move(model)),
      tables_(std::make_shared<const forest::Contributions>(*model_->forest)) {}

void Explainer::shares(TimePoint at, const forest::ConstMatrixRef& window,
                       std::span<const double> raw, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  const ContextModel& context = model_->context;
  std::vector<double> row(context.columns.size());
  context.fill(at, window, raw, row);
  // A forest that entities share knows nothing of their relations, which come last.
  const std::size_t common = model_->forest->feature_count();
  std::vector<double> parts(row.size());
  tables_->of(std::span(row).first(common), std::span(parts).first(common));
  const double length =
      -std::log2(model_->forest->score_row(std::span(row).first(common)));  // E[h] / c(n)
  const double shorter = std::max(0.0, 1 - length);
  std::vector<double> odds(row.size());
  double surest = 0;
  for (std::size_t c = 0; c < odds.size(); ++c) {
    const double p = std::min(model_->ranges[c].separation(row[c]), kSurest);
    odds[c] = p / (1 - p);
    surest = std::max(surest, p);
  }
  normalise(odds);
  const std::vector<double> moved = moves(context, window, raw);
  for (std::size_t c = 0; c < parts.size(); ++c) {
    const double part = shorter * parts[c] + surest * length * odds[c];
    const ContextColumn& column = context.columns[c];
    if (column.kind == ContextKind::relation) {
      blame_relation(context.relation, column.feature, row[c], moved, part, out);
    } else {
      out[column.feature] += part;
    }
  }
  normalise(out);
}

Explainer Explainers::get(std::shared_ptr<const EntityModel> model) {
  const forest::IsolationForest* const wanted = model->forest.get();
  const auto find = [&] {
    return std::ranges::find_if(latest_, [&](const Entry& e) { return e.forest.get() == wanted; });
  };
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = find(); found != latest_.end()) {
      latest_.splice(latest_.begin(), latest_, found);
      return {std::move(model), latest_.front().tables};
    }
  }
  auto made = std::make_shared<const forest::Contributions>(*wanted);
  std::list<Entry> dropped;  // dies after the lock
  const std::lock_guard lock(mutex_);
  if (const auto found = find(); found != latest_.end()) return {std::move(model), found->tables};
  latest_.push_front({model->forest, made});
  bytes_ += made->memory_bytes();
  while (bytes_ > limit_ && latest_.size() > 1) {
    bytes_ -= latest_.back().tables->memory_bytes();
    dropped.splice(dropped.begin(), latest_, std::prev(latest_.end()));
  }
  return {std::move(model), std::move(made)};
}

std::size_t Explainers::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace exporter
