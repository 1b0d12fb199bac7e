#include "exporter/backtest/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>

#include "exporter/backtest/entity_chart.h"
#include "exporter/http/message.h"
#include "exporter/http/page.h"
#include "exporter/time_text.h"

namespace exporter {
namespace {

constexpr std::string_view kStyle = R"(
main { max-width: 76rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
)";

// How far the realised rate of alerts may be from the budget.
constexpr double kBudgetFactor = 2;

std::string day_and_time(TimePoint at) {
  std::string text = to_rfc3339(at);
  text[text.find('T')] = ' ';
  text.pop_back();
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return text;
}

std::string opening(const std::vector<DetectorOutcome>& outcomes) {
  std::string page = page_opening("Backtest");
  const std::string_view end = "</style>";
  page.insert(page.find(end), std::string(kStyle) + std::string(kChartStyle));
  const ReplayRange& range = outcomes.front().replay.range;
  page += fmt::format(
      "<p>{} to {} UTC. Alerts are what <code>anomaly_active</code> would have "
      "told, with the trainings that the detectors would have had.</p>\n",
      day_and_time(range.from), day_and_time(range.to));
  return page;
}

std::string verdict(const Judgement& judgement) {
  const double times = judgement.alerts_per_day() / judgement.budget_per_day;
  if (times <= 1) return "<span class=\"good\">within</span>";
  return fmt::format("<span class=\"{}\">{:.1f} x</span>", times <= kBudgetFactor ? "" : "bad",
                     times);
}

void append_overview(const std::vector<DetectorOutcome>& outcomes, std::string& page) {
  const bool judged = std::ranges::any_of(
      outcomes, [](const DetectorOutcome& one) { return one.judgement.has_incidents; });
  page +=
      "<div class=\"scroll\"><table>\n<tr><th>Detector</th><th class=\"number\">Entities</th>"
      "<th class=\"number\">Alerts</th><th class=\"number\">A day and entity</th>"
      "<th class=\"number\">Budget</th><th>Of the budget</th>";
  if (judged) {
    page +=
        "<th class=\"number\">Incidents hit</th><th class=\"number\">Missed</th>"
        "<th class=\"number\">False a day and entity</th>";
  }
  page += "</tr>\n";
  for (const DetectorOutcome& outcome : outcomes) {
    const Judgement& judgement = outcome.judgement;
    page += fmt::format(
        "<tr><td><a href=\"#{0}\">{0}</a></td><td class=\"number\">{1}</td>"
        "<td class=\"number\">{2}</td><td class=\"number\">{3:.3f}</td>"
        "<td class=\"number\">{4:.3f}</td><td>{5}</td>",
        escape_html(outcome.replay.spec.name), outcome.replay.tracks.size(),
        judgement.notifications.size(), judgement.alerts_per_day(), judgement.budget_per_day,
        verdict(judgement));
    if (judged) {
      page += fmt::format(
          "<td class=\"number\">{} of {}</td><td class=\"number\">{}</td>"
          "<td class=\"number\">{:.3f}</td>",
          judgement.incidents_hit(), judgement.incidents_covered(),
          judgement.incidents_covered() - judgement.incidents_hit(),
          judgement.per_day(judgement.false_notifications()));
    }
    page += "</tr>\n";
  }
  page += "</table></div>\n";
}

void append_shown(std::size_t shown, std::size_t all, std::string_view what, std::string& page) {
  if (shown < all) {
    page +=
        fmt::format("<p class=\"soft\">{} of {} {}; summary.json has all.</p>\n", shown, all, what);
  }
}

std::string incident_verdict(const Incident& incident, const IncidentOutcome& outcome) {
  if (!outcome.covered) return "<span class=\"soft\">not scored</span>";
  if (!outcome.hit) return "<span class=\"bad\">missed</span>";
  const Duration delay = outcome.first_alert - incident.start;
  const auto length = format_duration(std::chrono::abs(delay));
  return fmt::format("<span class=\"good\">hit</span>, {} {} its start", length,
                     delay < Duration::zero() ? "before" : "after");
}

void append_incidents(const DetectorOutcome& outcome, std::string& page) {
  if (!outcome.judgement.has_incidents) return;
  page +=
      "<h3>Incidents</h3>\n<div class=\"scroll\"><table>\n<tr><th>Start</th><th>End</th>"
      "<th>Name</th><th>Entities</th><th>Outcome</th></tr>\n";
  const std::size_t shown = std::min(kReportRows, outcome.incidents.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Incident& incident = outcome.incidents[i];
    const IncidentOutcome& result = outcome.judgement.outcomes[i];
    page += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        day_and_time(incident.start), day_and_time(incident.end),
                        escape_html(incident.name),
                        incident.match.empty() ? "all" : escape_html(incident.match.to_string()),
                        incident_verdict(incident, result));
  }
  page += "</table></div>\n";
  append_shown(shown, outcome.incidents.size(), "incidents", page);
}

std::string incident_cell(const DetectorOutcome& outcome, const Notification& told) {
  if (!told.incident) return "<span class=\"bad\">false</span>";
  const std::string& name = outcome.incidents[*told.incident].name;
  return "<span class=\"good\">" + (name.empty() ? "true" : escape_html(name)) + "</span>";
}

void append_alerts(const DetectorOutcome& outcome, std::string& page) {
  const DetectorReplay& replay = outcome.replay;
  auto worst = outcome.judgement.notifications;
  page += "<h3>Alerts</h3>\n";
  if (worst.empty()) {
    page += "<p>There were none.</p>\n";
    return;
  }
  std::ranges::stable_sort(worst, std::ranges::greater{},
                           [](const Notification& told) { return told.alert.severity; });
  worst.resize(std::min(worst.size(), kReportRows));
  page +=
      "<div class=\"scroll\"><table>\n<tr><th>Start</th><th class=\"number\">Length</th>"
      "<th>Entity</th><th class=\"number\">Severity</th><th>Because of</th>";
  page += outcome.judgement.has_incidents ? "<th>Incident</th></tr>\n" : "</tr>\n";
  for (const Notification& told : worst) {
    const Duration length = told.alert.end - told.alert.start + replay.spec.interval;
    page += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td>{}</td><td class=\"number\">{:.2f}</td>"
        "<td>{}</td>",
        day_and_time(told.alert.start), format_duration(length),
        escape_html(entity_text(replay.spec, replay.tracks[told.track].entity)),
        told.alert.severity, escape_html(reasons_text(replay.spec, told.alert.reasons)));
    if (outcome.judgement.has_incidents) page += "<td>" + incident_cell(outcome, told) + "</td>";
    page += "</tr>\n";
  }
  page += "</table></div>\n";
  append_shown(worst.size(), outcome.judgement.notifications.size(), "alerts", page);
}

// The entities with the most severe alerts, then those with the highest scores.
std::vector<std::size_t> worst_entities(const DetectorReplay& replay) {
  std::vector<std::pair<bool, double>> rank;
  for (const EntityTrack& track : replay.tracks) {
    double severity = track.points.front().severity();
    for (const ScoredPoint& point : track.points) severity = std::max(severity, point.severity());
    rank.emplace_back(!track.alerts.empty(), severity);
  }
  std::vector<std::size_t> order(rank.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return rank[i]; });
  order.resize(std::min(order.size(), kReportEntities));
  return order;
}

Status write_detector(const DetectorOutcome& outcome, const TextSink& sink) {
  const DetectorReplay& replay = outcome.replay;
  std::string page = fmt::format(
      "<h2 id=\"{0}\">{0}</h2>\n<p>A step each {1}, {2} steps; trained {3} times.</p>\n",
      escape_html(replay.spec.name), format_duration(replay.spec.interval), replay.steps.size(),
      replay.trainings);
  for (const std::string& remark : remarks(outcome)) {
    page += "<p class=\"bad\">" + escape_html(remark) + "</p>\n";
  }
  append_incidents(outcome, page);
  append_alerts(outcome, page);
  const auto worst = worst_entities(replay);
  if (!worst.empty()) page += "<h3>Entities</h3>\n" + chart_legend(outcome.judgement.has_incidents);
  append_shown(worst.size(), replay.tracks.size(), "entities, the most severe", page);
  if (auto written = sink(page); !written) return written;
  for (const std::size_t track : worst) {
    const std::string head =
        "<h3>" + escape_html(entity_text(replay.spec, replay.tracks[track].entity)) + "</h3>\n";
    if (auto written = sink(head + entity_chart(outcome, track)); !written) return written;
  }
  return Done{};
}

}  // namespace

Status write_report(const std::vector<DetectorOutcome>& outcomes, const TextSink& sink) {
  std::string page = opening(outcomes);
  append_overview(outcomes, page);
  if (auto written = sink(page); !written) return written;
  for (const DetectorOutcome& outcome : outcomes) {
    if (auto written = write_detector(outcome, sink); !written) return written;
  }
  return sink("</main>\n</body>\n</html>\n");
}

}  // namespace exporter
