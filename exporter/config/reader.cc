#include "exporter/config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace exporter::config {
namespace {

/// Counts insertions, deletions, replacements and swaps of neighbours between two short words.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& allowed) {
  std::string best;
  std::size_t least = word.size() <= 4 ? 2 : 3;
  if (word.size() > 40) return best;
  for (const auto& candidate : allowed) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least && distance < candidate.size()) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", shown(text)); }

}  // namespace

void Problems::add(std::size_t line, std::string_view path, std::string_view what) {
  found_.push_back({line, path.empty() ? std::string(what) : fmt::format("{}: {}", path, what)});
}

std::optional<Error> Problems::first(std::string_view file) const {
  const auto top =
      std::min_element(found_.begin(), found_.end(),
                       [](const Problem& a, const Problem& b) { return a.line < b.line; });
  if (top == found_.end()) return std::nullopt;
  return Error{forest::ErrorKind::config,
               fmt::format("{}:{}: {}", shown_path(file), top->line, top->text)};
}

MapReader::MapReader(const Node* node, std::string path, Problems& problems)
    : path_(std::move(path)), problems_(problems) {
  if (node == nullptr) return;
  line_ = node->line;
  if (node->kind == Node::Kind::map) {
    map_ = node;
  } else if (node->kind != Node::Kind::null) {
    broken_ = true;
    problems_.add(node->line, path_, fmt::format("want a mapping of keys, got {}", word_of(*node)));
  }
}

std::string MapReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const Node* MapReader::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.emplace_back(key);
  if (map_ == nullptr) return nullptr;
  for (const Node& item : map_->items) {
    if (item.key == key) return &item;
  }
  return nullptr;
}

void MapReader::wrong(std::string_view key, std::string_view what) {
  const Node* node = find(key);
  problems_.add(node != nullptr ? node->line : line_, path_of(key), what);
}

const Node* MapReader::scalar(std::string_view key, std::string_view want) {
  const Node* node = find(key);
  if (node == nullptr) return nullptr;
  if (node->kind == Node::Kind::scalar) return node;
  wrong(key, fmt::format("want {}, got {}", want, word_of(*node)));
  return nullptr;
}

void MapReader::text(std::string_view key, std::string& out) {
  const Node* node = scalar(key, "text");
  if (node == nullptr) return;
  if (node->text.empty()) {
    wrong(key, "want text, got \"\"");
  } else if (node->text.find('\n') != std::string::npos) {
    wrong(key, fmt::format("want one line, got {}", in_quotes(node->text)));
  } else {
    out = node->text;
  }
}

void MapReader::secret(std::string_view key, std::string& out) {
  const Node* node = scalar(key, "text");
  if (node == nullptr) return;
  if (node->text.find('\n') != std::string::npos) {
    wrong(key, "want one line");
  } else {
    out = node->text;
  }
}

void MapReader::path(std::string_view key, const std::filesystem::path& folder, std::string& out) {
  std::string given;
  text(key, given);
  if (!given.empty()) out = (folder / given).lexically_normal().string();
}

void MapReader::flag(std::string_view key, bool& out) {
  const Node* node = scalar(key, "true or false");
  if (node == nullptr) return;
  if (!node->quoted && (node->text == "true" || node->text == "false")) {
    out = node->text == "true";
  } else {
    wrong(key, fmt::format("want true or false, got {}", in_quotes(node->text)));
  }
}

void MapReader::whole(std::string_view key, std::uint64_t& out, std::uint64_t least,
                      std::uint64_t most) {
  const std::string want = fmt::format("a whole number from {} to {}", least, most);
  const Node* node = scalar(key, want);
  if (node == nullptr) return;
  std::uint64_t value = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, value);
  const bool parsed = error == std::errc() && stop == end && !node->quoted;
  if (parsed && value >= least && value <= most) {
    out = value;
  } else {
    wrong(key, fmt::format("want {}, got {}", want, in_quotes(node->text)));
  }
}

void MapReader::number(std::string_view key, double& out, double least, double below) {
  const std::string want = fmt::format("a number from {} to below {}", least, below);
  const Node* node = scalar(key, want);
  if (node == nullptr) return;
  double value = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, value);
  const bool parsed = error == std::errc() && stop == end && !node->quoted;
  if (parsed && value >= least && value < below) {
    out = value == 0 ? 0 : value;
  } else {
    wrong(key, fmt::format("want {}, got {}", want, in_quotes(node->text)));
  }
}

void MapReader::duration(std::string_view key, Duration& out, Duration least, Duration most) {
  const Node* node = scalar(key, "a duration like 90s or 1h30m");
  if (node == nullptr) return;
  auto value = parse_duration(node->text);
  if (!value) {
    wrong(key, value.error().message);
  } else if (*value < least || *value > most) {
    wrong(key, fmt::format("want {} to {}, got {}", format_duration(least), format_duration(most),
                           shown(node->text)));
  } else {
    out = *value;
  }
}

std::vector<const Node*> MapReader::texts(std::string_view key, std::string_view example) {
  const Node* list = find(key);
  if (list == nullptr) return {};
  if (list->kind != Node::Kind::list) {
    wrong(key, fmt::format("want a list like {}, got {}", example, word_of(*list)));
    return {};
  }
  std::vector<const Node*> items;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Node& item = list->items[i];
    if (item.kind != Node::Kind::scalar || item.text.empty() ||
        item.text.find('\n') != std::string::npos) {
      problems_.add(
          item.line, fmt::format("{}[{}]", path_of(key), i),
          fmt::format(
              "want one line of text, got {}",
              item.kind == Node::Kind::scalar && item.text.empty() ? "\"\"" : word_of(item)));
      return {};
    }
    items.push_back(&item);
  }
  return items;
}

void MapReader::finish() {
  if (broken_) return;
  bool unknown = false;
  if (map_ != nullptr) {
    for (const Node& item : map_->items) {
      if (std::find(asked_.begin(), asked_.end(), item.key) != asked_.end()) continue;
      unknown = true;
      const std::string close = nearest(item.key, asked_);
      problems_.add(item.key_line, path_of(shown(item.key)),
                    fmt::format("unknown key; allowed: {}{}", fmt::join(asked_, ", "),
                                close.empty() ? "" : fmt::format("; did you mean `{}`?", close)));
    }
  }
  for (const auto& key : required_) {
    if (!unknown && find(key) == nullptr) problems_.add(line_, path_of(key), "missing");
  }
}

bool is_name(std::string_view text, std::string_view extra) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos;
  });
}

}  // namespace exporter::config
