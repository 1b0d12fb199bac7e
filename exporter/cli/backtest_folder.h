// BacktestFolder: where a backtest writes; it replaces what an earlier one wrote and nothing else.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/backtest/entity_files.h"
#include "forest/result.h"

namespace exporter {

/// A folder that is new, empty, or of an earlier backtest: one that holds kMarker, the list of the
/// files written. Each file is whole or not there.
class BacktestFolder {
 public:
  static constexpr std::string_view kMarker = ".anomaly_exporter_backtest";

  /// Makes the folder if it is not there, and tries to write in it.
  /// Errors: state, for a folder that cannot be made, read or written, and one with files that are
  /// not ours.
  static forest::Result<BacktestFolder> open(const std::filesystem::path& path);

  /// Writes one file. @param name  relative, folders in it are made
  /// Errors: state; those of `producer`.
  forest::Status write(const std::string& name,
                       const std::function<forest::Status(const TextSink&)>& producer);
  /// Removes the files of the earlier backtest that were not written again, and notes those that
  /// were. Errors: state.
  forest::Status finish();

  const std::filesystem::path& path() const { return path_; }

 private:
  BacktestFolder(std::filesystem::path path, std::vector<std::string> earlier)
      : path_(std::move(path)), earlier_(std::move(earlier)) {}
  forest::Status note(const std::vector<std::string>& names) const;

  std::filesystem::path path_;
  std::vector<std::string> earlier_, written_;
};

}  // namespace exporter
