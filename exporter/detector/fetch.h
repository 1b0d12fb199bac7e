// A detector's queries: each is sent, reported, and named in its error.
#pragma once

#include <set>
#include <stop_token>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/detector/report.h"
#include "exporter/promql/source.h"

namespace exporter {

/// Runs each feature's query on the grid and reports it. Errors: the first one, prefixed with the
/// feature's name.
Result<std::vector<SeriesFrame>> fetch_features(const DetectorSpec& spec,
                                                const SeriesSource& source, const TimeGrid& grid,
                                                std::stop_token stop,
                                                std::vector<QueryReport>& reports);

/// Runs the presence query at one time and reports it as feature `presence`. @return the entities
/// it lists, whatever the values. Errors: those of the source and of listed_in().
Result<std::set<Labels>> fetch_presence(const DetectorSpec& spec, const SeriesSource& source,
                                        TimePoint at, std::stop_token stop,
                                        std::vector<QueryReport>& reports);

/// Returns the entities that an answer of the presence query lists. Errors: data (reason partial)
/// when it may lack series, (reason no_entity_label) when a series has none of the `by` labels.
Result<std::set<Labels>> listed_in(const SeriesFrame& frame, const std::vector<std::string>& by);

}  // namespace exporter
