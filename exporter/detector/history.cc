#include "exporter/detector/history.h"

#include <algorithm>
#include <numeric>

namespace exporter {

/// One cycle, a row per entity, rows sorted by id. Immutable.
struct History::Step {
  struct Row {
    std::uint32_t id = 0;
    float score = 0, threshold = 1;
    bool detected = false, active = false;
  };
  struct Share {
    std::uint32_t row = 0, feature = 0;
    float share = 0;
  };

  TimePoint at;
  std::size_t features = 0;
  std::vector<Row> rows;
  std::vector<float> numbers;  // [rows x 2 x features]: values, expected
  std::vector<Share> shares;   // sorted by row, then as in the batch

  std::size_t bytes() const {
    return sizeof(Step) + rows.capacity() * sizeof(Row) + numbers.capacity() * sizeof(float) +
           shares.capacity() * sizeof(Share);
  }

  void add(std::uint32_t id, const ScoreBatch& batch, std::size_t index) {
    const EntityScore& from = batch.scores[index];
    for (const TopContribution& top : from.contributions) {
      shares.push_back(
          {static_cast<std::uint32_t>(rows.size()), top.feature, static_cast<float>(top.share)});
    }
    rows.push_back({.id = id,
                    .score = static_cast<float>(from.score),
                    .threshold = static_cast<float>(from.threshold),
                    .detected = from.detected,
                    .active = from.active});
    const auto row = static_cast<Eigen::Index>(index);
    for (const auto* matrix : {&batch.values, &batch.expected}) {
      for (Eigen::Index f = 0; f < static_cast<Eigen::Index>(features); ++f) {
        numbers.push_back(static_cast<float>((*matrix)(row, f)));
      }
    }
  }

  HistoryPoint point(std::size_t index) const {
    const Row& row = rows[index];
    HistoryPoint point{.at = at,
                       .score = row.score,
                       .threshold = row.threshold,
                       .detected = row.detected,
                       .active = row.active,
                       .values = {},
                       .expected = {},
                       .contributions = {}};
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(index * 2 * features);
    const auto middle = first + static_cast<std::ptrdiff_t>(features);
    point.values.assign(first, middle);
    point.expected.assign(middle, middle + static_cast<std::ptrdiff_t>(features));
    const auto end = std::ranges::upper_bound(shares, index, {}, &Share::row);
    for (auto it = std::ranges::lower_bound(shares, index, {}, &Share::row); it != end; ++it) {
      point.contributions.push_back({it->feature, static_cast<double>(it->share)});
    }
    return point;
  }
};

std::uint32_t History::id_of(const Labels& entity, TimePoint at) {
  const auto [found, added] = entities_.try_emplace(entity);
  if (added) found->second.id = next_id_++;
  found->second.last = at;
  return found->second.id;
}

void History::add(const ScoreBatch& batch) {
  const std::lock_guard writer(writer_);
  auto step = std::make_shared<Step>();
  step->at = batch.at;
  const auto rows = static_cast<std::size_t>(batch.values.rows());
  const bool complete = rows == batch.scores.size() &&
                        static_cast<std::size_t>(batch.expected.rows()) == rows &&
                        batch.expected.cols() == batch.values.cols();
  step->features = complete ? static_cast<std::size_t>(batch.values.cols()) : 0;

  std::vector<std::uint32_t> ids(batch.scores.size());
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = id_of(batch.scores[i].entity, batch.at);
  }
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return ids[i]; });
  step->rows.reserve(ids.size());
  step->numbers.reserve(ids.size() * 2 * step->features);
  for (const std::size_t i : order) step->add(ids[i], batch, i);
  step->shares.shrink_to_fit();

  std::vector<StepPointer> dropped;  // dies after the lock
  const std::lock_guard lock(mutex_);
  while (!steps_.empty() && steps_.back()->at >= batch.at) {
    bytes_ -= steps_.back()->bytes();
    dropped.push_back(std::move(steps_.back()));
    steps_.pop_back();
  }
  bytes_ += step->bytes();
  steps_.push_back(std::move(step));
  std::ranges::move(drop_surplus(), std::back_inserter(dropped));
}

std::vector<History::StepPointer> History::drop_surplus() {
  std::vector<StepPointer> dropped;
  while (steps_.size() > 1 && (steps_.size() > kMaxSteps || bytes_ > max_bytes_)) {
    bytes_ -= steps_.front()->bytes();
    dropped.push_back(std::move(steps_.front()));
    steps_.pop_front();
  }
  if (!dropped.empty()) {
    const TimePoint oldest = steps_.front()->at;
    std::erase_if(entities_, [&](const auto& entry) { return entry.second.last < oldest; });
  }
  return dropped;
}

void History::inherit(const History& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  entities_ = other.entities_;
  next_id_ = other.next_id_;
  steps_ = other.steps_;
  bytes_ = other.bytes_;
}

std::vector<HistoryPoint> History::of(const Labels& entity, std::size_t limit,
                                      TimePoint since) const {
  std::vector<StepPointer> steps;
  std::uint32_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entities_.find(entity);
    if (found == entities_.end()) return {};
    id = found->second.id;
    const auto first = std::ranges::lower_bound(steps_, since, {},
                                                [](const StepPointer& step) { return step->at; });
    steps.assign(first, steps_.end());
  }
  std::vector<HistoryPoint> points;
  for (auto step = steps.rbegin(); step != steps.rend() && points.size() < limit; ++step) {
    const auto& rows = (*step)->rows;
    const auto row = std::ranges::lower_bound(rows, id, {}, &Step::Row::id);
    if (row == rows.end() || row->id != id) continue;
    points.push_back((*step)->point(static_cast<std::size_t>(row - rows.begin())));
  }
  std::ranges::reverse(points);
  return points;
}

std::size_t History::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_.size();
}

std::size_t History::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace exporter
