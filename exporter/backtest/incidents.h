// Incidents: what really happened and when, to hold alerts against.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/clock.h"
#include "exporter/promql/source.h"

namespace exporter {

/// One incident.
struct Incident {
  Labels match;          ///< concerns entities that have all of these labels; empty: every entity
  TimePoint start, end;  ///< both inclusive
  std::string name;

  bool concerns(const Labels& entity) const;
};

/// Reads `entity,start,end,name` rows: the entity as `{instance="db-1"}` or empty, times as RFC
/// 3339 or unix seconds, the name optional. A first row that begins with `entity` is a header.
/// @param name  the file's in messages
/// Errors: data, `NAME:LINE: what`.
Result<std::vector<Incident>> parse_incidents(std::string_view text, std::string_view name);

/// The same from a file of at most 64 MiB.
Result<std::vector<Incident>> read_incidents(const std::filesystem::path& path);

/// Asks for past alerts, such as `ALERTS{alertstate="firing"}`: each unbroken run of points of a
/// series is an incident of the entities that have its `by` labels, named by `alertname`.
/// Errors: the source's.
Result<std::vector<Incident>> fetch_incidents(const SeriesSource& source,
                                              const std::string& selector, const TimeGrid& grid,
                                              const std::vector<std::string>& by,
                                              std::stop_token stop);

}  // namespace exporter
