// A SeriesSource of made-up series and a Clock that stands still, for tests.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "exporter/config/config.h"
#include "exporter/promql/source.h"
#include "exporter/state/store.h"

namespace exporter {

/// Answers a query by calling the function given for it, per series and time; NaN is a gap.
class FakeSource : public SeriesSource {
 public:
  using Course = std::function<double(TimePoint)>;

  void set(const std::string& query, const Labels& labels, Course course) {
    const std::lock_guard lock(mutex_);
    courses_[query].insert_or_assign(labels, std::move(course));
  }
  void fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  void set_partial(bool partial) { partial_ = partial; }
  std::vector<TimeGrid> grids() const {
    const std::lock_guard lock(mutex_);
    return grids_;
  }

  Result<SeriesFrame> fetch(const std::string& query, const TimeGrid& grid,
                            std::stop_token) const override {
    const std::lock_guard lock(mutex_);
    grids_.push_back(grid);
    if (error_) return *error_;
    SeriesFrame frame;
    frame.grid = grid;
    frame.partial = partial_;
    const auto found = courses_.find(query);
    if (found == courses_.end()) return frame;
    for (const auto& [labels, course] : found->second) {
      std::vector<double> values;
      bool any = false;
      for (std::size_t i = 0; i < grid.size; ++i) {
        values.push_back(course(grid.at(i)));
        any = any || values.back() == values.back();
      }
      if (!any) continue;
      frame.labels.push_back(labels);
      frame.values.insert(frame.values.end(), values.begin(), values.end());
      frame.samples += values.size();
    }
    return frame;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::vector<TimeGrid> grids_;
  std::map<std::string, std::map<Labels, Course>> courses_;
  std::optional<Error> error_;
  std::atomic<bool> partial_ = false;
};

/// Tells the time it was given.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(TimePoint now) : now_(now.time_since_epoch().count()) {}
  TimePoint now() const override { return TimePoint{Duration{now_.load()}}; }
  SteadyPoint steady_now() const override { return SteadyPoint{Duration{now_.load()}}; }
  void advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_;
};

/// A folder that goes with the test.
struct TestFolder {
  TestFolder() {
    std::string form = (std::filesystem::temp_directory_path() / "detector_test_XXXXXX").string();
    path = ::mkdtemp(form.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::filesystem::path path;
};

inline constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
inline const TimePoint kStart{std::chrono::hours(24 * 20000)};

inline Labels host(const std::string& name) {
  return Labels(std::vector<Labels::Pair>{{"instance", name}});
}

/// A detector of two features, `a` and `b`, a row a minute, no season; ready after 256 rows.
inline DetectorSpec two_features() {
  DetectorSpec spec;
  spec.name = "test";
  spec.by = {"instance"};
  spec.interval = std::chrono::minutes(1);
  spec.history = std::chrono::hours(10);
  spec.season = {};
  spec.novelty = std::chrono::hours(1);
  spec.hysteresis = 3;
  spec.forest.trees = 50;
  spec.features = {{"a", "a", MissingPolicy::gap}, {"b", "b", MissingPolicy::gap}};
  return spec;
}

/// A course of noise around `level`, the same for the same time.
inline FakeSource::Course noise(double level, double speed) {
  return [=](TimePoint at) { return level + std::sin(to_seconds(at - kStart) * speed); };
}

/// Gives `source` the usual courses of one host.
inline void add_host(FakeSource& source, const std::string& name) {
  source.set("a", host(name), noise(10, 12.9898));
  source.set("b", host(name), noise(50, 78.233));
}

/// What a Detector over hosts x and y needs, ten hours after their start; its store goes with the
/// test.
struct TwoHosts {
  TestFolder folder;
  std::shared_ptr<FakeSource> source = std::make_shared<FakeSource>();
  FakeClock clock{kStart + std::chrono::hours(10)};
  Store store = *Store::open(folder.path);

  TwoHosts() {
    add_host(*source, "x");
    add_host(*source, "y");
  }
};

}  // namespace exporter
