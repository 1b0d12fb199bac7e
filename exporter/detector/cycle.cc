#include "exporter/detector/cycle.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "exporter/detector/suspects.h"
#include "exporter/detector/valid_values.h"

namespace exporter {
namespace {

std::span<const double> row_of(const FeatureMatrix& matrix, std::size_t entity, std::size_t point) {
  const auto row = static_cast<Eigen::Index>(entity * matrix.grid.size + point);
  return {matrix.values.row(row).data(), matrix.features.size()};
}

bool has_data(std::span<const double> row) {
  return std::ranges::any_of(row, [](double v) { return std::isfinite(v); });
}

// Rows behind the newest one that are judged too when no cycle has seen them.
constexpr std::size_t kCaughtUp = 24;

// The rows to fetch: all since the last cycle, at most a context window.
TimeGrid missing_rows(const DetectorSpec& spec, const LiveState& live, TimePoint at) {
  const TimePoint window = at - spec.interval * static_cast<Duration::rep>(kContextWindow);
  const TimePoint next = live.last + spec.interval;
  return TimeGrid::range(std::max(window, next), at, spec.interval);
}

// What an entity was before a silence longer than hysteresis says nothing about it now.
void note_seen(const DetectorSpec& spec, EntityState& state, TimePoint at) {
  if (state.first_seen == TimePoint{}) state.first_seen = at;
  if (at - state.last_seen > spec.interval * static_cast<Duration::rep>(spec.hysteresis + 1)) {
    state.activity.end();
  }
  state.last_seen = at;
}

void forget_gone(const DetectorSpec& spec, LiveState& live, TimePoint at) {
  const Duration longest = std::max({spec.retrain, spec.novelty, spec.absence.forget});
  std::erase_if(live.entities,
                [&](const auto& entry) { return at - entry.second.last_seen > longest; });
}

using ModelPointer = std::shared_ptr<const EntityModel>;

// One row of an entity, judged.
struct Judged {
  RowScore row = {};
  double threshold = 1;
  bool detected = false, started = false;  // started: an alert began
  bool usual = true;                       // no part of an anomaly
  Suppression suppressed = Suppression::none;
  std::vector<TopContribution> contributions = {};  // of a row that the gate had to explain
  RowContext context = {};
};

// Takes the answers of one cycle entity by entity.
class CycleRun {
 public:
  CycleRun(const DetectorSpec& spec, const LimitsConfig& limits, const TrainedModel* model,
           const SharedLive& live, CycleReport& report, Explainers& explainers)
      : spec_(spec),
        limits_(limits),
        model_(model),
        live_(live),
        report_(report),
        explainers_(explainers),
        gated_(has_gates(spec)) {}

  ScoreBatch score(const FeatureMatrix& matrix, bool explain);
  // Notes who should have been there. @param listed  by the presence query, if there is one
  void note_absence(TimePoint at, const std::set<Labels>* listed);
  void note_returned() {
    live_.change([&](LiveState& live) { exporter::note_returned(present_, live.missing); });
  }

 private:
  ModelPointer model_of(const Labels& entity) const;
  void take(const FeatureMatrix& matrix, std::size_t entity, ScoreBatch& batch);
  Judged judge(const ModelPointer& model, EntityState& state, TimePoint at,
               std::span<const double> raw);
  bool only_aftermath(const RowContext& context, const RecentRows& recent, TimePoint at,
                      std::span<const double> raw, double threshold) const;
  Suppression gate(const RowContext& context, TimePoint at, std::span<const double> raw,
                   std::vector<TopContribution>& contributions);
  void publish(const Labels& entity, std::span<const double> raw, const EntityState& state,
               Judged judged, ScoreBatch& batch);

  const DetectorSpec& spec_;
  const LimitsConfig& limits_;
  const TrainedModel* const model_;
  const SharedLive live_;
  CycleReport& report_;
  Explainers& explainers_;
  const bool gated_;
  Suspects suspects_;
  EntityList present_;  // entities with data
};

ModelPointer CycleRun::model_of(const Labels& entity) const {
  if (model_ == nullptr) return nullptr;
  const auto found = model_->entities.find(entity);
  return found == model_->entities.end() ? nullptr : found->second;
}

Suppression CycleRun::gate(const RowContext& context, TimePoint at, std::span<const double> raw,
                           std::vector<TopContribution>& contributions) {
  std::vector<double> shares(raw.size());
  explainers_.get(context.model).shares(at, context.window, raw, shares);
  contributions = top_of(shares);
  std::vector<Deviation> row;
  for (std::size_t f = 0; f < raw.size(); ++f) {
    const ContextModel& usual = context.model->context;
    row.push_back({raw[f], usual.expected(f, at), usual.usual_deviation(f, at)});
  }
  return judge_row(spec_.features, row, shares);
}

// Tells whether a row over the threshold would be under it, had the anomaly before it not been: its
// rows are still in the windows of those that follow.
bool CycleRun::only_aftermath(const RowContext& context, const RecentRows& recent, TimePoint at,
                              std::span<const double> raw, double threshold) const {
  if (!recent.has_anomaly(at, spec_.interval)) return false;
  const auto window = recent.usual_window(at, spec_.interval, raw.size());
  return score_row(*context.model, at, window, raw)->score <= threshold;
}

// Scores a row and follows its entity. Scores of models that are still warming would raise the bar
// for the first real alert.
Judged CycleRun::judge(const ModelPointer& model, EntityState& state, TimePoint at,
                       std::span<const double> raw) {
  Judged judged{
      .context = {.model = model, .window = state.recent.window(at, spec_.interval, raw.size())}};
  const RowContext& context = judged.context;
  judged.row = *score_row(*model, at, context.window, raw);
  judged.threshold = threshold_of(*model, spec_);
  const bool over = model->ready && judged.row.score > judged.threshold;
  if (over && only_aftermath(context, state.recent, at, raw, judged.threshold)) {
    judged.suppressed = Suppression::aftermath;
  } else if (over && gated_) {
    judged.suppressed = gate(context, at, raw, judged.contributions);
  }
  judged.detected = over && judged.suppressed == Suppression::none;
  if (judged.suppressed != Suppression::none) ++report_.suppressed[to_string(judged.suppressed)];
  if (model->ready) {
    // What is not worth telling must not hide what is: it raises the bar to the threshold at most.
    const double score =
        judged.detected ? judged.row.score : std::min(judged.row.score, judged.threshold);
    const double excess = excess_of(score, model->usual_score);
    judged.started = live_.change([&](LiveState&) {
      return state.activity.update({spec_.novelty, spec_.hysteresis}, at, excess, judged.detected);
    });
    report_.alerts_started += judged.started ? 1 : 0;
  }
  // Rows of an alert belong to it, also those that are like the ones before them.
  judged.usual = !state.activity.active && (!over || judged.suppressed == Suppression::aftermath);
  return judged;
}

void CycleRun::publish(const Labels& entity, std::span<const double> raw, const EntityState& state,
                       Judged judged, ScoreBatch& batch) {
  const std::size_t index = batch.scores.size();
  const auto row = static_cast<Eigen::Index>(index);
  const auto expected = expected_row(*judged.context.model, batch.at);
  std::ranges::copy(raw, batch.values.row(row).data());
  std::ranges::copy(expected, batch.expected.row(row).data());
  const bool explained = !judged.contributions.empty();
  batch.scores.push_back({.entity = entity,
                          .score = judged.row.score,
                          .threshold = judged.threshold,
                          .coverage = judged.row.coverage,
                          .ready = judged.context.model->ready,
                          .detected = judged.detected,
                          .active = state.activity.active,
                          .suppressed = judged.suppressed,
                          .contributions = std::move(judged.contributions)});
  if (!explained && (judged.detected || state.activity.active)) {
    suspects_.add(index, std::move(judged.context), batch);
  }
}

void CycleRun::take(const FeatureMatrix& matrix, std::size_t entity, ScoreBatch& batch) {
  const std::size_t last = matrix.grid.size - 1;
  const Labels& labels = matrix.entities[entity];
  const bool present = has_data(row_of(matrix, entity, last));
  if (present) present_.push_back(&labels);
  if (present && batch.entities == limits_.entities_per_detector) {
    ++report_.entities_skipped["limit"];
    return;
  }
  batch.entities += present ? 1 : 0;
  EntityState& state =
      live_.change([&](LiveState& live) -> EntityState& { return live.entities[labels]; });
  const ModelPointer model = model_of(labels);
  const bool known_before = state.last_seen != TimePoint{};
  for (std::size_t t = 0; t < matrix.grid.size; ++t) {
    const TimePoint at = matrix.grid.at(t);
    const auto raw = row_of(matrix, entity, t);
    if (!has_data(raw) || (t < last && at <= state.last_seen)) continue;
    live_.change([&](LiveState&) { note_seen(spec_, state, at); });
    // Of the rows that no cycle has scored the latest are caught up with: alerts go on, and begin
    // for an entity that was watched before.
    const bool caught_up =
        known_before && last - t <= kCaughtUp && model != nullptr && model->ready;
    bool usual = true;
    if (model != nullptr && (t == last || caught_up)) {
      auto judged = judge(model, state, at, raw);
      usual = judged.usual;
      if (t == last) publish(labels, raw, state, std::move(judged), batch);
    }
    // A cycle that was broken off may have got this far.
    if (at > state.recent.newest()) {
      live_.change([&](LiveState&) { state.recent.push(at, raw, usual); });
    }
  }
  if (!present || model == nullptr) ++report_.entities_skipped[present ? "no_model" : "no_data"];
}

ScoreBatch CycleRun::score(const FeatureMatrix& matrix, bool explain) {
  ScoreBatch batch{.at = matrix.grid.last(), .finished = {}, .scores = {}, .entities = 0};
  batch.features = matrix.features;
  batch.values.resize(static_cast<Eigen::Index>(matrix.entities.size()), matrix.values.cols());
  batch.expected.resize(batch.values.rows(), batch.values.cols());
  for (std::size_t e = 0; e < matrix.entities.size(); ++e) take(matrix, e, batch);
  const auto scored = static_cast<Eigen::Index>(batch.scores.size());
  batch.values.conservativeResize(scored, Eigen::NoChange);
  batch.expected.conservativeResize(scored, Eigen::NoChange);
  if (explain) suspects_.explain(batch, explainers_);
  return batch;
}

void CycleRun::note_absence(TimePoint at, const std::set<Labels>* listed) {
  Expected expected;
  expected.complete = listed != nullptr;
  if (listed != nullptr) {
    for (const Labels& entity : *listed) expected.entities.push_back(&entity);
  } else if (model_ != nullptr) {
    for (const auto& [entity, model] : model_->entities) expected.entities.push_back(&entity);
  }
  const auto change = live_.change([&](LiveState& live) {
    return note_answered(spec_.absence, at, present_, expected, limits_.entities_per_detector,
                         live.missing);
  });
  report_.absences_started = change.started;
  if (change.limited > 0) report_.entities_skipped["limit"] += change.limited;
}

}  // namespace

double EntityScore::severity() const {
  return threshold < 1 ? (score - threshold) / (1 - threshold) : 0;
}

TimePoint evaluation_time(const DetectorSpec& spec, Duration query_offset, TimePoint now) {
  const auto since_epoch = (now - query_offset).time_since_epoch();
  return TimePoint{since_epoch / spec.interval * spec.interval};
}

std::vector<double> expected_row(const EntityModel& model, TimePoint at) {
  std::vector<double> expected;
  for (std::size_t f = 0; f < model.context.feature_count(); ++f) {
    expected.push_back(model.context.expected(f, at));
  }
  return expected;
}

Result<ScoreBatch> run_cycle(const DetectorSpec& spec, const LimitsConfig& limits,
                             const TrainedModel* model, const SharedLive& live,
                             const SeriesSource& source, TimePoint at, std::stop_token stop,
                             CycleReport& report, Explainers* explainers) {
  const TimeGrid grid = missing_rows(spec, live.read(), at);
  auto frames = fetch_features(spec, source, grid, stop, report.queries);
  if (!frames) return std::move(frames).error();
  auto matrix = join(*frames, spec);
  if (!matrix) return std::move(matrix).error();
  report.values_dropped = drop_invalid(spec, *matrix);
  std::optional<std::set<Labels>> listed;
  if (!spec.presence.empty()) {
    auto answer = fetch_presence(spec, source, at, stop, report.queries);
    if (answer) listed = *std::move(answer);
  }

  Explainers own(kExplainerBytes);
  CycleRun run(spec, limits, model, live, report, explainers != nullptr ? *explainers : own);
  ScoreBatch batch = run.score(*matrix, explainers != nullptr);
  const bool answered = !matrix->partial && (spec.presence.empty() || listed);
  if (answered) {
    run.note_absence(at, listed ? &*listed : nullptr);
  } else {
    run.note_returned();
  }
  batch.absent = count_absent(spec.absence, at, live.read().missing);
  batch.missing = list_missing(spec.absence, at, live.read().missing,
                               limits.entities_per_detector - batch.entities);
  if (batch.entities == 0 && batch.missing.empty()) {
    return Error{ErrorKind::data, "no entity has data: no series matched the queries", "no_data"};
  }
  live.change([&](LiveState& state) {
    state.last = at;
    forget_gone(spec, state, at);
  });
  return batch;
}

}  // namespace exporter
