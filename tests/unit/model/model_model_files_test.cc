#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "exporter/model/model_files.h"
#include "forest/model_file.h"

using namespace exporter;

namespace {

namespace fs = std::filesystem;

const fs::path kStandard = fs::path(ANOMALY_TEST_DATA) / "model" / "version_1_standard.model";
const fs::path kMixture = fs::path(ANOMALY_TEST_DATA) / "model" / "version_1_mixture.model";

/// A folder that is gone at the end.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "anomaly_model_files.XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
};

ModelFiles read(const std::vector<ModelSpec>& specs, const ModelFiles* old = nullptr) {
  auto files = read_model_files(specs, old);
  REQUIRE((files ? "" : files.error().message) == "");
  return *std::move(files);
}

std::string refused(const std::vector<ModelSpec>& specs, const ModelFiles* old = nullptr) {
  const auto files = read_model_files(specs, old);
  REQUIRE_FALSE(files);
  CHECK(files.error().kind == forest::ErrorKind::config);
  CHECK(files.error().message.find('\n') == std::string::npos);
  return files.error().message;
}

}  // namespace

TEST_CASE("model files are read in order and score as the library does", "[model]") {
  const auto files = read({{"b", kStandard}, {"a", kMixture}});
  REQUIRE(files.size() == 2);
  CHECK(files[0]->spec().name == "b");
  CHECK(files[0]->file_bytes() == fs::file_size(kStandard));
  const auto model = forest::load_model(kMixture);
  REQUIRE(model);
  CHECK(files[1]->tree_count() > files[1]->model().members()[0].forest.tree_count());
  const std::vector<double> row(model->feature_count(), 0.5);
  CHECK(files[1]->model().score_row(row) == model->score_row(row));
}

TEST_CASE("reasons hold each column's value, centre and share", "[model]") {
  const auto file = read({{"a", kStandard}}).front();
  auto reasons = file->reasons();
  REQUIRE(reasons.size() == file->model().feature_count());
  const std::vector<double> row(reasons.size(), 1e6);
  file->explain(row, reasons);
  double total = 0;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    CHECK(reasons[i].feature == file->model().columns()[i]);
    CHECK(reasons[i].value == 1e6);
    CHECK(std::isfinite(reasons[i].expected) == !file->model().facts().preset.empty());
    total += reasons[i].contribution;
  }
  CHECK(total == Approx(1));
}

TEST_CASE("an unchanged file keeps its object, a changed one is read again", "[model]") {
  const Folder folder;
  const fs::path file = folder.path / "m.model";
  fs::copy_file(kStandard, file);
  const auto first = read({{"m", file}});
  fs::last_write_time(file, fs::file_time_type::clock::now());
  const auto again = read({{"m", file}, {"n", file}}, &first);
  CHECK(again[0] == first[0]);
  CHECK(again[1] != first[0]);
  fs::copy_file(kMixture, file, fs::copy_options::overwrite_existing);
  const auto changed = read({{"m", file}}, &again);
  CHECK(changed[0] != first[0]);
  CHECK(changed[0]->file_bytes() == fs::file_size(kMixture));
}

TEST_CASE("a file that cannot be used is named, with what to do", "[model]") {
  const Folder folder;
  const fs::path file = folder.path / "m.model";
  CHECK(
      refused({{"m", file}}) ==
      "models: m: " + file.string() +
          ": cannot read: No such file or directory; name a file that `anomaly_exporter train` or "
          "`import` wrote");
  CHECK_THAT(refused({{"a", kStandard}, {"m", folder.path}}),
             Catch::Contains("not a regular file"));
  std::ofstream(file) << "mean,sd\n1,2\n";
  CHECK_THAT(refused({{"m", file}}), Catch::StartsWith("models: m: " + file.string() + ": "));
  std::ofstream(file).flush();  // empty
  CHECK_THAT(refused({{"m", file}}), Catch::Contains("write it again"));
  fs::copy_file(kStandard, file, fs::copy_options::overwrite_existing);
  fs::resize_file(file, fs::file_size(file) - 1);
  CHECK_THAT(refused({{"m", file}}), Catch::Contains("; write it again with"));
}
