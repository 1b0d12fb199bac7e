#include "exporter/detector/absence.h"

#include <algorithm>
#include <iterator>

namespace exporter {
namespace {

bool is_before(const Labels* a, const Labels* b) { return *a < *b; }

bool contains(const EntityList& entities, const Labels& entity) {
  return std::ranges::binary_search(entities, &entity, is_before);
}

}  // namespace

void note_returned(const EntityList& present, MissingEntities& missing) {
  std::erase_if(missing, [&](const auto& entry) { return contains(present, entry.first); });
}

AbsenceChange note_answered(const AbsenceConfig& rule, TimePoint at, const EntityList& present,
                            const Expected& expected, std::size_t limit, MissingEntities& missing) {
  note_returned(present, missing);
  std::erase_if(missing, [&](const auto& entry) {
    const bool may_leave = expected.complete || entry.second.forgotten(rule, at);
    return may_leave && !contains(expected.entities, entry.first);
  });
  AbsenceChange change;
  EntityList without_data;
  std::ranges::set_difference(expected.entities, present, std::back_inserter(without_data),
                              is_before);
  for (const Labels* entity : without_data) {
    if (missing.contains(*entity)) continue;
    if (missing.size() >= limit) {
      ++change.limited;
    } else {
      missing.emplace(*entity, Missing{.since = at, .cycles = 0});
    }
  }
  for (auto& [entity, entry] : missing) {
    if (entry.cycles < rule.after && ++entry.cycles == rule.after && entry.absent(rule, at)) {
      ++change.started;
    }
  }
  return change;
}

std::vector<MissingEntity> list_missing(const AbsenceConfig& rule, TimePoint at,
                                        const MissingEntities& missing, std::size_t limit) {
  std::vector<MissingEntity> list;
  for (const auto& [entity, entry] : missing) {
    if (list.size() == limit) break;
    if (entry.forgotten(rule, at)) continue;
    list.push_back({.entity = entity, .since = entry.since, .absent = entry.absent(rule, at)});
  }
  return list;
}

std::size_t count_absent(const AbsenceConfig& rule, TimePoint at, const MissingEntities& missing) {
  return static_cast<std::size_t>(std::ranges::count_if(
      missing, [&](const auto& entry) { return entry.second.absent(rule, at); }));
}

}  // namespace exporter
