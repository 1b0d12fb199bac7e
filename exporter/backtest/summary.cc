#include "exporter/backtest/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace exporter {
namespace {

using Json = nlohmann::ordered_json;

Json labels_json(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels.pairs()) json[name] = value;
  return json;
}

Json notification_json(const DetectorOutcome& outcome, const Notification& told) {
  Json json{{"entity", labels_json(outcome.replay.tracks[told.track].entity)},
            {"start", to_seconds(told.alert.start)},
            {"end", to_seconds(told.alert.end)},
            {"severity", told.alert.severity}};
  if (outcome.judgement.has_incidents) json["hit"] = told.incident.has_value();
  if (told.incident) json["incident"] = *told.incident;
  json["reasons"] = Json::array();
  for (const auto& [feature, share] : told.alert.reasons) {
    json["reasons"].push_back(
        {{"feature", outcome.replay.spec.features[feature].name}, {"contribution", share}});
  }
  return json;
}

Json incident_json(const Incident& incident, const IncidentOutcome& outcome) {
  Json json{{"match", labels_json(incident.match)}, {"start", to_seconds(incident.start)},
            {"end", to_seconds(incident.end)},      {"name", incident.name},
            {"covered", outcome.covered},           {"hit", outcome.hit}};
  if (outcome.hit) json["first_alert"] = to_seconds(outcome.first_alert);
  return json;
}

Json entity_json(const DetectorOutcome& outcome, std::size_t index) {
  const EntityTrack& track = outcome.replay.tracks[index];
  const auto active = std::ranges::count_if(track.points, &ScoredPoint::active);
  double severity = track.points.front().severity();
  for (const ScoredPoint& point : track.points) severity = std::max(severity, point.severity());
  return {{"entity", labels_json(track.entity)},
          {"file", outcome.files[index]},
          {"points", track.points.size()},
          {"alerts", track.alerts.size()},
          {"active_ratio", static_cast<double>(active) / static_cast<double>(track.points.size())},
          {"max_severity", severity}};
}

Json detector_json(const DetectorOutcome& outcome) {
  const DetectorReplay& replay = outcome.replay;
  const Judgement& judgement = outcome.judgement;
  Json json{{"name", replay.spec.name},
            {"from", to_seconds(replay.range.from)},
            {"to", to_seconds(replay.range.to)},
            {"interval_seconds", to_seconds(replay.spec.interval)},
            {"steps", replay.steps.size()},
            {"steps_without_data", replay.steps_without_data},
            {"trainings", replay.trainings},
            {"trainings_failed", replay.trainings_failed},
            {"absences", replay.absences},
            {"entity_days", judgement.entity_days},
            {"alerts", judgement.notifications.size()},
            {"alerts_per_entity_day", judgement.alerts_per_day()},
            {"alert_budget_per_entity_day", judgement.budget_per_day}};
  if (judgement.has_incidents) {
    json["incidents_covered"] = judgement.incidents_covered();
    json["incidents_hit"] = judgement.incidents_hit();
    json["false_alerts"] = judgement.false_notifications();
  }
  json["notifications"] = Json::array();
  for (const Notification& told : judgement.notifications) {
    json["notifications"].push_back(notification_json(outcome, told));
  }
  json["incidents"] = Json::array();
  for (std::size_t i = 0; i < outcome.incidents.size(); ++i) {
    json["incidents"].push_back(incident_json(outcome.incidents[i], judgement.outcomes[i]));
  }
  json["entities"] = Json::array();
  for (std::size_t i = 0; i < replay.tracks.size(); ++i) {
    json["entities"].push_back(entity_json(outcome, i));
  }
  return json;
}

std::string hits_text(const Judgement& judgement) {
  return fmt::format("{} of {}", judgement.incidents_hit(), judgement.incidents_covered());
}

}  // namespace

std::string entity_text(const DetectorSpec& spec, const Labels& entity) {
  std::vector<std::string_view> values;
  for (const std::string& name : spec.by) {
    if (const auto value = entity.get(name); !value.empty()) values.push_back(value);
  }
  return fmt::format("{}", fmt::join(values, ", "));
}

std::string reasons_text(const DetectorSpec& spec, const std::vector<TopContribution>& reasons) {
  std::string text;
  for (const auto& [feature, share] : reasons) {
    text += fmt::format("{}{} {:.0f}%", text.empty() ? "" : ", ", spec.features[feature].name,
                        100 * share);
  }
  return text;
}

std::vector<std::string> remarks(const DetectorOutcome& outcome) {
  const DetectorReplay& replay = outcome.replay;
  std::vector<std::string> list;
  if (replay.trainings_failed > 0) {
    list.push_back(fmt::format("{} trainings failed, the last one: {}", replay.trainings_failed,
                               replay.training_error));
  }
  if (replay.steps_without_data > 0) {
    list.push_back(fmt::format("{} steps had no data of any entity", replay.steps_without_data));
  }
  const auto warming = std::ranges::count_if(replay.tracks, [](const EntityTrack& track) {
    return std::ranges::none_of(track.points, &ScoredPoint::ready);
  });
  if (warming > 0) {
    list.push_back(fmt::format("{} of {} entities never had the history that alerts need", warming,
                               replay.tracks.size()));
  }
  if (replay.tracks.empty()) list.emplace_back("no entity had enough history for a score");
  return list;
}

std::string summary_json(const std::vector<DetectorOutcome>& outcomes) {
  Json json{{"detectors", Json::array()}};
  for (const DetectorOutcome& outcome : outcomes) {
    json["detectors"].push_back(detector_json(outcome));
  }
  // Label values may be any bytes.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string summary_table(const std::vector<DetectorOutcome>& outcomes) {
  constexpr std::string_view kRow = "{:<24} {:>8} {:>8} {:>13} {:>8}";
  std::string text = fmt::format(kRow, "detector", "entities", "alerts", "a day, entity", "budget");
  const bool judged = std::ranges::any_of(
      outcomes, [](const DetectorOutcome& one) { return one.judgement.has_incidents; });
  if (judged) text += fmt::format(" {:>14} {:>7} {:>13}", "incidents hit", "missed", "false a day");
  text += '\n';
  for (const DetectorOutcome& outcome : outcomes) {
    const Judgement& judgement = outcome.judgement;
    text += fmt::format(kRow, outcome.replay.spec.name, outcome.replay.tracks.size(),
                        judgement.notifications.size(),
                        fmt::format("{:.3f}", judgement.alerts_per_day()),
                        fmt::format("{:.3f}", judgement.budget_per_day));
    if (judged) {
      text += fmt::format(" {:>14} {:>7} {:>13.3f}", hits_text(judgement),
                          judgement.incidents_covered() - judgement.incidents_hit(),
                          judgement.per_day(judgement.false_notifications()));
    }
    text += '\n';
    for (const std::string& remark : remarks(outcome)) text += "  " + remark + "\n";
  }
  return text;
}

}  // namespace exporter
