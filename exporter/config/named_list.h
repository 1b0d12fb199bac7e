// Lists of mappings with a `name`: detectors, features, models.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/reader.h"

namespace exporter::config {

/// Reads `name`, one that files, labels and URLs can carry: at most 100 characters.
/// @param extra  characters allowed after the first besides letters, digits and _ @param form  the
/// allowed ones in words
inline void read_name(MapReader& reader, std::string& out, std::string_view extra,
                      std::string_view form) {
  reader.require("name");
  reader.text("name", out);
  if (!out.empty() && (!is_name(out, extra) || out.size() > kMaxNameLength)) {
    reader.wrong("name", fmt::format("not a name: {}; want {}, at most {} characters", shown(out),
                                     form, kMaxNameLength));
  }
}

/// Returns the node of an entry's `name`, or null when it has none or an empty one.
inline const Node* name_of(const Node& entry) {
  const auto found = std::find_if(entry.items.begin(), entry.items.end(),
                                  [](const Node& item) { return item.key == "name"; });
  return found == entry.items.end() || found->text.empty() ? nullptr : &*found;
}

/// Reads a list of mappings whose names must differ; `read` makes one entry of a node and its path.
template <typename Entry, typename Read>
std::vector<Entry> read_named_list(const Node& list, const std::string& path,
                                   std::string_view entry_word, std::size_t most,
                                   Problems& problems, Read read) {
  std::vector<Entry> entries;
  std::map<std::string, std::size_t> lines;
  if (list.kind != Node::Kind::list) {
    problems.add(list.line, path,
                 list.kind == Node::Kind::null
                     ? fmt::format("empty; want at least one {}", entry_word)
                     : fmt::format("want a list, each entry starting with `- name:`, got {}",
                                   word_of(list)));
    return entries;
  }
  if (list.items.empty())
    problems.add(list.line, path, fmt::format("empty; want at least one {}", entry_word));
  if (list.items.size() > most) problems.add(list.line, path, fmt::format("more than {}", most));
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", path, i);
    const Node& item = list.items[i];
    if (item.kind != Node::Kind::map) {
      problems.add(item.line, place, fmt::format("want a mapping of keys, got {}", word_of(item)));
      continue;
    }
    entries.push_back(read(item, place, problems));
    const std::string& name = entries.back().name;
    const Node* at = name_of(item);
    if (name.empty() || at == nullptr) continue;
    const auto [first, is_new] = lines.emplace(name, at->line);
    if (!is_new) {
      problems.add(
          at->line, place + ".name",
          fmt::format("duplicate {}: {}; first on line {}", entry_word, name, first->second));
    }
  }
  return entries;
}

}  // namespace exporter::config
