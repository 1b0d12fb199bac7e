#include "exporter/detector/fetch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <string_view>

namespace exporter {
namespace {

Result<SeriesFrame> fetch(std::string_view name, const std::string& query,
                          const SeriesSource& source, const TimeGrid& grid, std::stop_token stop,
                          QueryReport& report) {
  const auto started = std::chrono::steady_clock::now();
  auto frame = source.fetch(query, grid, stop);
  report.feature = name;
  report.seconds = to_seconds(std::chrono::steady_clock::now() - started);
  if (!frame) {
    report.error = frame.error();
    return frame;
  }
  report.series = frame->labels.size();
  report.samples = frame->samples;
  report.warnings = frame->warnings.size();
  report.partial = frame->partial;
  return frame;
}

}  // namespace

Result<std::vector<SeriesFrame>> fetch_features(const DetectorSpec& spec,
                                                const SeriesSource& source, const TimeGrid& grid,
                                                std::stop_token stop,
                                                std::vector<QueryReport>& reports) {
  std::vector<SeriesFrame> frames;
  frames.reserve(spec.features.size());
  for (const FeatureSpec& feature : spec.features) {
    auto frame = fetch(feature.name, feature.query, source, grid, stop, reports.emplace_back());
    if (!frame) return std::move(frame).error().in("feature " + feature.name);
    frames.push_back(*std::move(frame));
  }
  return frames;
}

Result<std::set<Labels>> listed_in(const SeriesFrame& frame, const std::vector<std::string>& by) {
  if (frame.partial) {
    return Error{ErrorKind::data, "the answer may lack series (see the query's warnings)",
                 "partial"};
  }
  std::set<Labels> listed;
  for (const Labels& labels : frame.labels) {
    Labels entity = labels.project(by);
    if (entity.empty()) {
      return Error{ErrorKind::data,
                   fmt::format("series {} has none of the labels that `by` names ({})",
                               labels.to_string(), fmt::join(by, ", ")),
                   "no_entity_label"};
    }
    listed.insert(std::move(entity));
  }
  return listed;
}

Result<std::set<Labels>> fetch_presence(const DetectorSpec& spec, const SeriesSource& source,
                                        TimePoint at, std::stop_token stop,
                                        std::vector<QueryReport>& reports) {
  QueryReport& report = reports.emplace_back();
  const auto frame =
      fetch(kPresenceQuery, spec.presence, source, TimeGrid::instant(at), stop, report);
  if (!frame) return frame.error();
  auto listed = listed_in(*frame, spec.by);
  if (!listed) report.error = listed.error();
  return listed;
}

}  // namespace exporter
