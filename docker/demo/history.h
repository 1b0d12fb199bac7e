// The fleet's past as files for `promtool tsdb create-blocks-from openmetrics`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "docker/demo/incident.h"

namespace demo {

struct HistoryOptions {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;  ///< unix seconds
  std::int64_t from = 0;   ///< unix seconds, not before epoch
  std::int64_t until = 0;  ///< unix seconds, not included
  std::int64_t step = 30;  ///< seconds between samples
  /// 0 writes one file. Above 0 `out` is a folder that gets a file `<unix seconds>.om` for each
  /// span of so many seconds: promtool reads a whole file once for each two hours in it, so short
  /// files load faster.
  std::int64_t split = 0;
  std::string job = "fleet";
  std::vector<Incident> incidents;    ///< what goes wrong meanwhile
  std::vector<std::string> entities;  ///< whose series are written; empty: all
  std::filesystem::path out;
};

/// Writes the samples of the times k * step in [from, until).
/// @param progress  called with a share of 0 to 1, may be empty
/// @return          what went wrong, empty when nothing did
std::string write_history(const HistoryOptions& options,
                          const std::function<void(double)>& progress);

}  // namespace demo
