#include "forest/draw.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

namespace forest {
namespace {

/// Few rows collide, as a search that goes on is mispredicted.
constexpr std::size_t kSlotsPerRow = 4;

}  // namespace

RowDrawer::RowDrawer(std::size_t rows, std::size_t count, bool replace)
    : rows_(rows),
      count_(count),
      replace_(replace),
      slots_(std::bit_ceil(kSlotsPerRow * count + 1)) {
  assert(count >= 1 && (replace || count <= rows));
  drawn_.reserve(count);
}

RowDrawer::RowDrawer(std::span<const double> cumulative, std::size_t count, bool replace)
    : RowDrawer(cumulative.size(), count, replace) {
  cumulative_ = cumulative;
  double before = 0.0;
  for (const double sum : cumulative) {
    positive_ += static_cast<std::size_t>(sum > before);
    before = sum;
  }
  assert(positive_ > 0);
}

std::size_t RowDrawer::slot_of(std::uint32_t row) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = (row * 0x9E3779B1U) & mask;
  while (slots_[slot] != 0 && slots_[slot] != row + 1) slot = (slot + 1) & mask;
  return slot;
}

bool RowDrawer::contains(std::uint32_t row) const { return slots_[slot_of(row)] != 0; }

bool RowDrawer::insert(std::uint32_t row) {
  const std::size_t slot = slot_of(row);
  if (slots_[slot] != 0) return false;
  slots_[slot] = row + 1;
  drawn_.push_back(row);
  return true;
}

std::uint32_t RowDrawer::weighted(Random& random) const {
  const double at = random.uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  return static_cast<std::uint32_t>(found - cumulative_.begin());
}

void RowDrawer::draw_all_positive() {
  double before = 0.0;
  for (std::size_t row = 0; row < rows_; ++row) {
    if (cumulative_[row] > before) drawn_.push_back(static_cast<std::uint32_t>(row));
    before = cumulative_[row];
  }
}

std::span<std::uint32_t> RowDrawer::draw(Random& random) {
  drawn_.clear();
  std::fill(slots_.begin(), slots_.end(), 0U);
  const auto rows = static_cast<std::uint32_t>(rows_);
  const bool by_weight = !cumulative_.empty();
  if (replace_) {
    for (std::size_t i = 0; i < count_; ++i)
      insert(by_weight ? weighted(random) : random.below(rows));
  } else if (by_weight && count_ >= positive_) {
    draw_all_positive();
  } else if (by_weight) {
    // Drawing again what was drawn before is drawing among the others. When a few rows weigh so
    // much that this does not end, the rows left are drawn by exponential keys (Efraimidis,
    // Spirakis 2006).
    for (std::size_t tries = 0; drawn_.size() < count_ && tries < 16 * count_; ++tries) {
      insert(weighted(random));
    }
    if (drawn_.size() < count_) draw_by_keys(random);
  } else if (count_ == rows_) {
    drawn_.resize(count_);
    std::iota(drawn_.begin(), drawn_.end(), 0U);
  } else {
    // Floyd's method: every set of rows is equally likely.
    // `last` itself has not been drawn before.
    drawn_.resize(count_);
    std::uint32_t* to = drawn_.data();
    for (std::uint32_t last = rows - static_cast<std::uint32_t>(count_); last < rows; ++last) {
      std::uint32_t row = random.below(last + 1);
      std::size_t slot = slot_of(row);
      if (slots_[slot] != 0) slot = slot_of(row = last);
      slots_[slot] = row + 1;
      *to++ = row;
    }
  }
  return drawn_;
}

void RowDrawer::draw_by_keys(Random& random) {
  using Keyed = std::pair<double, std::uint32_t>;
  std::vector<Keyed> left;
  double before = 0.0;
  for (std::size_t row = 0; row < rows_; ++row) {
    const double weight = cumulative_[row] - before;
    before = cumulative_[row];
    const auto number = static_cast<std::uint32_t>(row);
    if (weight <= 0.0 || contains(number)) continue;
    left.emplace_back(-std::log1p(-random.uniform()) / weight, number);  // the smallest are drawn
  }
  const std::size_t missing = count_ - drawn_.size();
  std::partial_sort(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(missing), left.end());
  for (std::size_t i = 0; i < missing; ++i) drawn_.push_back(left[i].second);
}

std::vector<double> cumulative_weights(std::span<const double> weights) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  return sums;
}

}  // namespace forest
