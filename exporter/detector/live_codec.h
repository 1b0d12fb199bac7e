// LiveState <-> bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "exporter/detector/live.h"
#include "forest/result.h"

namespace exporter {

/// Writes what must outlive a restart: activity, training times and the clean recent rows per
/// entity, and who is missing.
/// @param checksum  DetectorSpec::checksum(), since activity belongs to its rules
std::vector<std::byte> encode_live(const LiveState& live, std::uint64_t checksum);

/// Reads it back, also as the version before wrote it. Any bytes are safe. Errors: state, also when
/// `checksum` or the rows' width differ.
forest::Result<LiveState> decode_live(std::span<const std::byte> bytes, std::uint64_t checksum,
                                      std::size_t features);

}  // namespace exporter
