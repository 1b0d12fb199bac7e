#include "exporter/backtest/entity_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

#include "exporter/plot/frame.h"
#include "exporter/plot/svg.h"
#include "exporter/plot/time_axis.h"
#include "exporter/plot/time_line.h"
#include "exporter/time_text.h"

namespace exporter {

const std::string_view kChartStyle = R"(
:root { --score: #1768ac; --expected: #b36b00; }
@media (prefers-color-scheme: dark) { :root { --score: #6cb2f0; --expected: #f0b45c; } }
.chart { width: 100%; max-width: 74rem; height: auto; display: block; }
.chart text { fill: var(--soft); font-size: 11px; }
.chart .name { fill: var(--ink); font-size: 12px; font-weight: 600; paint-order: stroke;
  stroke: var(--paper); stroke-width: 3px; }
.frame { fill: none; stroke: var(--line); } .grid { stroke: var(--line); }
.chart path { fill: none; stroke-width: 1.2; stroke-linejoin: round; stroke-linecap: round; }
.chart .score, .chart .value { stroke: var(--score); }
.chart .threshold { stroke: var(--bad); stroke-dasharray: 5 3; }
.chart .expected { stroke: var(--expected); stroke-dasharray: 2 3; }
.alert { fill: var(--bad); opacity: .22; } .incident { fill: var(--good); }
@media (prefers-color-scheme: dark) { .alert { opacity: .36; } }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; color: var(--soft); font-size: .9rem;
  margin: .4rem 0; }
.legend svg { width: 26px; height: 12px; margin-right: .4rem; }
)";

namespace {

constexpr double kWidth = 960, kLeft = 62, kRight = 10, kGap = 8;
constexpr double kTop = 14, kScoreHeight = 110, kFeatureHeight = 62, kAxisHeight = 22;
constexpr double kIncidentHeight = 6, kLeastShade = 2;

// The features that the alerts of a track blame most, then the first ones.
std::vector<std::size_t> chosen_features(const DetectorSpec& spec, const EntityTrack& track) {
  std::vector<double> blame(spec.features.size());
  for (const Alert& alert : track.alerts) {
    for (const auto& [feature, share] : alert.reasons) blame[feature] += share;
  }
  std::vector<std::size_t> order(blame.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t f) { return blame[f]; });
  order.resize(std::min(order.size(), kChartFeatures));
  return order;
}

/// Draws the panels of one entity below each other.
class Chart {
 public:
  Chart(const DetectorOutcome& outcome, std::size_t index)
      : outcome_(outcome),
        index_(index),
        track_(outcome.replay.tracks[index]),
        features_(chosen_features(outcome.replay.spec, track_)),
        gap_(2.5 * to_seconds(outcome.replay.spec.interval)) {
    for (const ScoredPoint& point : track_.points) times_.push_back(to_seconds(point.at));
    range_ = plot::usable_range(
        {to_seconds(outcome.replay.range.from), to_seconds(outcome.replay.range.to)});
    time_ticks_ = plot::time_ticks(range_, 10);
  }

  std::string draw() &&;

 private:
  plot::Frame frame(double height, plot::Range y) const {
    return {.left = kLeft,
            .top = top_,
            .width = kWidth - kLeft - kRight,
            .height = height,
            .x = range_,
            .y = y};
  }
  double total_height() const {
    return kTop + kScoreHeight + kAxisHeight +
           static_cast<double>(features_.size()) * (kFeatureHeight + kGap);
  }
  void shade(const plot::Frame& frame, TimePoint from, TimePoint to, std::string_view look,
             const std::string& title);
  void shade_alerts(const plot::Frame& frame);
  void mark_incidents();
  void grid(const plot::Frame& frame, std::string_view name, std::size_t most_marks);
  void line(const plot::Frame& frame, const std::vector<float>& values, std::string_view look);
  void score_panel();
  void feature_panel(std::size_t feature);
  void time_axis();

  const DetectorOutcome& outcome_;
  const std::size_t index_;
  const EntityTrack& track_;
  const std::vector<std::size_t> features_;
  const double gap_;
  std::vector<double> times_;
  plot::Range range_;
  plot::Ticks time_ticks_;
  double top_ = kTop;
  plot::Svg svg_;
};

void Chart::shade(const plot::Frame& frame, TimePoint from, TimePoint to, std::string_view look,
                  const std::string& title) {
  const auto place = [&](TimePoint at) {
    return frame.left + frame.width * std::clamp(frame.share_x(to_seconds(at)), 0.0, 1.0);
  };
  const double left = place(from);
  const double width = std::max(kLeastShade, place(to + outcome_.replay.spec.interval) - left);
  svg_.raw(
      fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                  "height=\"{:.1f}\"><title>{}</title></rect>",
                  look, left, frame.top, std::min(width, frame.right() - left), frame.height,
                  plot::escaped(title)));
}

void Chart::shade_alerts(const plot::Frame& frame) {
  for (const Notification& told : outcome_.judgement.notifications) {
    if (told.track != index_) continue;
    shade(
        frame, told.alert.start, told.alert.end, "alert",
        fmt::format("alert {} to {}: {}", to_rfc3339(told.alert.start), to_rfc3339(told.alert.end),
                    reasons_text(outcome_.replay.spec, told.alert.reasons)));
  }
}

// In a strip above the score, where no line hides them.
void Chart::mark_incidents() {
  plot::Frame strip = frame(kIncidentHeight, {0, 1});
  strip.top -= kIncidentHeight + 2;
  for (std::size_t i = 0; i < outcome_.incidents.size(); ++i) {
    const Incident& incident = outcome_.incidents[i];
    if (!outcome_.judgement.outcomes[i].covered || !incident.concerns(track_.entity)) continue;
    shade(strip, incident.start, incident.end, "incident",
          fmt::format("incident {} {} to {}", incident.name, to_rfc3339(incident.start),
                      to_rfc3339(incident.end)));
  }
}

// Everything that lies below the lines.
void Chart::grid(const plot::Frame& frame, std::string_view name, std::size_t most_marks) {
  for (const double at : time_ticks_.values) {
    const double x = frame.at_share(frame.share_x(at), 0).x;
    svg_.line({x, frame.top}, {x, frame.bottom()}, "class=\"grid\"");
  }
  const plot::Ticks ticks = plot::make_ticks(frame.y, most_marks);
  for (std::size_t i = 0; i < ticks.values.size(); ++i) {
    const plot::Pixel at = frame.at_share(0, frame.share_y(ticks.values[i]));
    svg_.line(at, {frame.right(), at.y}, "class=\"grid\"");
    svg_.text({at.x - 5, at.y + 4}, plot::Svg::Anchor::end, ticks.labels[i]);
  }
  svg_.rectangle({frame.left, frame.top}, frame.width, frame.height, "class=\"frame\"");
  shade_alerts(frame);
  const std::string note = ticks.note.empty() ? "" : " (" + ticks.note + ")";
  svg_.text({frame.left + 6, frame.top + 14}, plot::Svg::Anchor::start, std::string(name) + note,
            "class=\"name\"");
}

void Chart::line(const plot::Frame& frame, const std::vector<float>& values,
                 std::string_view look) {
  const plot::Path path = plot::time_line(frame, times_, values, gap_);
  if (!path.empty()) svg_.raw(fmt::format("<path class=\"{}\" d=\"{}\"/>", look, path.text()));
}

void Chart::score_panel() {
  const plot::Frame place = frame(kScoreHeight, {0, 1});
  std::vector<float> scores, thresholds;
  for (const ScoredPoint& point : track_.points) {
    scores.push_back(static_cast<float>(point.score));
    thresholds.push_back(static_cast<float>(point.threshold));
  }
  grid(place, "score", 6);
  mark_incidents();
  line(place, thresholds, "threshold");
  line(place, scores, "score");
  top_ += kScoreHeight + kGap;
}

void Chart::feature_panel(std::size_t feature) {
  const std::size_t features = outcome_.replay.spec.features.size();
  std::vector<float> values, expected;
  std::vector<double> shown;
  for (std::size_t i = feature; i < track_.values.size(); i += features) {
    values.push_back(track_.values[i]);
    expected.push_back(track_.expected[i]);
    shown.push_back(static_cast<double>(track_.values[i]));
    shown.push_back(static_cast<double>(track_.expected[i]));
  }
  const plot::Frame place = frame(kFeatureHeight, plot::range_of(shown));
  grid(place, outcome_.replay.spec.features[feature].name, 4);
  line(place, values, "value");
  line(place, expected, "expected");
  top_ += kFeatureHeight + kGap;
}

void Chart::time_axis() {
  const plot::Frame place = frame(0, {0, 1});
  for (std::size_t i = 0; i < time_ticks_.values.size(); ++i) {
    const double x = place.at_share(place.share_x(time_ticks_.values[i]), 0).x;
    svg_.text({x, top_ + 6}, plot::Svg::Anchor::middle, time_ticks_.labels[i]);
  }
}

std::string Chart::draw() && {
  svg_.raw(fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth,
      total_height(),
      plot::escaped("scores and features of " + entity_text(outcome_.replay.spec, track_.entity))));
  score_panel();
  for (const std::size_t feature : features_) feature_panel(feature);
  time_axis();
  svg_.raw("</svg>\n");
  return std::move(svg_).take();
}

}  // namespace

std::string entity_chart(const DetectorOutcome& outcome, std::size_t track) {
  return Chart(outcome, track).draw();
}

std::string chart_legend(bool has_incidents) {
  std::string html = "<p class=\"legend\">";
  const auto entry = [&](std::string_view shape, std::string_view words) {
    html += fmt::format(
        "<span><svg class=\"chart\" style=\"display:inline\" viewBox=\"0 0 26 12\">"
        "{}</svg>{}</span>",
        shape, words);
  };
  entry("<path class=\"score\" d=\"M1 6H25\"/>", "score, or value");
  entry("<path class=\"threshold\" d=\"M1 6H25\"/>", "threshold");
  entry("<path class=\"expected\" d=\"M1 6H25\"/>", "expected value");
  entry("<rect class=\"alert\" width=\"26\" height=\"12\"/>", "alert");
  if (has_incidents)
    entry("<rect class=\"incident\" y=\"3\" width=\"26\" height=\"6\"/>", "incident");
  return html + "</p>\n";
}

}  // namespace exporter
