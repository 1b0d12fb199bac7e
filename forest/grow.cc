#include "forest/grow.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

#include "forest/guided_cut.h"

namespace forest {
namespace {

/// A child has at least this share of its parent's range when densities are computed.
constexpr double kLeastShare = 0x1.0p-20;

float limited(float value) { return std::clamp(value, -kLargestValue, kLargestValue); }

double deviation(std::span<const float> values) {
  double n = 0.0;
  double sum = 0.0;
  for (const float value : values) {
    if (std::isnan(value)) continue;
    n += 1.0;
    sum += double{value};
  }
  const double mean = sum / n;
  double squares = 0.0;
  for (const float value : values) {
    const double away = double{value} - mean;
    if (!std::isnan(value)) squares += away * away;
  }
  return std::sqrt(squares / n);
}

double log_share(double part, double whole) {
  return std::log2(std::clamp(part / whole, kLeastShare, 1.0));
}

}  // namespace

std::size_t depth_limit(std::size_t sample) {
  return static_cast<std::size_t>(std::bit_width(std::max<std::size_t>(sample, 2) - 1));
}

Grower::Grower(const ConstMatrixRef& rows, std::span<const ColumnScale> columns,
               const GrowOptions& options)
    : data_(rows.data()),
      stride_(static_cast<std::size_t>(rows.outerStride())),
      columns_(columns),
      options_(options),
      kernel_(best_cpu_kernel()),
      builder_(0, options.measure == Measure::range_aware,
               options.extension > 0 ? options.extension + 1 : 0),
      candidates_(columns.size()) {
  assert(options.columns >= 1 && options.columns <= columns.size());
}

NodeRange Grower::read(std::span<const std::uint32_t> ids, std::uint32_t column) {
  return read_values({data_ + column, stride_, columns_[column]}, ids, values_.data(), kernel_);
}

void Grower::drop(std::uint32_t candidate, Open& open) {
  std::swap(candidates_[candidate], candidates_[--open.candidates]);
}

float Grower::place(const NodeRange& range, std::size_t rows) {
  if (options_.pooled_gain > 0.0 && random_->uniform() < options_.pooled_gain) {
    sorted_.clear();
    std::copy_if(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(rows),
                 std::back_inserter(sorted_), [](float value) { return !std::isnan(value); });
    std::sort(sorted_.begin(), sorted_.end());
    return pooled_gain_cut(sorted_);
  }
  const double width = double{range.hi} - double{range.lo};
  const auto cut = static_cast<float>(double{range.lo} + random_->uniform() * width);
  return cut < range.hi ? cut : range.lo;  // rounding up to hi would leave the right child empty
}

std::optional<std::uint32_t> Grower::draw_by_kurtosis(std::span<const std::uint32_t> ids,
                                                      Open& open) {
  kurtosis_.clear();
  double sum = 0.0;
  for (std::uint32_t i = 0; i < open.candidates;) {
    read(ids, candidates_[i]);
    const auto found = kurtosis({values_.data(), ids.size()});
    if (!found) {
      drop(i, open);
      continue;
    }
    kurtosis_.push_back(sum += *found);
    ++i;
  }
  if (kurtosis_.empty()) return std::nullopt;
  const auto drawn =
      std::upper_bound(kurtosis_.begin(), kurtosis_.end() - 1, random_->uniform() * sum);
  return static_cast<std::uint32_t>(drawn - kurtosis_.begin());
}

std::optional<Grower::Cut> Grower::draw_axis_cut(std::span<const std::uint32_t> ids, Open& open) {
  const bool by_kurtosis = options_.kurtosis > 0.0 && random_->uniform() < options_.kurtosis;
  bool first = true;
  while (open.candidates > 0) {
    std::uint32_t drawn = first ? open.first_drawn : random_->below(open.candidates);
    first = false;
    if (by_kurtosis) {
      const auto peaked = draw_by_kurtosis(ids, open);
      if (!peaked) return std::nullopt;
      drawn = *peaked;
    }
    const std::uint32_t column = candidates_[drawn];
    const NodeRange range = read(ids, column);
    if (range.lo < range.hi) return Cut{range, place(range, ids.size()), column};
    drop(drawn, open);  // constant here, so in all below too
  }
  return std::nullopt;
}

std::optional<Grower::Cut> Grower::draw_plane_cut(std::span<const std::uint32_t> ids, Open& open) {
  const std::size_t wanted = options_.extension + 1;
  const auto rows = static_cast<Eigen::Index>(ids.size());
  block_.resize(rows, static_cast<Eigen::Index>(wanted));
  terms_.clear();
  float heaviest = 0.0F;
  // Drawn columns move to the front, behind those drawn before.
  for (std::uint32_t chosen = 0; chosen < open.candidates && chosen < wanted;) {
    const std::uint32_t drawn = chosen + random_->below(open.candidates - chosen);
    const std::uint32_t column = candidates_[drawn];
    const NodeRange range = read(ids, column);
    if (!(range.lo < range.hi)) {
      drop(drawn, open);
      continue;
    }
    const std::span<const float> values(values_.data(), ids.size());
    const double weight = random_->normal() / deviation(values);
    terms_.push_back({column, static_cast<float>(weight)});
    heaviest = std::max(heaviest, std::abs(terms_.back().weight));
    block_.col(chosen) = Eigen::Map<const Eigen::VectorXf>(values.data(), rows);
    std::swap(candidates_[drawn], candidates_[chosen++]);
  }
  if (terms_.empty()) return std::nullopt;
  if (!(heaviest > 0.0F) || !std::isfinite(heaviest)) {
    for (Term& term : terms_) term.weight = 1.0F;
    heaviest = 1.0F;
  }
  for (Term& term : terms_) term.weight /= heaviest;
  const auto used = static_cast<Eigen::Index>(terms_.size());
  Eigen::VectorXf weights(used);
  for (Eigen::Index i = 0; i < used; ++i) weights[i] = terms_[static_cast<std::size_t>(i)].weight;
  Eigen::Map<Eigen::VectorXf> projected(values_.data(), rows);
  projected.noalias() = block_.leftCols(used) * weights;
  const std::span<float> values(values_.data(), ids.size());
  for (float& value : values) value = limited(value);
  NodeRange range = range_of(values);
  if (!(range.lo < range.hi)) {
    // No two rows have a projection that differs, as where each misses one of the columns: one
    // column alone then, which is known to differ.
    terms_ = {{terms_.front().column, 1.0F}};
    range = read(ids, terms_.front().column);
  }
  terms_.resize(wanted, Term{terms_.front().column, 0.0F});
  return Cut{range, place(range, ids.size()), 0};
}

std::size_t Grower::partition(std::span<std::uint32_t> ids, float cut) {
  Sides sides = partition_rows(ids, values_.data(), cut, sides_.data(), kernel_);
  if (sides.missing > 0) share_out(ids, sides);
  return sides.left;
}

void Grower::share_out(std::span<std::uint32_t> ids, Sides& sides) {
  const auto known = static_cast<std::uint32_t>(sides.left + sides.right);
  const auto known_left = static_cast<std::uint32_t>(sides.left);
  const std::span<std::uint32_t> others(sides_.data(), ids.size() - sides.left);
  std::copy_n(ids.data() + sides.left, others.size(), others.data());
  std::size_t right = sides.right;
  for (std::size_t i = sides.right; i < others.size(); ++i) {
    const std::uint32_t id = others[i];
    if (random_->below(known) < known_left) {
      ids[sides.left++] = id;
    } else {
      others[right++] = id;
    }
  }
  std::copy_n(others.data(), right, ids.data() + sides.left);
  sides.right = right;
  sides.missing = 0;
}

void Grower::draw_first(Open& open) {
  if (open.candidates == 0 || options_.extension > 0) return;
  open.first_drawn = random_->below(open.candidates);
}

// Every node is a leaf until it is cut.
void Grower::add(const Open& open) {
  const std::uint32_t rows = open.end - open.begin;
  Open& added = open_[open_count_];
  added = open;
  if (options_.measure == Measure::density) {
    builder_.close(open.node, open.depth, rows, open.log_density);
  } else {
    builder_.close(open.node, open.depth, rows);
  }
  const bool inner = rows >= 2 && open.depth < options_.depth_limit;
  open_count_ += static_cast<std::size_t>(inner);
  if (!options_.fetch_ahead || !inner || open.candidates == 0) return;
  const double* const from = data_ + candidates_[added.first_drawn];
  for (std::uint32_t i = open.begin; i < open.end; ++i) {
    __builtin_prefetch(from + ids_[i] * stride_);
  }
}

void Grower::begin(std::span<std::uint32_t> ids, Random& random) {
  assert(!ids.empty());
  ids_ = ids;
  random_ = &random;
  values_.resize(std::max(values_.size(), ids.size() + kNodeRowsRoom));
  sides_.resize(std::max(sides_.size(), 2 * (ids.size() + kNodeRowsRoom)));
  std::iota(candidates_.begin(), candidates_.end(), 0U);
  const auto allowed = static_cast<std::uint32_t>(options_.columns);
  for (std::uint32_t i = 0; i < allowed && allowed < candidates_.size(); ++i) {
    const auto left = static_cast<std::uint32_t>(candidates_.size()) - i;
    std::swap(candidates_[i], candidates_[i + random.below(left)]);
  }
  open_count_ = 0;
  open_.resize(std::max<std::size_t>(open_.size(), 16));
  Open root{0, 0, static_cast<std::uint32_t>(ids.size()), 0, allowed, 0, 0.0};
  draw_first(root);
  add(root);
}

bool Grower::advance() {
  if (open_count_ == 0) return false;
  Open at = open_[--open_count_];
  const bool planes = options_.extension > 0;
  const std::span<std::uint32_t> rows = ids_.subspan(at.begin, at.end - at.begin);
  const std::optional<Cut> cut = planes ? draw_plane_cut(rows, at) : draw_axis_cut(rows, at);
  if (!cut) return open_count_ > 0;
  const std::size_t left_rows = partition(rows, cut->at);
  const auto middle = at.begin + static_cast<std::uint32_t>(left_rows);
  const std::uint32_t left = planes ? builder_.split(at.node, terms_, cut->at, cut->range)
                                    : builder_.split(at.node, cut->column, cut->at, cut->range);
  Open to_left{left, at.begin, middle, at.depth + 1, at.candidates, 0, 0.0};
  Open to_right{left + 1, middle, at.end, at.depth + 1, at.candidates, 0, 0.0};
  if (options_.measure == Measure::density) {
    const auto all = static_cast<double>(rows.size());
    const double width = double{cut->range.hi} - double{cut->range.lo};
    const auto in_left = static_cast<double>(left_rows);
    to_left.log_density = at.log_density + std::log2(in_left / all) -
                          log_share(double{cut->at} - double{cut->range.lo}, width);
    to_right.log_density = at.log_density + std::log2((all - in_left) / all) -
                           log_share(double{cut->range.hi} - double{cut->at}, width);
  }
  if (open_count_ + 2 > open_.size()) open_.resize(2 * open_.size());
  draw_first(to_left);
  draw_first(to_right);
  add(to_right);
  add(to_left);
  return open_count_ > 0;
}

Tree Grower::grow(std::span<std::uint32_t> ids, Random& random) {
  begin(ids, random);
  while (advance()) {
  }
  return take();
}

}  // namespace forest
