#include "exporter/app.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "exporter/app_services.h"
#include "exporter/log.h"
#include "exporter/metrics/process.h"
#include "exporter/promql/http_source.h"

namespace exporter {
namespace {

std::size_t hash_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::hash<std::string>{}(
      {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

// Threads and state are set up at the start: what is in force, and shown, stays until the next one.
void keep_until_restart(const Config& old, Config& config) {
  const auto keep = [](const char* key, const auto& current, auto& asked) {
    if (current == asked) return;
    log::warn("Takes effect at the next start",
              {{"key", key}, {"in_force", current}, {"asked", asked}});
    asked = current;
  };
  std::string asked_dir = config.state.dir.string();
  keep("runtime.workers", old.runtime.workers, config.runtime.workers);
  keep("http.threads", old.http.threads, config.http.threads);
  keep("state.dir", old.state.dir.string(), asked_dir);
  config.state.dir = asked_dir;
}

}  // namespace

App::App(std::filesystem::path config_file, Config config, Store store, HttpOptions http,
         const Clock& clock)
    : config_file_(std::move(config_file)),
      clock_(clock),
      store_(std::move(store)),
      content_hash_(hash_content(config_file_)),
      scheduler_(std::make_unique<Scheduler>(config.runtime.workers, clock)),
      http_(std::move(http), services(),
            [this](std::string_view handler, int code, double seconds) {
              self_metrics_.record_request(handler, code, seconds);
            }) {
  self_metrics_.record_reload(true, clock_.now());
  models_.set(std::make_shared<const ModelFiles>());  // until start()
  apply(std::move(config));
}

App::~App() { stop(); }

Status App::start() {
  const auto config = config_.get();
  auto models = read_model_files(config->models, nullptr);
  if (!models) return std::move(models).error();
  apply_models(*config, *std::move(models));
  if (auto started = http_.start(); !started) return started;
  for (const std::string& address : http_.addresses())
    log::info("Listening on", {{"address", address}});
  log::info(http_.tls_enabled() ? "TLS is enabled." : "TLS is disabled.", {{"http2", false}});
  scheduler_->set(*detectors_.get());
  return Done{};
}

Status App::reload() {
  const std::lock_guard lock(reload_);
  content_hash_ = hash_content(config_file_);
  const auto refuse = [this](Error error) {
    self_metrics_.record_reload(false, clock_.now());
    log::error("Configuration not reloaded; the old one stays", {{"err", error.message}});
    return error;
  };
  auto config = load_config(config_file_);
  if (!config) return refuse(std::move(config).error());
  auto models = read_model_files(config->models, models_.get().get());
  if (!models) return refuse(std::move(models).error());
  self_metrics_.record_reload(true, clock_.now());
  const auto old = config_.get();
  keep_until_restart(*old, *config);
  apply_models(*config, *std::move(models));
  apply(*std::move(config));
  scheduler_->set(*detectors_.get());
  log::info("Loaded config file", {{"file", config_file_.string()}});
  return Done{};
}

void App::reload_if_changed() {
  {
    const std::lock_guard lock(reload_);
    if (hash_content(config_file_) == content_hash_) return;
  }
  static_cast<void>(reload());
}

std::shared_ptr<Detector> App::make_detector(const DetectorSpec& spec, const Config& config,
                                             std::shared_ptr<const SeriesSource> source) const {
  auto& metrics = const_cast<SelfMetrics&>(self_metrics_);
  return std::make_shared<Detector>(
      spec, limits_per_detector(config), config.prometheus.query_offset, std::move(source), store_,
      clock_,
      Observer{.render =
                   [&metrics, name = spec.name,
                    series = render_limits(config)](const ScoreBatch& batch) {
                     auto rendered =
                         std::make_shared<const RenderedScores>(render_scores(name, batch, series));
                     metrics.record_duplicates(name, rendered->duplicates);
                     return rendered;
                   },
               .cycle = [&metrics](const CycleReport& report) { metrics.record(report); },
               .training = [&metrics](const TrainingReport& report) { metrics.record(report); },
               .state = [&metrics](const StateReport& report) { metrics.record(report); }});
}

void App::apply(Config config) {
  const auto old_config = config_.get();
  const auto old = detectors_.get();
  const bool same_source = old_config != nullptr && old_config->prometheus == config.prometheus &&
                           old_config->limits == config.limits &&
                           old_config->detectors.size() == config.detectors.size();
  if (!same_source) {
    source_ = std::make_shared<HttpSource>(config.prometheus, clock_, config.limits.series);
  }
  self_metrics_.set_detectors(config.detectors, config.prometheus.url, limits_per_detector(config));

  auto next = std::make_shared<DetectorList>();
  for (const DetectorSpec& spec : config.detectors) {
    std::shared_ptr<Detector> before;
    if (old != nullptr) {
      const auto found =
          std::ranges::find_if(*old, [&](const auto& d) { return d->spec().name == spec.name; });
      if (found != old->end()) before = *found;
    }
    if (before != nullptr && same_source && before->spec().checksum() == spec.checksum()) {
      next->push_back(before);
      continue;
    }
    auto detector = make_detector(spec, config, source_);
    if (before != nullptr && before->spec().training_checksum() == spec.training_checksum()) {
      detector->inherit(*before);
    } else {
      detector->restore();
      if (const auto model = detector->model()) {
        self_metrics_.record_restored(spec.name, model->rows(), model->trained_at);
      }
    }
    next->push_back(std::move(detector));
  }
  config_.set(std::make_shared<const Config>(std::move(config)));
  detectors_.set(std::move(next));
}

void App::apply_models(const Config& config, ModelFiles files) {
  const auto old = models_.get();
  for (const auto& file : files) {
    if (std::ranges::find(*old, file) != old->end()) continue;
    log::info("Loaded model file", {{"model", file->spec().name},
                                    {"file", file->spec().file.string()},
                                    {"trees", file->tree_count()},
                                    {"features", file->model().feature_count()}});
  }
  models_.set(std::make_shared<const ModelFiles>(std::move(files)));
  std::vector<std::string> names;
  for (const ModelSpec& model : config.models) names.push_back(model.name);
  for (const DetectorSpec& detector : config.detectors) names.push_back(detector.name);
  prediction_metrics_.set_models(names);
}

void App::save() {
  for (const auto& detector : *detectors_.get()) detector->save_live();
}

bool App::ready() const {
  if (stopping_) return false;
  return std::ranges::all_of(*detectors_.get(),
                             [](const auto& detector) { return detector->attempted(); });
}

Services App::services() {
  Services base;
  base.ready = [this] { return ready(); };
  base.reload = [this] { return reload(); };
  base.collect = [this] {
    auto families = self_metrics_.collect();
    prediction_metrics_.collect(families);
    families.push_back(detector_states(*detectors_.get()));
    std::ranges::move(process_metrics(), std::back_inserter(families));
    return families;
  };
  base.results = [this] { return latest_results(*detectors_.get()); };
  return make_services({config_, detectors_, models_}, prediction_metrics_, std::move(base));
}

void App::stop() {
  if (stopping_.exchange(true)) return;
  scheduler_->stop();
  http_.stop();
  save();
}

}  // namespace exporter
