// Judgement: how often a detector alerted, and which incidents it told of.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "exporter/backtest/incidents.h"
#include "exporter/backtest/replay.h"

namespace exporter {

/// What people were told once: alerts of one entity that follow each other closely.
struct Notification {
  std::size_t track = 0;  ///< its place in DetectorReplay::tracks
  Alert alert;            ///< from the start of the first to the end of the last
  /// The incident it belongs to, its place in the list; nothing: a false one, as far as is known.
  std::optional<std::size_t> incident = {};
};

/// What became of one incident.
struct IncidentOutcome {
  std::size_t entities = 0;  ///< scored entities that it concerns
  bool covered = false;      ///< within the range, of an entity that was scored
  bool hit = false;
  TimePoint first_alert;  ///< when hit: start of the first true notification
};

struct Judgement {
  std::vector<Notification> notifications;  ///< by start
  std::vector<IncidentOutcome> outcomes;    ///< [incidents]
  double entity_days = 0;                   ///< time scored, all entities together
  double budget_per_day = 0;                ///< alerts that are accepted, per entity and day
  bool has_incidents = false;

  double per_day(std::size_t count) const {
    return entity_days > 0 ? static_cast<double>(count) / entity_days : 0;
  }
  double alerts_per_day() const { return per_day(notifications.size()); }
  std::size_t false_notifications() const;
  std::size_t incidents_covered() const;
  std::size_t incidents_hit() const;
};

/// The budget of a detector that names none: an alert a week for each entity.
inline constexpr double kUsualBudgetPerDay = 1.0 / 7;

/// Holds alerts against incidents. Alerts of an entity at most max(30 min, 2 steps) apart are one
/// notification. It is true when it starts within an incident of its entity, widened by max(10 min,
/// 2 steps) at both sides; an incident is hit when a true notification overlaps it.
Judgement judge(const DetectorReplay& replay, const std::vector<Incident>& incidents,
                bool has_incidents);

}  // namespace exporter
