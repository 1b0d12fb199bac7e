#include <fmt/format.h>

#include <algorithm>

#include "exporter/config/sections.h"
#include "exporter/config/tree.h"
#include "exporter/packs/packs.h"

namespace exporter::config {
namespace {

// A pack is part of the program: a fault in it is ours, and told as what is wrong with its name.
std::vector<DetectorSpec> read_pack(const Pack& pack, MapReader& reader) {
  const std::string file = fmt::format("pack {}", pack.name);
  const auto tree = parse_tree(pack.yaml, file);
  if (!tree) {
    reader.wrong("packs", tree.error().message);
    return {};
  }
  Problems problems;
  MapReader own(&*tree, "", problems);
  own.require("detectors");
  auto detectors = read_detectors(own.find("detectors"), {}, problems);
  own.finish();
  if (const auto error = problems.first(file)) reader.wrong("packs", error->message);
  return detectors;
}

}  // namespace

void read_packs(MapReader& reader, std::vector<DetectorSpec>& detectors) {
  const std::size_t own = detectors.size();
  std::vector<std::string_view> seen;
  for (const Node* item : reader.texts("packs", "[node]")) {
    const Pack* pack = find_pack(item->text);
    if (pack == nullptr) {
      reader.wrong("packs", fmt::format("no pack is called {}; there are {}", shown(item->text),
                                        pack_names()));
      continue;
    }
    if (std::ranges::find(seen, pack->name) != seen.end()) {
      reader.wrong("packs", fmt::format("duplicate pack: {}", pack->name));
      continue;
    }
    seen.push_back(pack->name);
    for (DetectorSpec& detector : read_pack(*pack, reader)) {
      const auto end = detectors.begin() + static_cast<std::ptrdiff_t>(own);
      const bool overridden = std::find_if(detectors.begin(), end, [&](const DetectorSpec& other) {
                                return other.name == detector.name;
                              }) != end;
      if (!overridden) detectors.push_back(std::move(detector));
    }
  }
  if (detectors.size() > std::max(own, kMaxDetectors)) {
    reader.wrong("packs",
                 fmt::format("with those of `detectors` more than {} detectors", kMaxDetectors));
  }
}

}  // namespace exporter::config
