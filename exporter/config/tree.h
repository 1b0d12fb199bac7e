// YAML text -> a tree of nodes that knows its lines; what yaml-cpp lets pass silently is an error
// here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "forest/result.h"

namespace exporter::config {

/// Bounds of a file: bytes, nesting, and nodes and bytes after aliases are copied in.
inline constexpr std::size_t kMaxFileBytes = 4 << 20;
inline constexpr std::size_t kMaxDepth = 32;
inline constexpr std::size_t kMaxNodes = 200'000;
inline constexpr std::size_t kMaxAliasBytes = 4 << 20;

/// One YAML node. Lines count from 1.
struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::size_t line = 1;
  std::string text;         ///< of a scalar
  bool quoted = false;      ///< a scalar in quotes or a block: text, never a number
  std::vector<Node> items;  ///< of a list, or of a map in file order
  std::string key;          ///< of a map's item
  std::size_t key_line = 1;
};

/// Returns how messages call a node: "text", "a list", "a mapping", "nothing".
std::string_view word_of(const Node& node);

/// Reads one YAML document. An empty one is a null node.
/// Errors: config, `FILE:LINE: what is wrong`: syntax, tabs, duplicate keys, bad bytes, a second
/// document, tags, a quote that never ends, nesting or aliases beyond the bounds above.
forest::Result<Node> parse_tree(std::string_view text, std::string_view file);

/// Returns text made fit for one line of a message: controls and bad bytes escaped, cut at 80
/// characters.
std::string shown(std::string_view text);
/// Returns a path for the head of a message: escaped in the same way, never cut.
std::string shown_path(std::string_view path);

}  // namespace exporter::config
