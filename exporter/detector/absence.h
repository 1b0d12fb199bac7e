// Absence: entities that should be there and give no data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/promql/series.h"

namespace exporter {

/// How long an entity that should be there has given no data. Plain data: it is saved with the live
/// state.
struct Missing {
  TimePoint since;           ///< first answered cycle without data
  std::uint32_t cycles = 0;  ///< answered cycles without data, that one included; not counted on
                             ///< beyond AbsenceConfig::after

  bool forgotten(const AbsenceConfig& rule, TimePoint at) const {
    return at - since >= rule.forget;
  }
  bool absent(const AbsenceConfig& rule, TimePoint at) const {
    return cycles >= rule.after && !forgotten(rule, at);
  }
  friend bool operator==(const Missing&, const Missing&) = default;
};

using MissingEntities = std::map<Labels, Missing>;
/// Entities that live elsewhere, sorted, each once.
using EntityList = std::vector<const Labels*>;

/// Which entities should be there.
struct Expected {
  EntityList entities;
  /// Nobody else should be: an entity that is missing and not among them has left. Otherwise it
  /// stays missing until it is forgotten.
  bool complete = false;
};

/// What one answered cycle changed.
struct AbsenceChange {
  std::size_t started = 0;  ///< entities that became absent
  std::size_t limited = 0;  ///< missing entities beyond the limit, not followed
};

/// Ends the absence of entities whose data returned: what any cycle can tell.
void note_returned(const EntityList& present, MissingEntities& missing);

/// Takes one cycle whose queries were answered in full; a failed query is no absence, so that its
/// cycle must not be taken. Entities with data are missing no more; those that should be there and
/// have none have one more cycle without; those that are no longer expected leave. A forgotten
/// entity stays noted while it is expected, so that it does not become absent again.
/// @param limit  of entities followed
AbsenceChange note_answered(const AbsenceConfig& rule, TimePoint at, const EntityList& present,
                            const Expected& expected, std::size_t limit, MissingEntities& missing);

/// A missing entity as others see it. It has no score, so it is not active; an alert that was
/// active goes on when it returns within hysteresis + 1 intervals.
struct MissingEntity {
  Labels entity;
  TimePoint since;
  bool absent = false;
};

/// Returns those that are not forgotten, sorted by entity, the first `limit` of them.
std::vector<MissingEntity> list_missing(const AbsenceConfig& rule, TimePoint at,
                                        const MissingEntities& missing, std::size_t limit);

/// Returns how many are absent.
std::size_t count_absent(const AbsenceConfig& rule, TimePoint at, const MissingEntities& missing);

}  // namespace exporter
