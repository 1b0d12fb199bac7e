#include "exporter/detector/suspects.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace exporter {

std::vector<TopContribution> top_of(std::span<const double> shares) {
  std::vector<TopContribution> top;
  for (std::size_t f = 0; f < shares.size(); ++f) {
    if (shares[f] > 0) top.push_back({static_cast<std::uint32_t>(f), shares[f]});
  }
  const auto kept = std::min(top.size(), kTopContributions);
  std::ranges::partial_sort(top, top.begin() + static_cast<std::ptrdiff_t>(kept),
                            std::ranges::greater{}, &TopContribution::share);
  top.resize(kept);
  top.shrink_to_fit();
  return top;
}

void Suspects::add(std::size_t row, RowContext context, const ScoreBatch& batch) {
  rows_.push_back({.row = row, .context = std::move(context)});
  if (rows_.size() == 2 * kExplainedPerCycle) keep_worst(batch);
}

void Suspects::keep_worst(const ScoreBatch& batch) {
  if (rows_.size() <= kExplainedPerCycle) return;
  std::ranges::nth_element(rows_, rows_.begin() + kExplainedPerCycle, std::ranges::greater{},
                           [&](const Suspect& s) { return batch.scores[s.row].severity(); });
  rows_.resize(kExplainedPerCycle);
}

void Suspects::explain(ScoreBatch& batch, Explainers& explainers) {
  keep_worst(batch);
  std::vector<double> shares(batch.features.size());
  for (const auto& [row, context] : rows_) {
    const double* raw = batch.values.row(static_cast<Eigen::Index>(row)).data();
    explainers.get(context.model).shares(batch.at, context.window, {raw, shares.size()}, shares);
    batch.scores[row].contributions = top_of(shares);
  }
}

}  // namespace exporter
