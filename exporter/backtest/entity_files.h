// The files of single entities: their names, and scores as CSV.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/backtest/replay.h"

namespace exporter {

/// Takes text piece by piece.
using TextSink = std::function<Status(std::string_view)>;

/// Returns a file name without ending for each entity, all different: its label values in the order
/// of `by`, joined with `,`, `/` written `__`. What a file system or a terminal cannot take
/// (controls, bad UTF-8, a leading dot, more than 200 bytes) is replaced or cut, and then, as where
/// two entities would get the same name, a checksum of the labels is added. Depends on the entities
/// and their order alone.
std::vector<std::string> entity_file_stems(const std::vector<std::string>& by,
                                           std::span<const EntityTrack> tracks);

/// Writes `timestamp,score,alert,severity` rows, timestamps in unix seconds; alert is 1 while the
/// entity is active. Errors: the sink's.
Status write_scores_csv(const EntityTrack& track, const TextSink& sink);

}  // namespace exporter
