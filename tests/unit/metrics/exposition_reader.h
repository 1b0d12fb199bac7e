// Reads exposition text as strictly as a server does, for tests.
#pragma once

#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// One line of a family: labels with their escapes undone.
struct ReadSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// Reads one sample line without its line feed. Throws std::runtime_error, saying what is wrong.
inline ReadSample read_sample(std::string_view line) {
  std::size_t at = 0;
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(what + " in: " + std::string(line.substr(0, 200)));
  };
  const auto word = [&] {
    const std::size_t start = at;
    while (at < line.size() && (line[at] == '_' || (line[at] >= 'a' && line[at] <= 'z') ||
                                (line[at] >= 'A' && line[at] <= 'Z') ||
                                (at > start && line[at] >= '0' && line[at] <= '9'))) {
      ++at;
    }
    if (at == start) fail("no name");
    return std::string(line.substr(start, at - start));
  };
  const auto expect = [&](char c) {
    if (at >= line.size() || line[at] != c) fail(std::string("no ") + c);
    ++at;
  };
  ReadSample sample;
  sample.name = word();
  if (at < line.size() && line[at] == '{') {
    ++at;
    while (true) {
      const std::string name = word();
      expect('=');
      expect('"');
      std::string value;
      while (at < line.size() && line[at] != '"') {
        char c = line[at++];
        if (c == '\n') fail("a raw line feed");
        if (c == '\\') {
          if (at >= line.size()) fail("an open escape");
          c = line[at++];
          if (c == 'n')
            c = '\n';
          else if (c != '\\' && c != '"')
            fail("an unknown escape");
        }
        value += c;
      }
      expect('"');
      if (!sample.labels.emplace(name, value).second) fail("label twice");
      if (at < line.size() && line[at] == ',') {
        ++at;
        continue;
      }
      break;
    }
    expect('}');
  }
  expect(' ');
  const std::string_view number = line.substr(at);
  if (number == "NaN") {
    sample.value = std::nan("");
  } else if (number == "+Inf" || number == "-Inf") {
    sample.value = number[0] == '+' ? HUGE_VAL : -HUGE_VAL;
  } else {
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), sample.value);
    if (error != std::errc() || end != number.data() + number.size()) fail("no number");
  }
  return sample;
}

/// Reads a whole body. Throws std::runtime_error for whatever would fail a scrape or lose a series:
/// blank lines, lines without an end, a family twice or out of order, a series twice, a sample
/// under another family's header, and for OpenMetrics an end that is missing, repeated or not last.
inline std::vector<ReadSample> read_body(std::string_view body, bool openmetrics) {
  std::vector<ReadSample> samples;
  std::set<std::string> seen;
  std::string family;
  bool ended = false;
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
  };
  require(body.empty() || body.back() == '\n', "the last line has no end");
  while (!body.empty()) {
    const std::string line(body.substr(0, body.find('\n')));
    body.remove_prefix(line.size() + 1);
    require(!line.empty(), "a blank line");
    require(!ended, "something after # EOF: " + line);
    if (line == "# EOF") {
      require(openmetrics, "# EOF in text");
      ended = true;
    } else if (line.starts_with("# HELP ")) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      require(name > family, "not in order: " + family + ", " + name);
      family = name;
    } else if (line.starts_with("# TYPE ")) {
      require(line.substr(7, line.find(' ', 7) - 7) == family, "TYPE without HELP: " + line);
    } else {
      auto sample = read_sample(line);
      require(sample.name.starts_with(family), "not under its header: " + line);
      std::string key = sample.name;
      for (const auto& [name, value] : sample.labels) {
        if (!value.empty()) key += '\0' + name + '\0' + value;
      }
      require(seen.insert(key).second, "a series twice: " + line);
      samples.push_back(std::move(sample));
    }
  }
  require(ended == openmetrics, "# EOF is missing");
  return samples;
}

inline std::string join_blocks(const std::vector<std::shared_ptr<const std::string>>& blocks) {
  std::string all;
  for (const auto& block : blocks) all += *block;
  return all;
}
