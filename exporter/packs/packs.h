// Packs: detectors that are ready for exporters many people run, embedded into the binary.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace exporter {

struct Pack {
  std::string_view name;  ///< as `packs:` of config.yaml names it
  std::string_view yaml;  ///< a mapping with the key `detectors`, as in config.yaml
};

/// Returns all packs, by name.
std::span<const Pack> packs();

/// Returns the pack of that name, or null.
const Pack* find_pack(std::string_view name);

/// Returns the names of all packs, `, ` between them.
std::string pack_names();

}  // namespace exporter
