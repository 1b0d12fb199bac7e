#include "exporter/detector/live_codec.h"

#include <algorithm>

#include "exporter/model/codec.h"

namespace exporter {
namespace {

constexpr std::uint32_t kVersion = 2;

std::int64_t ticks(TimePoint at) { return at.time_since_epoch().count(); }
TimePoint read_time(ByteReader& in) { return TimePoint{Duration{in.number<std::int64_t>()}}; }

void read_recent(ByteReader& in, std::size_t features, RecentRows& recent) {
  std::vector<TimePoint> times(in.count(8));
  for (TimePoint& at : times) at = read_time(in);
  const std::vector<double> values = in.doubles();
  if (values.size() != times.size() * features) return in.fail();
  if (in.count(1) != times.size()) return in.fail();
  for (std::size_t i = 0; i < times.size(); ++i) {
    const bool usual = in.number<std::uint8_t>() != 0;
    recent.push(times[i], {values.data() + i * features, features}, usual);
  }
}

void write_missing(ByteWriter& out, const MissingEntities& missing) {
  out.number(static_cast<std::uint64_t>(missing.size()));
  for (const auto& [entity, entry] : missing) {
    write_labels(out, entity);
    out.number(ticks(entry.since));
    out.number(entry.cycles);
  }
}

void read_missing(ByteReader& in, MissingEntities& missing) {
  const std::size_t count = in.count(20);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Labels entity = read_labels(in);
    const TimePoint since = read_time(in);
    missing.emplace(std::move(entity),
                    Missing{.since = since, .cycles = in.number<std::uint32_t>()});
  }
}

}  // namespace

std::vector<std::byte> encode_live(const LiveState& live, std::uint64_t checksum) {
  ByteWriter out;
  out.number(kVersion);
  out.number(checksum);
  out.number(static_cast<std::uint64_t>(live.entities.size()));
  for (const auto& [entity, state] : live.entities) {
    write_labels(out, entity);
    out.number(ticks(state.first_seen));
    out.number(ticks(state.last_seen));
    out.number(ticks(state.last_trained));
    out.number(static_cast<std::uint8_t>(state.activity.active));
    out.number(state.activity.below);
    out.number(state.activity.slot);
    out.doubles(state.activity.highest);
    out.number(static_cast<std::uint64_t>(state.recent.times().size()));
    for (const TimePoint at : state.recent.times()) out.number(ticks(at));
    out.doubles(state.recent.values());
    out.number(static_cast<std::uint64_t>(state.recent.times().size()));
    for (std::size_t i = 0; i < state.recent.times().size(); ++i) {
      out.number(static_cast<std::uint8_t>(state.recent.usual(i)));
    }
  }
  write_missing(out, live.missing);
  return std::move(out).take();
}

forest::Result<LiveState> decode_live(std::span<const std::byte> bytes, std::uint64_t checksum,
                                      std::size_t features) {
  ByteReader in(bytes);
  const auto version = in.number<std::uint32_t>();
  if (version != kVersion || in.number<std::uint64_t>() != checksum) {
    return forest::Error{forest::ErrorKind::state, "live state is of another version or detector",
                         "version"};
  }
  LiveState live;
  const std::size_t count = in.count(45);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Labels entity = read_labels(in);
    EntityState state;
    state.first_seen = read_time(in);
    state.last_seen = read_time(in);
    state.last_trained = read_time(in);
    state.activity.active = in.number<std::uint8_t>() != 0;
    state.activity.below = in.number<std::uint32_t>();
    state.activity.slot = in.number<std::int64_t>();
    const std::vector<double> highest = in.doubles();
    if (highest.size() != state.activity.highest.size()) {
      in.fail();
      break;
    }
    std::ranges::copy(highest, state.activity.highest.begin());
    read_recent(in, features, state.recent);
    live.entities.emplace(std::move(entity), std::move(state));
  }
  read_missing(in, live.missing);
  if (!in.finished()) {
    return forest::Error{forest::ErrorKind::state, "live state is short or has bytes left over",
                         "invalid"};
  }
  return live;
}

}  // namespace exporter
