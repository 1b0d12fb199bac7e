#include "exporter/cli/backtest_folder.h"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "exporter/cli/output_file.h"

namespace exporter {
namespace fs = std::filesystem;
namespace {

forest::Error at_path(const fs::path& path, std::string_view what, const std::error_code& why) {
  return {forest::ErrorKind::state,
          path.string() + ": " + std::string(what) + ": " + why.message()};
}

// A name that stays inside of the folder.
bool is_inside(const std::string& name) {
  const fs::path path(name);
  return !name.empty() && path.is_relative() &&
         std::ranges::none_of(path, [](const fs::path& part) { return part == ".."; });
}

std::vector<std::string> read_marker(const fs::path& path) {
  std::vector<std::string> names;
  std::ifstream file(path / BacktestFolder::kMarker);
  for (std::string line; std::getline(file, line);) {
    if (is_inside(line)) names.push_back(line);
  }
  return names;
}

}  // namespace

forest::Result<BacktestFolder> BacktestFolder::open(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return at_path(path, "cannot be made a folder", failed);
  const bool empty = fs::is_empty(path, failed);
  if (failed) return at_path(path, "cannot be read", failed);
  if (!empty && !fs::exists(path / kMarker, failed)) {
    return forest::Error{forest::ErrorKind::state,
                         path.string() +
                             ": holds files that no backtest wrote; name a new or empty "
                             "folder"};
  }
  BacktestFolder folder(path, read_marker(path));
  // Before hours of work: is there a place to write to?
  if (auto noted = folder.note(folder.earlier_); !noted) return std::move(noted).error();
  return folder;
}

forest::Status BacktestFolder::note(const std::vector<std::string>& names) const {
  auto file = OutputFile::open(path_ / kMarker);
  if (!file) return std::move(file).error();
  for (const std::string& name : names) {
    if (auto written = file->write(name + "\n"); !written) return written;
  }
  return std::move(*file).finish();
}

forest::Status BacktestFolder::write(
    const std::string& name, const std::function<forest::Status(const TextSink&)>& producer) {
  const fs::path path = path_ / name;
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  if (failed) return at_path(path.parent_path(), "cannot be made a folder", failed);
  auto file = OutputFile::open(path);
  if (!file) return std::move(file).error();
  const auto produced = producer([&](std::string_view text) { return file->write(text); });
  if (!produced) return produced.error();
  written_.push_back(name);
  return std::move(*file).finish();
}

forest::Status BacktestFolder::finish() {
  std::ranges::sort(written_);
  for (const std::string& name : earlier_) {
    if (std::ranges::binary_search(written_, name)) continue;
    std::error_code failed;
    fs::remove(path_ / name, failed);
    if (failed) return at_path(path_ / name, "cannot be removed", failed);
  }
  earlier_ = written_;
  return note(written_);
}

}  // namespace exporter
