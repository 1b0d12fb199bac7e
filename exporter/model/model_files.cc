#include "exporter/model/model_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "forest/model_codec.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using forest::Error;
using forest::ErrorKind;
using forest::Result;

/// Bytes read at a time, so that memory follows what a file gives.
constexpr std::size_t kPiece = std::size_t{1} << 20;

Error unusable(const ModelSpec& spec, std::string_view why, std::string_view remedy) {
  return {ErrorKind::config,
          fmt::format("models: {}: {}: {}; {}", spec.name, spec.file.string(), why, remedy)};
}

Result<std::vector<std::byte>> read_bytes(const ModelSpec& spec) {
  const auto failed = [&](int code) {
    return unusable(spec, "cannot read: " + std::generic_category().message(code),
                    "name a file that `anomaly_exporter train` or `import` wrote");
  };
  std::error_code unknown;
  const fs::file_status status = fs::status(spec.file, unknown);
  if (!fs::exists(status)) return failed(unknown ? unknown.value() : ENOENT);
  if (!fs::is_regular_file(status)) {
    return unusable(spec, "not a regular file",
                    "name a file that `anomaly_exporter train` or `import` wrote");
  }
  errno = 0;
  std::ifstream in(spec.file, std::ios::binary);
  if (!in) return failed(errno != 0 ? errno : EIO);
  std::vector<std::byte> bytes;
  while (in) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kPiece);
    in.read(reinterpret_cast<char*>(bytes.data() + before), static_cast<std::streamsize>(kPiece));
    bytes.resize(before + static_cast<std::size_t>(in.gcount()));
    if (!forest::starts_as_model(bytes)) break;  // any size of something else is not read on
  }
  if (in.bad()) return failed(errno != 0 ? errno : EIO);
  return bytes;
}

std::size_t checksum(const std::vector<std::byte>& bytes) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

const std::shared_ptr<const ModelFile>* find_same(const ModelFiles* old, const ModelSpec& spec) {
  if (old == nullptr) return nullptr;
  const auto found = std::ranges::find_if(*old, [&](const auto& m) { return m->spec() == spec; });
  return found == old->end() ? nullptr : &*found;
}

Result<std::shared_ptr<const ModelFile>> read_one(const ModelSpec& spec, const ModelFiles* old) {
  auto bytes = read_bytes(spec);
  if (!bytes) return std::move(bytes).error();
  const std::size_t content = checksum(*bytes);
  if (const auto* same = find_same(old, spec);
      same != nullptr && (*same)->content() == content && (*same)->file_bytes() == bytes->size()) {
    return *same;
  }
  auto model = forest::decode_model(*bytes);
  if (!model) {
    return unusable(spec, model.error().message,
                    "write it again with `anomaly_exporter train` or `import`");
  }
  return std::make_shared<const ModelFile>(spec, *std::move(model), bytes->size(), content);
}

}  // namespace

ModelFile::ModelFile(ModelSpec spec, forest::Model model, std::size_t file_bytes,
                     std::size_t content)
    : spec_(std::move(spec)),
      model_(std::move(model)),
      contributions_(model_),
      file_bytes_(file_bytes),
      content_(content) {}

std::size_t ModelFile::tree_count() const {
  std::size_t trees = 0;
  for (const auto& member : model_.members()) trees += member.forest.tree_count();
  return trees;
}

std::vector<FeatureReason> ModelFile::reasons() const {
  const bool trained_here = !model_.facts().preset.empty();
  const auto& scales = model_.members().front().forest.frame().columns;
  std::vector<FeatureReason> reasons;
  reasons.reserve(model_.feature_count());
  for (std::size_t i = 0; i < model_.feature_count(); ++i) {
    FeatureReason reason;
    reason.feature = model_.columns()[i];
    reason.expected = trained_here ? scales[i].centre : std::numeric_limits<double>::quiet_NaN();
    reasons.push_back(std::move(reason));
  }
  return reasons;
}

void ModelFile::explain(std::span<const double> row, std::vector<FeatureReason>& out) const {
  thread_local std::vector<double> shares;
  shares.resize(row.size());
  contributions_.of(row, shares);
  for (std::size_t i = 0; i < row.size(); ++i) {
    out[i].value = row[i];
    out[i].contribution = shares[i];
  }
}

Result<ModelFiles> read_model_files(const std::vector<ModelSpec>& specs, const ModelFiles* old) {
  ModelFiles files;
  files.reserve(specs.size());
  for (const ModelSpec& spec : specs) {
    auto file = read_one(spec, old);
    if (!file) return std::move(file).error();
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace exporter
