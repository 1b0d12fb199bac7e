#include "exporter/packs/packs.h"

#include <algorithm>

namespace exporter {

const Pack* find_pack(std::string_view name) {
  const auto found = std::ranges::find(packs(), name, &Pack::name);
  return found == packs().end() ? nullptr : &*found;
}

std::string pack_names() {
  std::string names;
  for (const Pack& pack : packs()) {
    if (!names.empty()) names += ", ";
    names += pack.name;
  }
  return names;
}

}  // namespace exporter
