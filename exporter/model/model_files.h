// ModelFile: a trained forest from a file, as `models:` lists it, ready to answer predictions.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/model/feature_reason.h"
#include "forest/model.h"
#include "forest/model_contributions.h"
#include "forest/result.h"

namespace exporter {

/// One entry of `models:` with what its file held. Immutable; safe from any thread.
class ModelFile {
 public:
  /// @param content  checksum of the file's bytes
  ModelFile(ModelSpec spec, forest::Model model, std::size_t file_bytes, std::size_t content);

  const ModelSpec& spec() const { return spec_; }
  const forest::Model& model() const { return model_; }
  std::size_t tree_count() const;
  std::size_t file_bytes() const { return file_bytes_; }
  std::size_t content() const { return content_; }

  /// Returns reasons with names and expectations filled in, for `explain` to complete. The
  /// expectation of a column is the centre that training gave it, the median of up to 64 of the
  /// rows it trained on; NaN for a model that was imported, as such a file has none.
  std::vector<FeatureReason> reasons() const;
  /// Writes value and contribution of every column. @param row  [columns] @param out  of reasons()
  void explain(std::span<const double> row, std::vector<FeatureReason>& out) const;

 private:
  const ModelSpec spec_;
  const forest::Model model_;
  const forest::ModelContributions contributions_;
  const std::size_t file_bytes_, content_;
};

/// All models of a configuration, in its order.
using ModelFiles = std::vector<std::shared_ptr<const ModelFile>>;

/// Reads the files of `specs`. An entry that `old` has under the same name and file, and whose
/// content is the same, keeps its object. Errors: config, one line with name, file, what is wrong
/// and what to do; then nothing of the new set is in use.
forest::Result<ModelFiles> read_model_files(const std::vector<ModelSpec>& specs,
                                            const ModelFiles* old);

}  // namespace exporter
