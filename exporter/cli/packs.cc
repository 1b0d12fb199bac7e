#include "exporter/packs/packs.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "exporter/cli/commands.h"

namespace exporter {
namespace {

// The comment on its first line says what a pack is for.
std::string_view purpose_of(const Pack& pack) {
  const std::string_view line = pack.yaml.substr(0, pack.yaml.find('\n'));
  return line.substr(std::min(line.size(), std::string_view("# ").size()));
}

}  // namespace

int show_packs(const std::string& name) {
  if (name.empty()) {
    for (const Pack& pack : packs()) fmt::print("{:<12} {}\n", pack.name, purpose_of(pack));
    return 0;
  }
  const Pack* pack = find_pack(name);
  if (pack == nullptr) {
    fmt::print(stderr, "no pack is called {}; there are {}\n", name, pack_names());
    return 1;
  }
  fmt::print("{}", pack->yaml);
  return 0;
}

}  // namespace exporter
