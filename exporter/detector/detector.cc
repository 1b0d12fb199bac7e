#include "exporter/detector/detector.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>

#include "exporter/detector/live_codec.h"
#include "exporter/log.h"
#include "exporter/model/codec.h"

namespace exporter {
namespace {

// Turns what only our own code or an empty memory can throw into an error on the normal path.
template <typename Action>
std::invoke_result_t<Action> without_exceptions(Action action) {
  try {
    return action();
  } catch (const std::exception& failure) {
    return Error{ErrorKind::data, std::string("internal error: ") + failure.what(), "internal"};
  }
}

// After a clock was set back: begin anew at `at`, with what is known but without a recent past.
void restart_at(TimePoint at, LiveState& live) {
  live.last = TimePoint{};
  for (auto& [entity, state] : live.entities) {
    state.recent = {};
    state.last_seen = std::min(state.last_seen, at);
    state.last_trained = std::min(state.last_trained, at);
    state.activity.forget_scores();
  }
  for (auto& [entity, entry] : live.missing) entry.since = std::min(entry.since, at);
}

std::string model_file(const DetectorSpec& spec) { return spec.name + ".model"; }
std::string live_file(const DetectorSpec& spec) { return spec.name + ".live"; }

// Says the same failure once, and its end once.
void log_outcome(const std::string& detector, std::string_view what,
                 const std::optional<Error>& error, std::string& last) {
  const std::string now = error ? error->message : "";
  if (now == last) return;
  if (error) {
    log::write(error->kind == ErrorKind::config ? log::Level::error : log::Level::warn,
               fmt::format("{} failed", what), {{"detector", detector}, {"err", error->message}});
  } else {
    log::info(fmt::format("{} works again", what), {{"detector", detector}});
  }
  last = now;
}

std::optional<Error> presence_error(const CycleReport& report) {
  const auto found = std::ranges::find(report.queries, kPresenceQuery, &QueryReport::feature);
  return found == report.queries.end() ? std::nullopt : found->error;
}

}  // namespace

std::string_view to_string(DetectorState state) {
  switch (state) {
    case DetectorState::warming: return "warming";
    case DetectorState::ready: return "ready";
    case DetectorState::stale: return "stale";
  }
  return "";
}

Detector::Detector(DetectorSpec spec, LimitsConfig limits, Duration query_offset,
                   std::shared_ptr<const SeriesSource> source, const Store& store,
                   const Clock& clock, Observer observer)
    : spec_(std::move(spec)),
      limits_(limits),
      query_offset_(query_offset),
      source_(std::move(source)),
      store_(store),
      clock_(clock),
      observer_(std::move(observer)) {}

void Detector::inherit(const Detector& old) {
  model_.set(old.model_.get());
  batch_.set(old.batch_.get());
  history_.inherit(old.history_);
  const std::scoped_lock lock(mutex_, old.mutex_);
  live_ = old.live_;
  attempted_ = old.attempted_;
  last_cycle_ = old.last_cycle_;
  if (old.spec_.novelty != spec_.novelty) {
    for (auto& [entity, state] : live_.entities) state.activity.forget_scores();
  }
}

void Detector::restore() {
  const auto load = [&](const std::string& name, auto decode) {
    StateReport report{.detector = spec_.name, .save = false, .error = std::nullopt};
    auto bytes = store_.read(name);
    if (bytes && !*bytes) return;
    if (!bytes) {
      report.error = std::move(bytes).error();
    } else {
      report.error = decode(**bytes);
      if (report.error) store_.set_aside(name);
    }
    if (report.error) {
      log::warn("Saved state not used", {{"detector", spec_.name}, {"err", report.error->message}});
    }
    if (observer_.state) observer_.state(report);
  };

  load(model_file(spec_), [&](std::span<const std::byte> bytes) -> std::optional<Error> {
    auto model = decode_model(bytes, spec_.calendar);
    if (!model) return std::move(model).error().in(model_file(spec_));
    if (model->spec_checksum != spec_.training_checksum()) {
      log::info("Saved model belongs to an older definition; training anew",
                {{"detector", spec_.name}});
      return std::nullopt;
    }
    log::info(
        "Loaded model",
        {{"detector", spec_.name}, {"entities", model->entities.size()}, {"rows", model->rows()}});
    model_.set(std::make_shared<const TrainedModel>(*std::move(model)));
    return std::nullopt;
  });
  if (model_.get() == nullptr) return;
  load(live_file(spec_), [&](std::span<const std::byte> bytes) -> std::optional<Error> {
    auto live = decode_live(bytes, spec_.checksum(), spec_.features.size());
    if (!live) return std::move(live).error().in(live_file(spec_));
    const std::lock_guard lock(mutex_);
    live_ = *std::move(live);
    return std::nullopt;
  });
}

void Detector::save_live() const {
  if (model_.get() == nullptr) return;
  std::vector<std::byte> bytes;
  {
    const std::lock_guard lock(mutex_);
    bytes = encode_live(live_, spec_.checksum());
  }
  save(live_file(spec_), bytes);
}

void Detector::cycle(std::size_t missed, std::stop_token stop) {
  const SteadyPoint started = clock_.steady_now();
  CycleReport report;
  report.detector = spec_.name;
  report.missed = missed;
  report.at = evaluation_time(spec_, query_offset_, clock_.now());

  const std::lock_guard writer(live_writer_);
  const SharedLive live(live_, mutex_);
  const TimePoint last = live.read().last;
  if (report.at == last) return;
  if (report.at < last) {
    if (report.at + spec_.interval >= last) return;  // a clock that is being adjusted
    live.change([&](LiveState& state) { restart_at(report.at, state); });
  }
  const auto model = model_.get();
  auto batch = without_exceptions([&] {
    auto scored = run_cycle(spec_, limits_, model.get(), live, *source_, report.at, stop, report,
                            &explainers_);
    if (scored && observer_.render) scored->rendered = observer_.render(*scored);
    return scored;
  });
  if (stop.stop_requested()) return;
  report.finished = clock_.now();
  report.seconds = to_seconds(clock_.steady_now() - started);
  if (batch) {
    batch->finished = report.finished;
    history_.add(*batch);
    batch_.set(std::make_shared<const ScoreBatch>(*std::move(batch)));
  } else {
    report.error = std::move(batch).error();
    // An answer without entities is no failed query: nobody is known to be missing, nothing is
    // shown.
    if (report.error->label() == "no_data" && batch_.get() != nullptr) {
      batch_.set(std::make_shared<const ScoreBatch>());
    }
  }
  {
    const std::lock_guard lock(mutex_);
    attempted_ = true;
    last_cycle_ = CycleSummary{.at = report.at,
                               .finished = report.finished,
                               .seconds = report.seconds,
                               .error = report.error ? report.error->message : ""};
  }
  log_outcome(spec_.name, "Scoring", report.error, last_cycle_error_);
  log_outcome(spec_.name, "Presence query", presence_error(report), last_presence_error_);
  if (report.absences_started > 0) {
    log::warn("Entities became absent",
              {{"detector", spec_.name}, {"entities", report.absences_started}});
  }
  if (observer_.cycle) observer_.cycle(report);
  // An alert that began must not begin again after a crash, nor must one who left be forgotten.
  if (report.alerts_started > 0 || report.absences_started > 0) save_live();
}

std::optional<TrainingPlan> Detector::plan_training() const {
  const TimePoint now = clock_.now();
  const auto model = model_.get();
  const std::lock_guard lock(mutex_);
  auto plan = due_training(spec_, model.get(), live_, evaluation_time(spec_, query_offset_, now));
  if (plan && !pace_.allows(clock_.steady_now(), plan->full)) return std::nullopt;
  return plan;
}

void Detector::train(std::stop_token stop) {
  const auto plan = plan_training();
  if (!plan) return;
  const SteadyPoint started = clock_.steady_now();
  TrainingReport report;
  report.detector = spec_.name;
  log::debug("Training", {{"detector", spec_.name}, {"full", plan->full}});

  auto bytes = without_exceptions([&] { return train_to_bytes(*plan, stop, report); });
  if (stop.stop_requested()) return;
  report.error = bytes ? publish_model(*bytes) : std::move(bytes).error();
  report.finished = clock_.now();
  report.seconds = to_seconds(clock_.steady_now() - started);
  if (const auto model = model_.get()) {
    report.model_rows = model->rows();
    report.trained_at = model->trained_at;
  }

  if (report.error) {
    const std::lock_guard lock(mutex_);
    pace_.note_failure(clock_.steady_now());
  } else {
    {
      const std::lock_guard writer(live_writer_);
      const std::lock_guard lock(mutex_);
      note_training(*plan, live_);
      pace_.note_success(clock_.steady_now());
    }
    if (model_.get()->entities.empty()) {
      log::info("No history yet: scores come after 32 rows, alerts after 256 rows and one season",
                {{"detector", spec_.name}, {"interval", format_duration(spec_.interval)}});
    }
    log::info("Trained", {{"detector", spec_.name},
                          {"full", plan->full},
                          {"entities", report.entities},
                          {"rows", report.rows},
                          {"seconds", fmt::format("{:.2f}", report.seconds)}});
    save(model_file(spec_), *bytes);
  }
  log_outcome(spec_.name, "Training", report.error, last_training_error_);
  if (observer_.training) observer_.training(report);
}

Result<std::vector<std::byte>> Detector::train_to_bytes(const TrainingPlan& plan,
                                                        std::stop_token stop,
                                                        TrainingReport& report) const {
  const auto old = model_.get();
  auto trained = run_training(spec_, limits_, plan, old.get(), *source_, stop, report);
  if (!trained) return std::move(trained).error();
  if (plan.full) trained->trained_at = clock_.now();
  return encode_model(*trained);
}

std::optional<Error> Detector::publish_model(std::span<const std::byte> bytes) {
  // What serves is what a restart would read. Built anew after the history and the trees' growth
  // have left the heap, it lies together: otherwise its small blocks hold on to several times their
  // size.
  auto model = decode_model(bytes, spec_.calendar);
  if (!model) return std::move(model).error();
  model_.set(std::make_shared<const TrainedModel>(*std::move(model)));
  ::malloc_trim(0);
  return std::nullopt;
}

void Detector::save(const std::string& name, std::span<const std::byte> bytes) const {
  StateReport report{.detector = spec_.name, .save = true, .error = std::nullopt};
  if (auto written = store_.write(name, bytes); !written) {
    report.error = written.error();
    log::warn("State not saved", {{"detector", spec_.name}, {"err", report.error->message}});
  }
  if (observer_.state) observer_.state(report);
}

std::shared_ptr<const ScoreBatch> Detector::batch() const {
  auto batch = batch_.get();
  const Duration longest = std::max<Duration>(2 * spec_.interval, std::chrono::minutes(5));
  if (batch == nullptr) return nullptr;
  const Duration age = clock_.now() - batch->finished;
  // A batch from the future was made before the clock was set back.
  return age > longest || age < -longest ? nullptr : batch;
}

DetectorState Detector::state() const {
  const auto latest = batch();
  if (latest == nullptr) return batch_.get() ? DetectorState::stale : DetectorState::warming;
  // While all are missing there is no score to tell; they were known from a model.
  const bool ready =
      latest->scores.empty()
          ? !latest->missing.empty()
          : std::ranges::any_of(latest->scores, [](const EntityScore& s) { return s.ready; });
  return ready ? DetectorState::ready : DetectorState::warming;
}

std::optional<CycleSummary> Detector::last_cycle() const {
  const std::lock_guard lock(mutex_);
  return last_cycle_;
}

bool Detector::attempted() const {
  const std::lock_guard lock(mutex_);
  return attempted_;
}

}  // namespace exporter
