// Walks tests/data/config, the root config.yaml and the README.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "exporter/config/config.h"

namespace {

namespace fs = std::filesystem;
using exporter::load_config;
using exporter::parse_config;
using exporter::to_yaml;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> data_files(const std::string& prefix) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(ANOMALY_TEST_DATA) / "config")) {
    if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Returns the contents of the ```yaml blocks of a Markdown text.
std::vector<std::string> yaml_blocks(const std::string& markdown) {
  std::vector<std::string> blocks;
  std::istringstream lines(markdown);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside && line.starts_with("```yaml");
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

}  // namespace

TEST_CASE("every bad file is refused with one line that names file, line and what is expected",
          "[config]") {
  const std::string mark = "# expect: ";
  const auto files = data_files("bad-");
  CHECK(files.size() >= 100);
  for (const auto& path : files) {
    INFO(path);
    const std::string text = read(path);
    REQUIRE(text.starts_with(mark));
    const std::string expected = text.substr(mark.size(), text.find('\n') - mark.size());
    const auto config = load_config(path);
    REQUIRE_FALSE(config);
    const std::string& message = config.error().message;
    CHECK(config.error().kind == forest::ErrorKind::config);
    CHECK_THAT(message, Catch::Contains(expected));
    REQUIRE(message.starts_with(path.string() + ":"));
    CHECK(std::regex_search(message.substr(path.string().size()), std::regex("^:[1-9][0-9]*: ")));
    CHECK(message.find_first_of("\r\n\t") == std::string::npos);
    CHECK(message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("every good file loads, and what is written of it loads equal", "[config]") {
  const auto files = data_files("good-");
  CHECK(files.size() >= 6);
  for (const auto& path : files) {
    INFO(path);
    const auto config = load_config(path);
    REQUIRE(config);
    const std::string written = to_yaml(*config);
    CHECK(written.find("hunter2") == std::string::npos);
    const auto again = parse_config(written, "/elsewhere/config.yaml");
    REQUIRE(again);
    CHECK(to_yaml(*again) == written);
  }
}

TEST_CASE("the installed config.yaml loads, and the values it shows behind # are the defaults",
          "[config]") {
  const fs::path path = fs::path(ANOMALY_ROOT) / "config.yaml";
  const auto config = load_config(path);
  REQUIRE(config);
  CHECK(config->detectors.size() == 2);

  const std::regex commented(R"((\n *)#([a-z]))");
  const std::string text = read(path);
  const std::string uncommented = std::regex_replace(text, commented, "$1$2");
  CHECK(std::distance(std::sregex_iterator(text.begin(), text.end(), commented), {}) >= 10);
  const auto all = parse_config(uncommented, path);
  REQUIRE((all ? "" : all.error().message) == "");
  CHECK(to_yaml(*all) == to_yaml(*config));
}

TEST_CASE("the configurations that the README shows load", "[config]") {
  const fs::path path = fs::path(ANOMALY_ROOT) / "README.md";
  if (!fs::exists(path)) {
    WARN("no README.md yet");
    return;
  }
  std::size_t loaded = 0;
  for (const auto& block : yaml_blocks(read(path))) {
    if (!block.starts_with("prometheus:") && !block.starts_with("detectors:")) continue;
    INFO(block);
    const auto config = parse_config(block, "README.md");
    REQUIRE((config ? "" : config.error().message) == "");
    ++loaded;
  }
  CHECK(loaded >= 1);
}

TEST_CASE("the blocks of a Markdown text are told apart", "[config]") {
  const auto blocks =
      yaml_blocks("a\n```yaml\nx: 1\n```\n```sh\nls\n```\n```yaml\ny: 2\nz: 3\n```\n");
  CHECK(blocks == std::vector<std::string>{"x: 1\n", "y: 2\nz: 3\n"});
}

TEST_CASE("a file that cannot be read says why", "[config]") {
  const auto absent = load_config("/nonexistent/config.yaml");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().message ==
        "/nonexistent/config.yaml: cannot read the file: No such file or directory");
  const auto folder = load_config(ANOMALY_TEST_DATA);
  REQUIRE_FALSE(folder);
  CHECK_THAT(folder.error().message, Catch::EndsWith("cannot read the file: Is a directory"));
}

TEST_CASE("a message gives the path of its file whole, with controls escaped", "[config]") {
  const std::string folder = "/nonexistent/" + std::string(200, 'd');
  const auto unreadable = load_config(folder + "/config.yaml");
  REQUIRE_FALSE(unreadable);
  CHECK_THAT(unreadable.error().message, Catch::StartsWith(folder + "/config.yaml: cannot read"));
  for (const auto* text : {"a: [", "unknown: 1\n"}) {
    const auto config = parse_config(text, folder + "/\n.yaml");
    REQUIRE_FALSE(config);
    CHECK_THAT(config.error().message, Catch::StartsWith(folder + "/\\n.yaml:"));
  }
}

TEST_CASE("a file beyond 4 MiB is refused", "[config]") {
  const auto config = parse_config(std::string((4 << 20) + 1, '#'), "big.yaml");
  REQUIRE_FALSE(config);
  CHECK(config.error().message == "big.yaml:1: larger than 4 MiB");
}
