// Entities of many kinds with a history and hours after it, drawn from a seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "exporter/model/entity_training.h"

namespace exporter {

/// A host of several features: each follows a daily season, a load that all share and a slow walk
/// of its own, in parts and on a scale of its own, with noise of its own.
struct SyntheticEntity {
  static constexpr Eigen::Index kHistory = 8 * 96;  ///< rows, a quarter of an hour each
  static constexpr Eigen::Index kAfter = 96;

  DetectorSpec spec;
  TimeGrid grid;               ///< of history and what comes after it
  forest::Matrix raw;          ///< [kHistory + kAfter x features]
  std::vector<double> spread;  ///< [features] standard deviation over the history

  SyntheticEntity(std::uint64_t seed, Eigen::Index features) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    spec.name = "test";
    spec.by = {"instance"};
    spec.interval = std::chrono::minutes(15);
    spec.forest.seed = seed;
    grid = {TimePoint{std::chrono::hours(24 * 20000)}, spec.interval,
            static_cast<std::size_t>(kHistory + kAfter)};
    raw.resize(kHistory + kAfter, features);

    std::vector<double> load(grid.size);
    double state = 0;
    for (double& each : load) each = state = 0.9 * state + normal(random);
    for (Eigen::Index f = 0; f < features; ++f) {
      spec.features.push_back({std::to_string(f), "f", MissingPolicy::gap});
      const double scale = std::pow(10, uniform(random) * 12 - 6);
      const double centre = scale * (uniform(random) * 200 - 100);
      const double season = uniform(random) < 0.6 ? 6 * uniform(random) : 0;
      const double phase = uniform(random) * 2 * std::numbers::pi;
      const double follows = uniform(random) < 0.6 ? 1.5 * (uniform(random) - 0.3) : 0;
      const double walks = uniform(random) < 0.3 ? 0.3 : 0;
      const bool skewed = uniform(random) < 0.25;
      double walk = 0;
      for (Eigen::Index t = 0; t < raw.rows(); ++t) {
        const double day = 2 * std::numbers::pi * static_cast<double>(t) / 96;
        walk = 0.98 * walk + walks * normal(random);
        const double noise = normal(random);
        const double course = season * std::sin(day + phase) +
                              follows * load[static_cast<std::size_t>(t)] + walk +
                              (skewed ? std::exp(0.7 * noise) : 0.7 * noise);
        raw(t, f) = centre + scale * course;
      }
      const auto history = raw.col(f).head(kHistory).array();
      spread.push_back(std::sqrt((history - history.mean()).square().mean()));
    }
  }

  TimeGrid history_grid() const {
    return {grid.start, grid.step, static_cast<std::size_t>(kHistory)};
  }
  std::shared_ptr<const EntityModel> train() const {
    return std::make_shared<const EntityModel>(
        *train_entity(spec, history_grid(), raw.topRows(kHistory)));
  }
  TimePoint at(Eigen::Index row) const { return grid.at(static_cast<std::size_t>(row)); }
  std::vector<double> row(Eigen::Index t) const {
    const auto values = raw.row(t);
    return {values.begin(), values.end()};
  }
  /// Returns the rows before `row`, as a cycle has them.
  forest::Matrix window(Eigen::Index row) const {
    const auto rows = static_cast<Eigen::Index>(kContextWindow);
    return raw.middleRows(row - rows, rows);
  }
};

}  // namespace exporter
