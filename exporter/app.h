// App: the daemon as a whole; builds objects in order of use, reloads, stops.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "exporter/clock.h"
#include "exporter/config/config.h"
#include "exporter/detector/published.h"
#include "exporter/detector/scheduler.h"
#include "exporter/http/server.h"
#include "exporter/metrics/prediction_metrics.h"
#include "exporter/metrics/results.h"
#include "exporter/metrics/self_metrics.h"
#include "exporter/model/model_files.h"
#include "exporter/state/store.h"

namespace exporter {

/// Owns the long-lived objects. reload() may be called from any thread; start() and stop() from
/// one.
class App {
 public:
  /// @param config as read from `config_file` @param store of config.state.dir
  App(std::filesystem::path config_file, Config config, Store store, HttpOptions http,
      const Clock& clock);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// Reads the model files, restores models, serves HTTP, starts scoring. Errors: config, when a
  /// model file cannot be used or an address cannot be bound.
  Status start();
  /// Reads the configuration file anew and puts it in force as a whole; on any error the old one
  /// stays. A model file whose content changed is read again. Detectors whose definition did not
  /// change keep model, schedule and state; edits that training does not depend on keep the model.
  Status reload();
  /// Reloads when the file's content differs from what was last read.
  void reload_if_changed();
  /// Writes what a restart needs of the live state.
  void save();
  /// Turns unready, stops scoring, drains HTTP, saves. Returns within about 10 s.
  void stop();

 private:
  void apply(Config config);
  void apply_models(const Config& config, ModelFiles files);
  std::shared_ptr<Detector> make_detector(const DetectorSpec& spec, const Config& config,
                                          std::shared_ptr<const SeriesSource> source) const;
  Services services();
  bool ready() const;

  const std::filesystem::path config_file_;
  const Clock& clock_;
  SelfMetrics self_metrics_;
  PredictionMetrics prediction_metrics_;
  Store store_;

  std::mutex reload_;  ///< one reload at a time; guards what follows
  std::size_t content_hash_ = 0;
  std::shared_ptr<const SeriesSource> source_;

  Published<Config> config_;
  Published<DetectorList> detectors_;
  Published<ModelFiles> models_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<Scheduler> scheduler_;
  HttpServer http_;
};

}  // namespace exporter
