#include "docker/demo/history.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "docker/demo/exposition.h"
#include "docker/demo/fleet.h"

namespace demo {
namespace {

std::string write_file(const std::filesystem::path& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) return "cannot write " + path.string() + ": " + std::strerror(errno);
  return {};
}

// Returns what is wrong with the names in the options, empty when nothing is.
std::string check_names(const Fleet& fleet, const HistoryOptions& options) {
  const std::vector<std::string> known = fleet.entities();
  for (const std::string& name : options.entities) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return "no such host or service: " + name;
    }
  }
  for (const Incident& incident : options.incidents) {
    if (!fleet.allows(incident.kind, incident.target)) {
      return "no such incident: " + incident.kind + " on " + incident.target;
    }
  }
  return {};
}

// Returns the samples of the entities that are wanted.
std::vector<Sample> wanted_samples(const Fleet& fleet, const std::vector<std::string>& entities) {
  std::vector<Sample> samples = fleet.read();
  if (entities.empty()) return samples;
  std::erase_if(samples, [&](const Sample& sample) {
    return std::find(entities.begin(), entities.end(), sample.entity) == entities.end();
  });
  return samples;
}

}  // namespace

std::string write_history(const HistoryOptions& options,
                          const std::function<void(double)>& progress) {
  if (options.step <= 0) return "step must be above 0 seconds";
  if (options.split < 0) return "split must be 0 seconds or more";
  if (options.from < options.epoch) return "from lies before the epoch";
  if (options.until <= options.from) return "until must lie after from";
  Fleet fleet(options.seed, options.epoch);
  if (std::string error = check_names(fleet, options); !error.empty()) return error;
  if (options.split > 0) {
    std::error_code failed;
    std::filesystem::create_directories(options.out, failed);
    if (failed) return "cannot create " + options.out.string() + ": " + failed.message();
  }

  OpenMetricsBuffer buffer(options.job);
  const std::int64_t first = (options.from + options.step - 1) / options.step * options.step;
  const auto piece_of = [&](std::int64_t t) { return options.split > 0 ? t / options.split : 0; };
  for (std::int64_t t = first; t < options.until; t += options.step) {
    fleet.advance_to(t, options.incidents);
    buffer.add(wanted_samples(fleet, options.entities), t);
    const std::int64_t next = t + options.step;
    if (next < options.until && piece_of(next) == piece_of(t)) continue;
    const auto path = options.split > 0
                          ? options.out / (std::to_string(piece_of(t) * options.split) + ".om")
                          : options.out;
    if (std::string error = write_file(path, buffer.take()); !error.empty()) return error;
    if (progress) {
      progress(std::min(
          1.0, static_cast<double>(next - first) / static_cast<double>(options.until - first)));
    }
  }
  return {};
}

}  // namespace demo
