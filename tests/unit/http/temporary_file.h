// A file of a test, in a folder of its own that goes with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::string& text) {
    auto pattern = (std::filesystem::temp_directory_path() / "anomaly_http_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    path_ = folder_ / name;
    write(text);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path() const { return path_.string(); }
  void write(const std::string& text) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << text;
  }
  void remove() const { std::filesystem::remove(path_); }

 private:
  std::filesystem::path folder_, path_;
};
