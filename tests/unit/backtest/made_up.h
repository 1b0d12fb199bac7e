// Replays made up for tests of what is written about them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/backtest/entity_files.h"
#include "exporter/backtest/summary.h"
#include "tests/unit/detector/fake_source.h"

namespace exporter {

inline TimePoint minute(int number) { return kStart + std::chrono::minutes(number); }

/// A track of one point a minute; active where `active` has a 1.
inline EntityTrack track_of(const std::string& name, std::string_view active) {
  EntityTrack track;
  track.entity = host(name);
  for (std::size_t i = 0; i < active.size(); ++i) {
    const bool on = active[i] == '1';
    const TimePoint at = minute(static_cast<int>(i));
    const bool goes_on = i > 0 && active[i - 1] == '1';
    track.points.push_back({.at = at,
                            .score = on ? 0.75 : 0.25,
                            .threshold = 0.5,
                            .coverage = 1,
                            .ready = true,
                            .detected = on,
                            .active = on});
    track.values.insert(track.values.end(), {1.5F, 50});
    track.expected.insert(track.expected.end(), {1, 49});
    if (on && !goes_on) {
      track.alerts.push_back({.start = at, .end = at, .severity = 0.5, .reasons = {{1, 0.75}}});
    }
    if (on) track.alerts.back().end = at;
  }
  return track;
}

inline DetectorReplay replay_of(std::vector<EntityTrack> tracks) {
  DetectorReplay replay;
  replay.spec = two_features();
  const auto steps = static_cast<int>(tracks.front().points.size());
  replay.range = {minute(0), minute(steps - 1)};
  for (int i = 0; i < steps; ++i) {
    replay.steps.push_back({.at = minute(i), .entities = tracks.size(), .active = 0, .absent = 0});
  }
  replay.tracks = std::move(tracks);
  return replay;
}

inline DetectorOutcome outcome_of(DetectorReplay replay, std::vector<Incident> incidents) {
  Judgement judgement = judge(replay, incidents, !incidents.empty());
  std::vector<std::string> files = entity_file_stems(replay.spec.by, replay.tracks);
  return {std::move(replay), std::move(incidents), std::move(judgement), std::move(files)};
}

/// Gathers what a writer writes.
template <typename Writer>
std::string written_by(Writer writer) {
  std::string text;
  const auto status = writer([&](std::string_view piece) -> Status {
    text += piece;
    return Done{};
  });
  return status ? text : "failed: " + status.error().message;
}

}  // namespace exporter
