#include "exporter/backtest/entity_files.h"

#include <fmt/format.h>

#include <iterator>
#include <set>

#include "exporter/hash.h"
#include "exporter/promql/url.h"
#include "exporter/utf8.h"

namespace exporter {
namespace {

constexpr std::size_t kMostStemBytes = 200;
constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

// Label values as a file name. @return whether it still tells them apart from any other
bool append_value(std::string_view value, std::string& stem) {
  bool exact = true;
  for (std::size_t at = 0; at < value.size();) {
    const Rune rune = rune_at(value, at);
    if (rune.code == '/') {
      stem += "__";
    } else if (is_printable(rune)) {
      stem += value.substr(at, rune.bytes);
    } else {
      stem += '_';
      exact = false;
    }
    at += rune.bytes;
  }
  return exact;
}

void cut(std::string& stem) {
  std::size_t end = 0;
  while (end + rune_at(stem, end).bytes <= kMostStemBytes) end += rune_at(stem, end).bytes;
  stem.resize(end);
}

std::string checksum_of(const Labels& entity) {
  return fmt::format("{:016x}", Fnv1a().add(entity.to_string()).value());
}

std::string unix_seconds(TimePoint at) {
  const Duration since_epoch = at.time_since_epoch();
  return since_epoch % std::chrono::seconds(1) == Duration::zero()
             ? fmt::format("{}", since_epoch / std::chrono::seconds(1))
             : format_seconds(since_epoch);
}

}  // namespace

std::vector<std::string> entity_file_stems(const std::vector<std::string>& by,
                                           std::span<const EntityTrack> tracks) {
  std::vector<std::string> stems;
  std::set<std::string> taken;
  for (const EntityTrack& track : tracks) {
    std::string stem;
    bool exact = true;
    for (const std::string& name : by) {
      if (&name != &by.front()) stem += ',';
      exact = append_value(track.entity.get(name), stem) && exact;
    }
    if (stem.starts_with('.')) {
      stem.front() = '_';
      exact = false;
    }
    if (stem.size() > kMostStemBytes) {
      cut(stem);
      exact = false;
    }
    if (!exact || taken.contains(stem)) stem += '-' + checksum_of(track.entity);
    taken.insert(stem);
    stems.push_back(std::move(stem));
  }
  return stems;
}

Status write_scores_csv(const EntityTrack& track, const TextSink& sink) {
  std::string text = "timestamp,score,alert,severity\n";
  for (const ScoredPoint& point : track.points) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", unix_seconds(point.at), point.score,
                   point.active ? 1 : 0, point.severity());
    if (text.size() < kChunkBytes) continue;
    if (auto written = sink(text); !written) return written;
    text.clear();
  }
  return sink(text);
}

}  // namespace exporter
