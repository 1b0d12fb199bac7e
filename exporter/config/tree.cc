#include "exporter/config/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "exporter/utf8.h"

namespace exporter::config {
namespace {

using forest::Error;
using forest::ErrorKind;

/// Appended as a comment: it turns up inside a value only when that value's quote never ends.
constexpr std::string_view kEndMark = "end-of-file-5d1c0a7e";
/// Unbalanced brackets beyond this cost yaml-cpp a gigabyte before it reports a depth.
constexpr std::size_t kMaxOpenBrackets = 10'000;

/// Leaves yaml-cpp's parser, whose events cannot return an error.
struct Rejected {
  std::size_t line;
  std::string what;
};

std::size_t line_of(const YAML::Mark& mark) {
  return mark.line < 0 ? 1 : static_cast<std::size_t>(mark.line) + 1;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      throw Rejected{line_of(mark),
                     "a second document, or a line indented less than the first: a file holds one "
                     "document"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.line = line_of(mark);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Rejected{line_of(mark), "an alias inside its own anchor"};
    spend(found->second, line_of(mark));
    add(found->second, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(tag, mark);
    Node node;
    node.kind = Node::Kind::scalar;
    node.line = line_of(mark);
    node.text = value;
    node.quoted = tag != "?";
    if (value.find(kEndMark) != std::string::npos)
      throw Rejected{node.line, "a quote that never ends"};
    const auto control = [](char c) {
      return (c >= 0 && c < ' ' && c != '\t' && c != '\n') || c == 0x7f;
    };
    if (std::any_of(value.begin(), value.end(), control)) {
      throw Rejected{node.line, "a control character in a value"};
    }
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    std::string key;
    std::size_t key_line = 1;
    std::map<std::string, std::size_t> seen;
  };

  static void check_tag(const std::string& tag, const YAML::Mark& mark) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:str") {
      throw Rejected{line_of(mark),
                     fmt::format("a YAML tag: {}; tags have no use here", shown(tag))};
    }
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(tag, mark);
    if (open_.size() >= kMaxDepth) {
      throw Rejected{line_of(mark), fmt::format("nested deeper than {} levels", kMaxDepth)};
    }
    Frame& frame = open_.emplace_back();
    frame.node.kind = kind;
    frame.node.line = line_of(mark);
    frame.anchor = anchor;
  }

  void close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    add(std::move(frame.node), frame.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (++nodes_ > kMaxNodes) {
      throw Rejected{node.line, fmt::format("more than {} values", kMaxNodes)};
    }
    if (anchor != 0) {
      spend(node, node.line);
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = open_.back();
    if (top.node.kind == Node::Kind::list) {
      top.node.items.push_back(std::move(node));
    } else if (!top.has_key) {
      take_key(top, node);
    } else {
      node.key = std::exchange(top.key, {});
      node.key_line = top.key_line;
      if (node.kind == Node::Kind::null) node.line = node.key_line;
      top.has_key = false;
      top.node.items.push_back(std::move(node));
    }
  }

  static void take_key(Frame& top, Node& node) {
    if (node.kind != Node::Kind::scalar) {
      throw Rejected{node.line, fmt::format("a key must be text, not {}", word_of(node))};
    }
    const auto [first, is_new] = top.seen.emplace(node.text, node.line);
    if (!is_new) {
      throw Rejected{node.line, fmt::format("{}: duplicate key; first on line {}", shown(node.text),
                                            first->second)};
    }
    top.has_key = true;
    top.key = std::move(node.text);
    top.key_line = node.line;
  }

  void spend(const Node& node, std::size_t line) {
    ++nodes_;
    alias_bytes_ += node.text.size() + node.key.size();
    if (nodes_ > kMaxNodes || alias_bytes_ > kMaxAliasBytes) {
      throw Rejected{line, "aliases that expand to too much"};
    }
    for (const Node& item : node.items) spend(item, line);
  }

  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  Node root_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t alias_bytes_ = 0;
};

/// Refuses bytes that yaml-cpp reads as something else: it takes 0x04 for the end of the file.
void check_bytes(std::string_view text) {
  std::size_t line = 1;
  std::ptrdiff_t brackets = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = rune_at(text, at);
    if (!rune.valid) {
      throw Rejected{line,
                     fmt::format("not UTF-8: byte 0x{:02x}", static_cast<unsigned char>(text[at]))};
    }
    if (rune.code == '\n') ++line;
    const bool space = rune.code == '\t' || rune.code == '\n' || rune.code == '\r';
    if (!space &&
        (rune.code < ' ' || (rune.code >= 0x7f && rune.code < 0xa0 && rune.code != 0x85))) {
      throw Rejected{line, fmt::format("a control character: 0x{:02x}", rune.code)};
    }
    if (rune.code == '[' || rune.code == '{') ++brackets;
    if (rune.code == ']' || rune.code == '}') --brackets;
    if (brackets > static_cast<std::ptrdiff_t>(kMaxOpenBrackets)) {
      throw Rejected{line, fmt::format("nested deeper than {} levels", kMaxDepth)};
    }
    at += rune.bytes;
  }
}

/// Returns whether line `line` (from 1) is indented with a tab.
bool has_tab_indent(std::string_view text, std::size_t line) {
  std::size_t at = 0;
  for (std::size_t n = 1; n < line && at != std::string_view::npos; ++n) {
    const std::size_t end = text.find('\n', at);
    at = end == std::string_view::npos ? end : end + 1;
  }
  if (at == std::string_view::npos) return false;
  const std::size_t first = text.find_first_not_of(" \t", at);
  return text.substr(at, first == std::string_view::npos ? first : first - at).find('\t') !=
         std::string_view::npos;
}

/// Escapes controls and bad bytes, and cuts behind `most` characters.
std::string escaped(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t runes = 0;
  for (std::size_t at = 0; at < text.size(); ++runes) {
    if (runes == most) return out + "...";
    const Rune rune = rune_at(text, at);
    if (rune.valid && rune.code == '\n') {
      out += "\\n";
    } else if (rune.valid && rune.code == '\t') {
      out += "\\t";
    } else if (!is_printable(rune)) {
      out += rune.valid ? fmt::format("\\u{:04x}", rune.code)
                        : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    } else {
      out += text.substr(at, rune.bytes);
    }
    at += rune.bytes;
  }
  return out;
}

std::string explain(const YAML::ParserException& thrown, std::string_view text) {
  if (has_tab_indent(text, line_of(thrown.mark))) {
    return "a tab in the indentation: use spaces";
  }
  std::string why = fmt::format("not YAML: {}", shown(thrown.msg));
  if (thrown.msg == YAML::ErrorMsg::MAP_VALUE) {
    why += "; text that holds `: ` needs quotes, and keys of one mapping the same indentation";
  } else if (thrown.msg == YAML::ErrorMsg::UNKNOWN_TOKEN) {
    why += "; text that starts with @, ` or % needs quotes";
  }
  return why;
}

}  // namespace

std::string_view word_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "text";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a mapping";
  }
  return "nothing";
}

std::string shown(std::string_view text) { return escaped(text, 80); }

std::string shown_path(std::string_view path) { return escaped(path, path.size()); }

forest::Result<Node> parse_tree(std::string_view text, std::string_view file) {
  const auto error = [&](std::size_t line, std::string_view what) {
    return Error{ErrorKind::config, fmt::format("{}:{}: {}", shown_path(file), line, what)};
  };
  if (text.size() > kMaxFileBytes) {
    return error(1, fmt::format("larger than {} MiB", kMaxFileBytes >> 20));
  }
  try {
    check_bytes(text);
    std::istringstream in(fmt::format("{}\n#{}\n", text, kEndMark));
    YAML::Parser parser(in);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Rejected& rejected) {
    return error(rejected.line, rejected.what);
  } catch (const YAML::ParserException& thrown) {
    return error(line_of(thrown.mark), explain(thrown, text));
  } catch (const std::exception& thrown) {
    return error(1, fmt::format("not YAML: {}", shown(thrown.what())));
  }
}

}  // namespace exporter::config
