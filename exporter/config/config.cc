#include "exporter/config/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "exporter/config/reader.h"
#include "exporter/config/sections.h"
#include "exporter/config/tree.h"

namespace exporter {
namespace {

using config::MapReader;
using config::Node;
using config::Problems;

/// systemd names the state folders of a unit in one variable, separated by colons.
std::string default_state_dir() {
  const char* value = std::getenv("STATE_DIRECTORY");
  const std::string_view listed = value == nullptr ? "" : value;
  const std::string_view first = listed.substr(0, listed.find(':'));
  return first.empty() ? "state" : std::string(first);
}

StateConfig read_state(const Node* node, const std::filesystem::path& folder, Problems& problems) {
  std::string dir = (folder / default_state_dir()).lexically_normal().string();
  MapReader reader(node, "state", problems);
  reader.path("dir", folder, dir);
  reader.finish();
  return {dir};
}

/// Reads a section that holds one count.
std::size_t read_count(const Node* node, const std::string& section, std::string_view key,
                       std::size_t value, std::size_t most, Problems& problems) {
  std::uint64_t count = value;
  MapReader reader(node, section, problems);
  reader.whole(key, count, 1, most);
  reader.finish();
  return count;
}

LimitsConfig read_limits(const Node* node, Problems& problems) {
  LimitsConfig limits;
  MapReader reader(node, "limits", problems);
  const auto read = [&](std::string_view key, std::size_t& value, std::uint64_t least,
                        std::uint64_t most) {
    std::uint64_t count = value;
    reader.whole(key, count, least, most);
    value = count;
  };
  read("entities_per_detector", limits.entities_per_detector, 1, 1'000'000);
  read("series", limits.series, 1, 10'000'000);
  read("feature_series", limits.feature_series, 0, 1'000'000);
  read("training_samples", limits.training_samples, 1, 1'000'000'000);
  reader.finish();
  return limits;
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::filesystem::path& path) {
  const auto tree = config::parse_tree(text, path.string());
  if (!tree) return tree.error();

  std::error_code failed;
  std::filesystem::path folder = std::filesystem::absolute(path, failed).parent_path();
  if (failed) folder = path.parent_path();

  Problems problems;
  Config out;
  MapReader reader(&*tree, "", problems);
  out.prometheus = config::read_prometheus(reader.find("prometheus"), folder, problems);
  const Node* detectors = reader.find("detectors");
  const Node* models = reader.find("models");
  if (models == nullptr && reader.find("packs") == nullptr) reader.require("detectors");
  out.detectors = config::read_detectors(detectors, folder, problems);
  config::read_packs(reader, out.detectors);
  out.models = config::read_models(models, folder, problems);
  config::check_shared_names(out.detectors, models, problems);
  out.state = read_state(reader.find("state"), folder, problems);
  out.runtime.workers = read_count(reader.find("runtime"), "runtime", "workers",
                                   out.runtime.workers, kMaxWorkers, problems);
  out.http.threads = read_count(reader.find("http"), "http", "threads", out.http.threads,
                                kMaxHttpThreads, problems);
  out.limits = read_limits(reader.find("limits"), problems);
  reader.finish();
  if (auto error = problems.first(path.string())) return *std::move(error);
  return out;
}

Result<Config> load_config(const std::filesystem::path& path) {
  const auto unreadable = [&](int why) {
    return Error{forest::ErrorKind::config,
                 fmt::format("{}: cannot read the file: {}", config::shown_path(path.string()),
                             std::error_code(why, std::generic_category()).message())};
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(errno);
  std::string text(config::kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) return unreadable(errno);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_config(text, path);
}

}  // namespace exporter
