#include "exporter/backtest/recorded_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "exporter/config/config.h"
#include "exporter/promql/ranges.h"

namespace exporter {
namespace {

// Points of one piece: what Prometheus answers at most is 11,000.
constexpr std::size_t kPiecePoints = 10'000;

Error too_large(std::size_t series, const TimeGrid& grid, std::size_t max_values) {
  return {ErrorKind::data,
          fmt::format("more than {} series over {} points each are more than "
                      "limits.training_samples ({}); raise it, shorten --from to --to or "
                      "`history`, or take a larger --step",
                      series, grid.size, max_values),
          "too_large"};
}

Error partial(const SeriesFrame& frame) {
  return {ErrorKind::data,
          fmt::format("the answer may lack data, and a model of it would be another: {}",
                      frame.warnings.empty() ? "no reason given" : frame.warnings.front()),
          "partial"};
}

// Reads one query piece by piece. @param room  values it may have
Result<SeriesFrame> record_query(const SeriesSource& source, const std::string& query,
                                 const TimeGrid& grid, std::size_t room, std::size_t max_values,
                                 std::stop_token stop, const std::function<void(double)>& done) {
  const std::size_t most_series = room / grid.size;
  FrameMerger merger(grid, std::max<std::size_t>(1, most_series));
  for (std::size_t begin = 0; begin < grid.size;) {
    const TimeGrid piece = piece_of(grid, begin, kPiecePoints);
    auto frame = source.fetch(query, piece, stop);
    if (!frame) return std::move(frame).error();
    if (frame->partial) return partial(*frame);
    if (most_series == 0 && !frame->labels.empty()) return too_large(0, grid, max_values);
    if (!merger.add(*std::move(frame), begin)) return too_large(most_series, grid, max_values);
    begin += piece.size;
    done(static_cast<double>(begin) / static_cast<double>(grid.size));
  }
  return std::move(merger).take();
}

}  // namespace

Result<RecordedSource> RecordedSource::record(const SeriesSource& source,
                                              std::span<const std::string> queries,
                                              const TimeGrid& grid, std::size_t max_values,
                                              std::stop_token stop,
                                              const std::function<void(double)>& progress) {
  const std::set<std::string> wanted(queries.begin(), queries.end());
  RecordedSource recorded(grid);
  std::size_t held = 0;
  for (const std::string& query : wanted) {
    const auto before = static_cast<double>(recorded.frames_.size());
    const auto tell = [&](double share) {
      if (progress) progress((before + share) / static_cast<double>(wanted.size()));
    };
    auto frame = record_query(source, query, grid, max_values - held, max_values, stop, tell);
    if (!frame) return std::move(frame).error().in("query " + query);
    held += frame->values.size();
    recorded.samples_ += frame->samples;
    recorded.frames_.emplace(query, *std::move(frame));
  }
  return recorded;
}

Result<SeriesFrame> RecordedSource::fetch(const std::string& query, const TimeGrid& grid,
                                          std::stop_token) const {
  const auto found = frames_.find(query);
  const Duration offset = grid.start - grid_.start;
  const bool on_grid = offset >= Duration::zero() && offset % grid_.step == Duration::zero() &&
                       (grid.size <= 1 || grid.step == grid_.step) && grid.last() <= grid_.last();
  if (found == frames_.end() || !on_grid) {
    return Error{ErrorKind::data, "not recorded: " + query, "internal"};
  }
  const SeriesFrame& whole = found->second;
  const auto begin = static_cast<std::ptrdiff_t>(offset / grid_.step);
  const auto size = static_cast<std::ptrdiff_t>(grid.size);
  SeriesFrame frame;
  frame.grid = grid;
  frame.labels.reserve(whole.labels.size());
  frame.values.reserve(whole.labels.size() * grid.size);
  for (std::size_t s = 0; s < whole.labels.size(); ++s) {
    const auto row = whole.values.begin() + static_cast<std::ptrdiff_t>(s * grid_.size) + begin;
    const auto samples = std::count_if(row, row + size, [](double v) { return !std::isnan(v); });
    if (samples == 0) continue;
    frame.labels.push_back(whole.labels[s]);
    frame.values.insert(frame.values.end(), row, row + size);
    frame.samples += static_cast<std::size_t>(samples);
  }
  return frame;
}

}  // namespace exporter
