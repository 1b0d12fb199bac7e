// RecordedSource: the answers of queries over a past range, kept in memory and given again on any
// grid inside it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>

#include "exporter/promql/source.h"

namespace exporter {

/// Answers instants and ranges as the source that was recorded would: a series without a value in
/// the asked range is no part of the answer. Immutable; safe from any thread.
class RecordedSource final : public SeriesSource {
 public:
  /// Reads each query once on the whole grid, in pieces. Equal queries are read once.
  /// @param max_values  most values held, gaps included: series x grid.size of all queries
  /// @param progress    called with the share done, 0 to 1; may be empty
  /// Errors: those of the source; data (too_large) beyond max_values, naming
  /// limits.training_samples; data (partial) when an answer may lack data; all but the first name
  /// the query.
  static Result<RecordedSource> record(const SeriesSource& source,
                                       std::span<const std::string> queries, const TimeGrid& grid,
                                       std::size_t max_values, std::stop_token stop,
                                       const std::function<void(double)>& progress = {});

  /// @pre a recorded query; a grid whose points are among the recorded ones
  Result<SeriesFrame> fetch(const std::string& query, const TimeGrid& grid,
                            std::stop_token stop) const override;

  const TimeGrid& grid() const { return grid_; }
  /// Returns the values that were received.
  std::size_t samples() const { return samples_; }

 private:
  explicit RecordedSource(const TimeGrid& grid) : grid_(grid) {}

  TimeGrid grid_;
  std::map<std::string, SeriesFrame> frames_;
  std::size_t samples_ = 0;
};

}  // namespace exporter
