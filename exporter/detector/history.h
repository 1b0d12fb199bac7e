// History: what the last cycles found, entity by entity, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "exporter/detector/cycle.h"

namespace exporter {

/// What one cycle found of one entity. Numbers are kept with 24 bits, about 7 digits.
struct HistoryPoint {
  TimePoint at;
  float score = 0, threshold = 1;
  bool detected = false, active = false;
  std::vector<float> values, expected;         ///< [features]; NaN for a missing one
  std::vector<TopContribution> contributions;  ///< as in EntityScore
};

/// The results of the last cycles of one detector, at most kMaxSteps of them and, but for the
/// newest, at most kMaxBytes. Nothing is written to disk: a restart begins anew. Safe from any
/// thread; readers wait for no more than a pointer being pushed.
class History {
 public:
  static constexpr std::size_t kMaxSteps = 1440;  ///< a day, a minute each
  static constexpr std::size_t kMaxBytes = std::size_t{32} << 20;

  explicit History(std::size_t max_bytes = kMaxBytes) : max_bytes_(max_bytes) {}

  /// Adds a batch. After a clock was set back, the steps that lie ahead are dropped.
  void add(const ScoreBatch& batch);
  /// Takes over what another history holds.
  void inherit(const History& other);
  /// Returns the newest points of an entity, oldest first: at most `limit`, none before `since`.
  std::vector<HistoryPoint> of(const Labels& entity, std::size_t limit,
                               TimePoint since = TimePoint::min()) const;
  std::size_t steps() const;
  /// Bytes of the steps.
  std::size_t memory_bytes() const;

 private:
  struct Step;
  using StepPointer = std::shared_ptr<const Step>;
  struct Known {
    std::uint32_t id = 0;
    TimePoint last;  ///< newest step that has it
  };

  std::uint32_t id_of(const Labels& entity, TimePoint at);
  std::vector<StepPointer> drop_surplus();

  const std::size_t max_bytes_;
  std::mutex writer_;         ///< one add() at a time
  mutable std::mutex mutex_;  ///< guards what follows; held for look-ups and copies of pointers
  std::map<Labels, Known> entities_;
  std::uint32_t next_id_ = 0;
  std::deque<StepPointer> steps_;  ///< times ascend
  std::size_t bytes_ = 0;
};

}  // namespace exporter
