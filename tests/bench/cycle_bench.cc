// Measures scoring cycles of a fleet: 10,000 entities x 5 features, with their context, around one
// forest. Prints lines of measure and value: CPU seconds of a cycle without its queries, and bytes
// of the heap per entity and feature, for the model and for what is carried from cycle to cycle.
#include <fmt/core.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "exporter/detector/cycle.h"
#include "exporter/model/codec.h"
#include "exporter/model/shared_training.h"
#include "tests/bench/heap_count.h"
#include "tests/bench/stopwatch.h"

namespace {

using namespace exporter;

constexpr std::size_t kEntities = 10'000, kFeatures = 5, kTrained = 50;
constexpr Duration kStep = std::chrono::minutes(1);
constexpr std::size_t kHistory = 3 * 1440;
const TimePoint kStart{std::chrono::hours(24 * 20000)};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "cycle_bench: %s\n", what);
  std::exit(1);
}

void print(const char* measure, double value) {
  std::printf("%s %.9g\n", measure, value);
  std::fflush(stdout);
}

DetectorSpec spec() {
  DetectorSpec spec;
  spec.name = "fleet";
  spec.by = {"instance"};
  spec.interval = kStep;
  spec.scope = Scope::shared;
  for (std::size_t f = 0; f < kFeatures; ++f) {
    const std::string name = fmt::format("f{}", f);
    spec.features.push_back({name, name, MissingPolicy::gap});
  }
  return spec;
}

// A daily course with noise, of a level and a scale that differ from entity to entity.
double course(std::size_t entity, std::size_t feature, TimePoint at) {
  const double minutes = to_seconds(at - kStart) / 60;
  const double phase = static_cast<double>(entity * 7 + feature * 13);
  std::uint64_t noise = static_cast<std::uint64_t>(minutes) * 0x9E3779B97F4A7C15U +
                        entity * 0xBF58476D1CE4E5B9U + feature * 0x94D049BB133111EBU;
  noise ^= noise >> 31U;
  noise *= 0xBF58476D1CE4E5B9U;
  const double uniform = static_cast<double>(noise >> 11U) * 0x1.0p-53;
  const double scale = 1 + static_cast<double>(entity % 17);
  return scale * (10 + 3 * std::sin(minutes / 1440 * 6.283185 + phase) + uniform);
}

// Answers at once; what making up the answers takes is not the cycle's.
class Courses final : public SeriesSource {
 public:
  Result<SeriesFrame> fetch(const std::string& query, const TimeGrid& grid,
                            std::stop_token) const override {
    const double begin = bench::cpu_seconds();
    const auto feature = static_cast<std::size_t>(query.back() - '0');
    SeriesFrame frame;
    frame.grid = grid;
    frame.labels = labels_;
    frame.values.reserve(kEntities * grid.size);
    for (std::size_t e = 0; e < kEntities; ++e) {
      for (std::size_t t = 0; t < grid.size; ++t) {
        frame.values.push_back(course(e, feature, grid.at(t)));
      }
    }
    seconds += bench::cpu_seconds() - begin;
    return frame;
  }
  const std::vector<Labels>& labels() const { return labels_; }
  mutable double seconds = 0;

 private:
  static std::vector<Labels> make_labels() {
    std::vector<Labels> labels;
    for (std::size_t e = 0; e < kEntities; ++e) {
      labels.emplace_back(std::vector<Labels::Pair>{
          {"instance", fmt::format("host-{:05}.dc{}.example.org:9100", e, e % 7)}});
    }
    return labels;
  }
  std::vector<Labels> labels_ = make_labels();
};

// Models of some entities stand for all: each has its own copy, as a restart would read it.
TrainedModel fleet_model(const DetectorSpec& spec, const Courses& source) {
  const TimeGrid grid{kStart, kStep, kHistory};
  std::vector<forest::Matrix> raw;
  std::vector<forest::ConstMatrixRef> histories;
  for (std::size_t e = 0; e < kTrained; ++e) {
    forest::Matrix rows(static_cast<Eigen::Index>(kHistory), kFeatures);
    for (std::size_t t = 0; t < kHistory; ++t) {
      for (std::size_t f = 0; f < kFeatures; ++f) {
        rows(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(f)) = course(e, f, grid.at(t));
      }
    }
    raw.push_back(std::move(rows));
  }
  for (const auto& rows : raw) histories.emplace_back(rows);
  const auto models = train_shared(spec, grid, histories, nullptr, {});
  TrainedModel model;
  for (const FeatureSpec& feature : spec.features) model.features.push_back(feature.name);
  for (std::size_t e = 0; e < kEntities; ++e) {
    model.entities.emplace(source.labels()[e],
                           std::make_shared<const EntityModel>(*models[e % kTrained]));
  }
  model.shared = models[0]->forest;
  return model;
}

double per_feature(std::size_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kEntities * kFeatures);
}

}  // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 7;
  if (repeats < 1) fail("want a number of cycles");
  const DetectorSpec detector = spec();
  const Courses source;
  const auto bytes = encode_model(fleet_model(detector, source));
  bench::start_heap_count();
  const auto model = decode_model(bytes);
  if (!model) fail("the model cannot be read back");
  print("model_bytes", per_feature(bench::stop_heap_count()));

  LiveState live;
  Explainers explainers(kExplainerBytes);
  TimePoint at = kStart + kStep * static_cast<Duration::rep>(kHistory + kContextWindow);
  const auto cycle = [&] {
    CycleReport report;
    const double begin = bench::cpu_seconds(), queries = source.seconds;
    const auto batch = run_cycle(detector, {}, &*model, live, source, at, {}, report, &explainers);
    if (!batch || batch->scores.size() != kEntities) fail("not every entity was scored");
    at += kStep;
    return bench::cpu_seconds() - begin - (source.seconds - queries);
  };
  print("first_cycle", cycle());
  bench::start_heap_count();
  const LiveState copy = live;
  print("live_bytes", per_feature(bench::stop_heap_count()));
  bench::keep(copy);
  for (int i = 0; i < repeats; ++i) print("cycle", cycle());
  return 0;
}
