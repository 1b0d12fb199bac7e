#include "exporter/backtest/judgement.h"

#include <algorithm>

namespace exporter {
namespace {

constexpr Duration kMergeWithin = std::chrono::minutes(30);
constexpr Duration kGrace = std::chrono::minutes(10);

void append_notifications(const EntityTrack& track, std::size_t index, Duration gap,
                          std::vector<Notification>& out) {
  bool first = true;
  for (const Alert& alert : track.alerts) {
    if (!first && alert.start - out.back().alert.end <= gap) {
      Alert& whole = out.back().alert;
      whole.end = alert.end;
      if (alert.severity > whole.severity && !alert.reasons.empty()) whole.reasons = alert.reasons;
      whole.severity = std::max(whole.severity, alert.severity);
    } else {
      out.push_back({.track = index, .alert = alert});
    }
    first = false;
  }
}

void match(const Incident& incident, std::size_t index, const DetectorReplay& replay,
           Duration grace, Judgement& judgement) {
  IncidentOutcome& outcome = judgement.outcomes[index];
  for (const EntityTrack& track : replay.tracks) {
    outcome.entities += incident.concerns(track.entity) ? 1 : 0;
  }
  outcome.covered = outcome.entities > 0 && incident.start <= replay.range.to &&
                    incident.end >= replay.range.from;
  for (Notification& told : judgement.notifications) {
    const Alert& alert = told.alert;
    if (alert.start < incident.start - grace || alert.start > incident.end + grace) continue;
    if (!incident.concerns(replay.tracks[told.track].entity)) continue;
    if (!told.incident) told.incident = index;
    if (!outcome.hit) outcome.first_alert = alert.start;
    outcome.hit = true;
  }
}

}  // namespace

std::size_t Judgement::false_notifications() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      notifications, [](const Notification& told) { return !told.incident; }));
}

std::size_t Judgement::incidents_covered() const {
  return static_cast<std::size_t>(std::ranges::count_if(outcomes, &IncidentOutcome::covered));
}

std::size_t Judgement::incidents_hit() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      outcomes, [](const IncidentOutcome& one) { return one.covered && one.hit; }));
}

Judgement judge(const DetectorReplay& replay, const std::vector<Incident>& incidents,
                bool has_incidents) {
  const Duration step = replay.spec.interval;
  Judgement judgement;
  judgement.has_incidents = has_incidents;
  judgement.budget_per_day = replay.spec.alert_budget.value_or(kUsualBudgetPerDay);
  judgement.outcomes.resize(incidents.size());
  std::size_t points = 0;
  for (std::size_t i = 0; i < replay.tracks.size(); ++i) {
    points += replay.tracks[i].points.size();
    append_notifications(replay.tracks[i], i, std::max(kMergeWithin, 2 * step),
                         judgement.notifications);
  }
  judgement.entity_days =
      static_cast<double>(points) * (to_seconds(step) / to_seconds(std::chrono::hours(24)));
  std::ranges::stable_sort(judgement.notifications, {},
                           [](const Notification& told) { return told.alert.start; });
  for (std::size_t i = 0; i < incidents.size(); ++i) {
    match(incidents[i], i, replay, std::max(kGrace, 2 * step), judgement);
  }
  return judgement;
}

}  // namespace exporter
