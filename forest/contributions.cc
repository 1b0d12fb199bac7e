#include "forest/contributions.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <vector>

#include "forest/rows_view.h"

namespace forest {
namespace {

constexpr std::size_t kLanes = 8;         // trees walked side by side, to hide latencies
constexpr std::size_t kFewColumns = 16;   // columns up to which each lane adds for itself
constexpr float kFarthest = 4.0F;         // spreads; what is farther counts as this
constexpr float kLeastPush = 0x1.0p-16F;  // of the terms' magnitudes, where rounding begins
constexpr float kLeastSum = 0x1.0p-100F;

/// A scaled row, and where it stands. Each has one more column, which leaves read: all 0.
struct Standing {
  const float* value;
  const float* per_spread;
  const float* beyond;  ///< the p of the cuts' range
};

/// Evidence and the cuts it is from, in one register.
typedef float Credit __attribute__((vector_size(8)));

/// A way that a row with missing values takes.
struct Pending {
  std::size_t node;
  float share;   ///< of the row
  float weight;  ///< the share, times the probability to come so far
};

/// Buffers, made once a thread.
struct Scratch {
  std::vector<float> row;
  std::vector<float> beyond;
  std::vector<Credit> credits;
  std::vector<Pending> pending;
};

/// Which range a value may be outside of.
enum class Outside { none, of_column, of_node };

/// @param distance  in spreads
float weight_of(float distance) { return std::min(kFarthest * kFarthest, distance * distance); }

float beyond_range(const NodeRange& range, float value) {
  const float reach = std::max(range.hi, value) - std::min(range.lo, value);
  return 1.0F - (range.hi - range.lo) / reach;
}

/// Reads and credits axis-parallel cuts.
template <Outside kOutside>
struct AxisCut {
  Standing row;

  struct Seen {
    float value;
    float per_spread;
    float beyond;
    std::uint32_t column;
  };
  Seen look(const ContributionStep& step) const {
    const std::uint32_t column = step.column;
    const float beyond = kOutside == Outside::of_column ? row.beyond[column] : 0.0F;
    return {row.value[column], row.per_spread[column], beyond, column};
  }
  static void credit(Credit* credits, const Seen& seen, bool, Credit amount) {
    credits[seen.column] += amount;
  }
};

/// Reads and credits hyperplanes.
struct PlaneCut {
  const float* row;
  const Term* terms;
  std::size_t terms_per_cut;

  struct Seen {
    float value;
    float per_spread;
    float beyond;
    float size;  ///< sum of the terms' magnitudes
    const Term* plane;
  };
  Seen look(const ContributionStep& step) const {
    const Term* const plane = terms + step.column;
    float sum = 0.0F;
    float size = 0.0F;
    for (std::size_t i = 0; i < terms_per_cut; ++i) {
      const float part = plane[i].weight * row[plane[i].column];
      sum += part;
      size += std::abs(part);
    }
    return {sum, 1.0F / kPlaneLength, 0.0F, size, plane};
  }
  // Where x pushes the row to its side, x + |x| is 2 max(0, x) without a branch that nothing could
  // predict.
  void credit(Credit* credits, const Seen& seen, bool right, Credit amount) const {
    const auto side = static_cast<float>(2 * static_cast<int>(right) - 1);
    const float sum = std::max(side * seen.value + seen.size, kLeastPush * seen.size);
    const float each = amount[0] / (sum + kLeastSum);
    for (std::size_t i = 0; i < terms_per_cut; ++i) {
      const Term& term = seen.plane[i];
      const float push = side * term.weight * row[term.column];
      credits[term.column] += Credit{each * (push + std::abs(push)), amount[1]};
    }
  }
};

/// Trees of one kind walked together, and where each one's credits go.
struct Lanes {
  std::array<const ContributionTree*, kLanes> trees;
  std::array<Credit*, kLanes> credits;
};

/// Credits a row without missing values with what the trees say.
template <Outside kOutside, typename Cut>
void walk_lanes(const ContributionTables& tables, const Lanes& lanes, const Cut& cut) {
  std::array<const ContributionStep*, kLanes> at;
  [[maybe_unused]] std::array<float, kLanes> weight;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < kLanes; ++i) {
    at[i] = tables.steps.data() + lanes.trees[i]->root;
    weight[i] = 1.0F;
    depth = std::max(depth, lanes.trees[i]->depth);
  }
  for (std::size_t level = 0; level < depth; ++level) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const ContributionStep& step = *at[i];
      const auto seen = cut.look(step);
      const bool right = seen.value > step.cut;
      const ContributionStep* const below = at[i] + step.below + static_cast<std::size_t>(right);
      float evidence = below->saved;
      if constexpr (kOutside != Outside::none) {
        float beyond = seen.beyond;
        if constexpr (kOutside == Outside::of_node) {
          const auto node = static_cast<std::size_t>(at[i] - tables.steps.data());
          beyond = beyond_range(tables.ranges[node], seen.value);
        }
        evidence += beyond * (step.length - evidence);
        if constexpr (kOutside == Outside::of_node) {
          evidence *= weight[i];
          weight[i] *= 1.0F - beyond;
        }
      }
      evidence *= weight_of((seen.value - step.cut) * seen.per_spread);
      cut.credit(lanes.credits[i], seen, right, Credit{evidence, 1.0F});
      at[i] = below;
    }
  }
}

/// The same for any row and one tree.
template <Outside kOutside, typename Cut>
void walk_ways(const ContributionTables& tables, const ContributionTree& tree, const Cut& cut,
               Credit* credits, std::vector<Pending>& pending) {
  pending.assign(1, {tree.root, 1.0F, 1.0F});
  while (!pending.empty()) {
    Pending at = pending.back();
    pending.pop_back();
    const ContributionStep& step = tables.steps[at.node];
    if (step.below == 0) continue;
    const auto seen = cut.look(step);
    const std::size_t left = at.node + step.below;
    if (std::isnan(seen.value)) {
      const float to_left = tables.left_share[at.node];
      const float to_right = 1.0F - to_left;
      pending.push_back({left + 1, at.share * to_right, at.weight * to_right});
      pending.push_back({left, at.share * to_left, at.weight * to_left});
      continue;
    }
    const bool right = seen.value > step.cut;
    const std::size_t below = left + static_cast<std::size_t>(right);
    float beyond = seen.beyond;
    if constexpr (kOutside == Outside::of_node) {
      beyond = beyond_range(tables.ranges[at.node], seen.value);
    }
    const float saved = tables.steps[below].saved;
    const float evidence = at.weight * (saved + beyond * (step.length - saved)) *
                           weight_of((seen.value - step.cut) * seen.per_spread);
    cut.credit(credits, seen, right, Credit{evidence, at.share});
    if constexpr (kOutside == Outside::of_node) at.weight *= 1.0F - beyond;
    pending.push_back({below, at.share, at.weight});
  }
}

/// Calls `walk` with what reads the cuts of trees of this kind.
template <Outside kOutside, typename Walk>
void with_cut(const ContributionTables& tables, const Standing& row, std::size_t terms_per_cut,
              Walk walk) {
  if (terms_per_cut > 0) {
    walk(PlaneCut{row.value, tables.terms.data(), terms_per_cut});
  } else {
    walk(AxisCut<kOutside>{row});
  }
}

/// @param lane_credits  [kLanes + 1] places to add to; what goes to the last one is not used
template <Outside kOutside>
void walk_complete(const ContributionTables& tables, const Standing& row,
                   const std::array<Credit*, kLanes + 1>& lane_credits) {
  const std::span<const ContributionTree> trees = tables.trees;
  for (std::size_t first = 0; first < trees.size();) {
    const ContributionTree& kind = trees[first];
    Lanes lanes;
    lanes.trees.fill(&kind);
    lanes.credits.fill(lane_credits[kLanes]);
    std::size_t count = 0;
    while (count < kLanes && first + count < trees.size() &&
           trees[first + count].terms_per_cut == kind.terms_per_cut) {
      lanes.trees[count] = &trees[first + count];
      lanes.credits[count] = lane_credits[count];
      ++count;
    }
    with_cut<kOutside>(tables, row, kind.terms_per_cut,
                       [&](const auto& cut) { walk_lanes<kOutside>(tables, lanes, cut); });
    first += count;
  }
}

template <Outside kOutside>
void walk_incomplete(const ContributionTables& tables, const Standing& row, Credit* credits,
                     std::vector<Pending>& pending) {
  for (const ContributionTree& tree : tables.trees) {
    with_cut<kOutside>(tables, row, tree.terms_per_cut, [&](const auto& cut) {
      walk_ways<kOutside>(tables, tree, cut, credits, pending);
    });
  }
}

/// Writes the p of the cuts' ranges, 0 for a missing value; returns whether any is above 0.
bool stand_beyond(std::span<const float> row, const CutRanges& cuts, std::span<float> beyond) {
  int any = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const float gap = std::max(0.0F, std::max(cuts.lo[i] - row[i], row[i] - cuts.hi[i]));
    beyond[i] = gap / (gap + cuts.width[i]);
    any |= static_cast<int>(gap > 0.0F);
  }
  return any != 0;
}

double sum_of(std::span<const double> values) {
  std::array<double, 4> sums{};  // side by side: one addition need not wait for the last
  std::size_t i = 0;
  for (; i + sums.size() <= values.size(); i += sums.size()) {
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += values[i + k];
  }
  for (; i < values.size(); ++i) sums[0] += values[i];
  return sums[0] + sums[1] + sums[2] + sums[3];
}

/// Turns credits into shares.
void share(std::span<Credit> credits, std::size_t copies, std::size_t apart,
           std::span<double> out) {
  for (std::size_t copy = 1; copy < copies; ++copy) {
    for (std::size_t column = 0; column < out.size(); ++column) {
      credits[column] += credits[copy * apart + column];
    }
  }
  for (std::size_t column = 0; column < out.size(); ++column) {
    const Credit credit = credits[column];
    out[column] = static_cast<double>(credit[0] / (credit[1] + 1.0F));
  }
  const double sum = sum_of(out);
  if (!(sum > 0.0)) return;  // all are 0
  for (double& part : out) part /= sum;
}

}  // namespace

void Contributions::of(std::span<const double> row, std::span<double> out) const {
  assert(row.size() == feature_count() && out.size() == feature_count());
  static thread_local Scratch scratch;
  scratch.row.resize(row.size() + 1);
  scratch.row.back() = 0.0F;
  const std::span<float> scaled = std::span(scratch.row).first(row.size());
  const bool complete = copy_row(tables_.scales, row.data(), scaled);
  Outside outside = Outside::of_node;
  if (tables_.ranges.empty()) {
    scratch.beyond.assign(row.size() + 1, 0.0F);
    const bool any = stand_beyond(scaled, tables_.cuts, scratch.beyond);
    outside = any ? Outside::of_column : Outside::none;
  }
  const Standing standing{scratch.row.data(), tables_.cuts.per_spread.data(),
                          scratch.beyond.data()};
  const std::size_t copies = complete && row.size() <= kFewColumns ? kLanes : 1;
  const std::size_t apart = row.size() + 1;
  scratch.credits.assign((copies + 1) * apart, Credit{0.0F, 0.0F});
  Credit* const credits = scratch.credits.data();
  std::array<Credit*, kLanes + 1> lanes;
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = credits + i % copies * apart;
  lanes[kLanes] = credits + copies * apart;
  const auto walk = [&]<Outside kOutside>() {
    if (complete) {
      walk_complete<kOutside>(tables_, standing, lanes);
    } else {
      walk_incomplete<kOutside>(tables_, standing, credits, scratch.pending);
    }
  };
  switch (outside) {
    case Outside::none: walk.template operator()<Outside::none>(); break;
    case Outside::of_column: walk.template operator()<Outside::of_column>(); break;
    case Outside::of_node: walk.template operator()<Outside::of_node>(); break;
  }
  share(scratch.credits, copies, apart, out);
}

}  // namespace forest
