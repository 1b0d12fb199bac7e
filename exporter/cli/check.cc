#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/cli/commands.h"
#include "exporter/detector/cycle.h"
#include "exporter/detector/training.h"
#include "exporter/detector/valid_values.h"
#include "exporter/metrics/results.h"
#include "exporter/model/model_files.h"
#include "exporter/model/usual_forest.h"
#include "exporter/promql/http_source.h"

namespace exporter {
namespace {

// Bytes that an entity takes per feature beside its forest, model and recent rows: 4.0 kB measured,
// with a season of a day; one of a week takes 0.9 kB more.
constexpr std::size_t kBytesPerFeature = 4096;

double megabytes(std::size_t bytes) { return static_cast<double>(bytes) / 1e6; }

struct Cost {
  std::size_t entities = 0, input_series = 0, output_series = 0, training_samples = 0;
  std::size_t bytes_apart = 0, bytes_shared = 0;  // in memory, by scope
};

Result<SeriesFrame> run_query(std::string_view name, const std::string& query,
                              const SeriesSource& source, TimePoint at) {
  const auto started = std::chrono::steady_clock::now();
  auto frame = source.fetch(query, TimeGrid::instant(at), {});
  if (!frame) {
    fmt::print("  {:<28} failed\n", name);
    return frame;
  }
  fmt::print("  {:<28} {:>6} series {:>8.3f} s\n", name, frame->labels.size(),
             to_seconds(std::chrono::steady_clock::now() - started));
  if (frame->labels.empty()) fmt::print("    warning: no series matches\n");
  for (const std::string& warning : frame->warnings) fmt::print("    warning: {}\n", warning);
  return frame;
}

// Runs the presence query and says how many of the entities that it lists have no data.
std::optional<Error> check_presence(const DetectorSpec& spec, const FeatureMatrix& matrix,
                                    const SeriesSource& source, TimePoint at) {
  if (spec.presence.empty()) return std::nullopt;
  auto frame = run_query(kPresenceQuery, spec.presence, source, at);
  if (!frame) return std::move(frame).error().in("presence");
  auto listed = listed_in(*frame, spec.by);
  if (!listed) return std::move(listed).error().in("presence");
  const auto missing = std::ranges::count_if(*listed, [&](const Labels& entity) {
    const auto found = std::ranges::lower_bound(matrix.entities, entity);
    if (found == matrix.entities.end() || *found != entity) return true;
    const auto index = static_cast<std::size_t>(found - matrix.entities.begin());
    return !matrix.rows(index).array().isFinite().any();
  });
  if (missing > 0) {
    fmt::print("    warning: {} of {} entities that should be there have no data\n", missing,
               listed->size());
  }
  return std::nullopt;
}

// Runs every query, also after one has failed, and prints a line for each.
Result<std::vector<SeriesFrame>> run_queries(const DetectorSpec& spec, const SeriesSource& source,
                                             TimePoint at) {
  std::vector<SeriesFrame> frames;
  std::optional<Error> first;
  for (const FeatureSpec& feature : spec.features) {
    auto frame = run_query(feature.name, feature.query, source, at);
    if (!frame) {
      if (!first) first = std::move(frame).error().in("feature " + feature.name);
      continue;
    }
    frames.push_back(*std::move(frame));
  }
  if (first) return *std::move(first);
  return frames;
}

Result<Cost> cost_of(const DetectorSpec& spec, const Config& config, const SeriesSource& source,
                     const Clock& clock) {
  const TimePoint at = evaluation_time(spec, config.prometheus.query_offset, clock.now());
  auto frames = run_queries(spec, source, at);
  if (!frames) return std::move(frames).error();
  auto joined = join(*frames, spec);
  if (!joined) return std::move(joined).error();
  for (const auto& [feature, values] : drop_invalid(spec, *joined)) {
    fmt::print("    warning: {} of {}'s values are outside of its range\n", values, feature);
  }
  if (auto error = check_presence(spec, *joined, source, at)) return *std::move(error);
  const LimitsConfig limits = limits_per_detector(config);
  Cost cost;
  for (const SeriesFrame& frame : *frames) cost.input_series += frame.labels.size();
  cost.entities = std::min(joined->entities.size(), limits.entities_per_detector);
  if (cost.entities < joined->entities.size()) {
    fmt::print("  warning: {} entities, of which {} fit under `limits`\n", joined->entities.size(),
               cost.entities);
  }
  cost.output_series = expected_series(config, cost.entities, spec.features.size());
  cost.training_samples =
      std::min(limits.training_samples,
               cost.input_series * static_cast<std::size_t>(spec.history / spec.interval));
  const std::size_t rows = cost.entities * spec.features.size() * kBytesPerFeature;
  cost.bytes_apart = rows + cost.entities * forest_bytes(spec);
  cost.bytes_shared = rows + forest_bytes(spec);
  return cost;
}

/// What the file lists, in words: `2 detectors, 1 model`.
std::string contents(const Config& config) {
  const auto counted = [](std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
  };
  std::string text = counted(config.detectors.size(), "detector");
  if (!config.models.empty()) text += ", " + counted(config.models.size(), "model");
  return text;
}

/// Reads the configuration and the model files that it names; says on stderr what is wrong.
std::optional<Config> load(const std::filesystem::path& config_file, ModelFiles& models) {
  auto config = load_config(config_file);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return std::nullopt;
  }
  auto files = read_model_files(config->models, nullptr);
  if (!files) {
    fmt::print(stderr, "{}: {}\n", config_file.string(), files.error().message);
    return std::nullopt;
  }
  models = *std::move(files);
  return *std::move(config);
}

void print_model(const ModelFile& file) {
  const forest::Model& model = file.model();
  fmt::print("{}: {} trees, {} features ({}), {} bytes, threshold {:.6g}\n", file.spec().name,
             file.tree_count(), model.feature_count(), fmt::join(model.columns(), ", "),
             file.file_bytes(), model.threshold());
}

}  // namespace

int check_config(const std::filesystem::path& config_file) {
  ModelFiles models;
  const auto config = load(config_file, models);
  if (!config) return 1;
  fmt::print("{}: ok, {}\n", config_file.string(), contents(*config));
  return 0;
}

int check(const std::filesystem::path& config_file) {
  ModelFiles models;
  const auto config = load(config_file, models);
  if (!config) return 1;
  fmt::print("{}: ok, {}{}\n", config_file.string(), contents(*config),
             config->detectors.empty() ? "" : ", querying " + config->prometheus.url);
  for (const auto& file : models) print_model(*file);
  const SystemClock clock;
  const HttpSource source(config->prometheus, clock, config->limits.series);
  bool failed = false;
  for (const DetectorSpec& spec : config->detectors) {
    fmt::print("{} by ({})\n", spec.name, fmt::join(spec.by, ", "));
    const auto cost = cost_of(spec, *config, source, clock);
    if (!cost) {
      std::fflush(stdout);
      fmt::print(stderr, "  error: {}: {}\n", spec.name, cost.error().message);
      failed = true;
      continue;
    }
    const bool shared = shares_forest(spec, cost->entities);
    fmt::print(
        "  {} entities, {} output series, up to {} samples to train on\n"
        "  about {:.1f} MB of memory with {} (scope {} would take {:.1f} MB)\n",
        cost->entities, cost->output_series, cost->training_samples,
        megabytes(shared ? cost->bytes_shared : cost->bytes_apart),
        shared ? "a forest that entities share" : "a forest for each entity",
        shared ? "entity" : "shared", megabytes(shared ? cost->bytes_apart : cost->bytes_shared));
    if (cost->entities == 0)
      fmt::print("  warning: no series matched; the detector will wait for data\n");
  }
  return failed ? 1 : 0;
}

}  // namespace exporter
