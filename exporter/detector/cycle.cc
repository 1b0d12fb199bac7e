#include "exporter/detector/cycle.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "exporter/log.h"

namespace exporter {
namespace {

std::span<const double> row_of(const FeatureMatrix& matrix, std::size_t entity, std::size_t point) {
  const auto row = static_cast<Eigen::Index>(entity * matrix.grid.size + point);
  return {matrix.values.row(row).data(), matrix.features.size()};
}

bool has_data(std::span<const double> row) {
  return std::ranges::any_of(row, [](double v) { return std::isfinite(v); });
}

// The rows to fetch: all since the last cycle, at most a context window.
TimeGrid missing_rows(const DetectorSpec& spec, const LiveState& live, TimePoint at) {
  const TimePoint window = at - spec.interval * static_cast<Duration::rep>(kContextWindow);
  const TimePoint next = live.last + spec.interval;
  return TimeGrid::range(std::max(window, next), at, spec.interval);
}

// Scores a row that has data.
RowScore score(const DetectorSpec& spec, const EntityModel& model, RecentRows& recent, TimePoint at,
               std::span<const double> raw) {
  if (recent.outdated(at, spec.interval)) recent = {};
  return *score_row(model, at, recent.levels(model.context), recent.adjacent(at, spec.interval),
                    raw);
}

// What an entity was before a silence longer than hysteresis says nothing about it now.
void note_seen(const DetectorSpec& spec, EntityState& state, TimePoint at) {
  if (state.first_seen == TimePoint{}) state.first_seen = at;
  if (at - state.last_seen > spec.interval * static_cast<Duration::rep>(spec.hysteresis + 1)) {
    state.activity.end();
  }
  state.last_seen = at;
}

// Takes a row that no cycle has scored, as the cycle would have: the anomalous stay out of the
// recent rows. Alerts go on and begin only for an entity that was watched before. Returns true when
// one began.
bool catch_up(const DetectorSpec& spec, const EntityModel* model, EntityState& state, bool watched,
              TimePoint at, std::span<const double> raw) {
  if (model == nullptr || !model->ready) {
    state.recent.push(at, raw);
    return false;
  }
  const double value = score(spec, *model, state.recent, at, raw).score;
  const bool detected = value > threshold_of(*model, spec.sensitivity);
  if (!detected) state.recent.push(at, raw);
  return watched && state.activity.update({spec.novelty, spec.hysteresis}, at, value, detected);
}

EntityScore judge(const DetectorSpec& spec, const EntityModel& model, EntityState& state,
                  const Labels& entity, TimePoint at, const RowScore& row, CycleReport& report) {
  const double threshold = threshold_of(model, spec.sensitivity);
  EntityScore verdict{.entity = entity,
                      .score = row.score,
                      .threshold = threshold,
                      .coverage = row.coverage,
                      .ready = model.ready,
                      .detected = model.ready && row.score > threshold,
                      .active = false};
  // Scores of a model that is still warming would raise the bar for the first real alert.
  if (model.ready &&
      state.activity.update({spec.novelty, spec.hysteresis}, at, row.score, verdict.detected)) {
    ++report.alerts_started;
  }
  verdict.active = state.activity.active;
  return verdict;
}

// A row that may have to be explained: what it was scored against.
struct Suspect {
  std::size_t row = 0;  // in the batch
  std::shared_ptr<const EntityModel> model;
  forest::Matrix window;
  bool adjacent = false;
};

std::vector<TopContribution> top_of(const std::vector<double>& shares) {
  std::vector<TopContribution> top;
  for (std::size_t f = 0; f < shares.size(); ++f) {
    if (shares[f] > 0) top.push_back({static_cast<std::uint32_t>(f), shares[f]});
  }
  const auto kept = std::min(top.size(), kTopContributions);
  std::ranges::partial_sort(top, top.begin() + static_cast<std::ptrdiff_t>(kept),
                            std::ranges::greater{}, &TopContribution::share);
  top.resize(kept);
  top.shrink_to_fit();
  return top;
}

// Keeps those of the highest severity.
void keep_worst(std::vector<Suspect>& suspects, const ScoreBatch& batch) {
  if (suspects.size() <= kExplainedPerCycle) return;
  std::ranges::nth_element(suspects, suspects.begin() + kExplainedPerCycle, std::ranges::greater{},
                           [&](const Suspect& s) { return batch.scores[s.row].severity(); });
  suspects.resize(kExplainedPerCycle);
}

void explain(std::vector<Suspect>& suspects, ScoreBatch& batch, Explainers& explainers) {
  keep_worst(suspects, batch);
  std::vector<double> shares(batch.features.size());
  for (const Suspect& suspect : suspects) {
    const double* raw = batch.values.row(static_cast<Eigen::Index>(suspect.row)).data();
    explainers.get(suspect.model)
        ->shares(batch.at, suspect.window, suspect.adjacent, {raw, shares.size()}, shares);
    batch.scores[suspect.row].contributions = top_of(shares);
  }
}

// Notes what was seen of an entity and what was expected of it.
void write_row(const EntityModel& model, std::span<const double> raw, ScoreBatch& batch,
               std::size_t index) {
  const auto row = static_cast<Eigen::Index>(index);
  for (std::size_t f = 0; f < raw.size(); ++f) {
    batch.values(row, static_cast<Eigen::Index>(f)) = raw[f];
    batch.expected(row, static_cast<Eigen::Index>(f)) = model.context.season[f].expected(batch.at);
  }
}

void forget_gone(const DetectorSpec& spec, LiveState& live, TimePoint at) {
  std::erase_if(live.entities, [&](const auto& entry) {
    return at - entry.second.last_seen > std::max(spec.retrain, spec.novelty);
  });
}

}  // namespace

double EntityScore::severity() const {
  return threshold < 1 ? (score - threshold) / (1 - threshold) : 0;
}

TimePoint evaluation_time(const DetectorSpec& spec, Duration query_offset, TimePoint now) {
  const auto since_epoch = (now - query_offset).time_since_epoch();
  return TimePoint{since_epoch / spec.interval * spec.interval};
}

Result<std::vector<SeriesFrame>> fetch_features(const DetectorSpec& spec,
                                                const SeriesSource& source, const TimeGrid& grid,
                                                std::stop_token stop,
                                                std::vector<QueryReport>& reports) {
  std::vector<SeriesFrame> frames;
  frames.reserve(spec.features.size());
  for (const FeatureSpec& feature : spec.features) {
    const auto started = std::chrono::steady_clock::now();
    auto frame = source.fetch(feature.query, grid, stop);
    QueryReport report{.feature = feature.name, .error = std::nullopt};
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (!frame) {
      report.error = frame.error();
      reports.push_back(std::move(report));
      return std::move(frame).error().in("feature " + feature.name);
    }
    report.series = frame->labels.size();
    report.samples = frame->samples;
    report.warnings = frame->warnings.size();
    report.partial = frame->partial;
    reports.push_back(std::move(report));
    frames.push_back(*std::move(frame));
  }
  return frames;
}

Result<ScoreBatch> run_cycle(const DetectorSpec& spec, const LimitsConfig& limits,
                             const TrainedModel* model, LiveState& live, const SeriesSource& source,
                             TimePoint at, std::stop_token stop, CycleReport& report,
                             Explainers* explainers) {
  const TimeGrid grid = missing_rows(spec, live, at);
  auto frames = fetch_features(spec, source, grid, stop, report.queries);
  if (!frames) return std::move(frames).error();
  auto joined = join(*frames, spec);
  if (!joined) return std::move(joined).error();
  const FeatureMatrix& matrix = *joined;
  const std::size_t last = grid.size - 1;

  ScoreBatch batch{.at = at, .finished = {}, .scores = {}, .entities = 0};
  batch.features = matrix.features;
  batch.values.resize(static_cast<Eigen::Index>(matrix.entities.size()), matrix.values.cols());
  batch.expected.resize(batch.values.rows(), batch.values.cols());
  std::vector<Suspect> suspects;
  for (std::size_t e = 0; e < matrix.entities.size(); ++e) {
    const Labels& entity = matrix.entities[e];
    const bool present = has_data(row_of(matrix, e, last));
    if (present && batch.entities == limits.entities_per_detector) {
      ++report.entities_skipped["limit"];
      continue;
    }
    batch.entities += present ? 1 : 0;
    EntityState& state = live.entities[entity];
    const EntityModel* known = model == nullptr ? nullptr : model->find(entity);
    const bool known_before = state.last_seen != TimePoint{};
    for (std::size_t t = 0; t < grid.size; ++t) {
      const auto row = row_of(matrix, e, t);
      if (!has_data(row) || grid.at(t) <= state.last_seen) continue;
      note_seen(spec, state, grid.at(t));
      if (t < last && catch_up(spec, known, state, known_before, grid.at(t), row)) {
        ++report.alerts_started;
      }
    }
    if (!present) {
      ++report.entities_skipped["no_data"];
      continue;
    }

    const auto raw = row_of(matrix, e, last);
    if (known == nullptr) {
      ++report.entities_skipped["no_model"];
      state.recent.push(at, raw);
      continue;
    }
    const RowScore row = score(spec, *known, state.recent, at, raw);
    write_row(*known, raw, batch, batch.scores.size());
    batch.scores.push_back(judge(spec, *known, state, entity, at, row, report));
    if (explainers != nullptr && (batch.scores.back().detected || batch.scores.back().active)) {
      suspects.push_back({.row = batch.scores.size() - 1,
                          .model = model->entities.at(entity),
                          .window = state.recent.levels(known->context),
                          .adjacent = state.recent.adjacent(at, spec.interval)});
      if (suspects.size() == 2 * kExplainedPerCycle) keep_worst(suspects, batch);
    }
    if (!batch.scores.back().detected) state.recent.push(at, raw);
  }
  const auto scored = static_cast<Eigen::Index>(batch.scores.size());
  batch.values.conservativeResize(scored, Eigen::NoChange);
  batch.expected.conservativeResize(scored, Eigen::NoChange);
  if (explainers != nullptr) explain(suspects, batch, *explainers);
  live.last = at;
  forget_gone(spec, live, at);
  if (batch.entities == 0) {
    return Error{ErrorKind::data, "no entity has data: no series matched the queries", "no_data"};
  }
  return batch;
}

}  // namespace exporter
