#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "exporter/config/named_list.h"
#include "exporter/config/sections.h"

namespace exporter::config {

std::vector<ModelSpec> read_models(const Node* node, const std::filesystem::path& folder,
                                   Problems& problems) {
  if (node == nullptr) return {};
  const auto read = [&](const Node& entry, const std::string& path, Problems& found) {
    ModelSpec model;
    MapReader reader(&entry, path, found);
    read_name(reader, model.name, "-", "letters, digits, _ and -");
    reader.require("file");
    std::string file;
    reader.path("file", folder, file);
    model.file = file;
    reader.finish();
    return model;
  };
  return read_named_list<ModelSpec>(*node, "models", "model", kMaxModels, problems, read);
}

void check_shared_names(const std::vector<DetectorSpec>& detectors, const Node* models,
                        Problems& problems) {
  if (models == nullptr) return;
  for (std::size_t i = 0; i < models->items.size(); ++i) {
    const Node* name = name_of(models->items[i]);
    if (name == nullptr) continue;
    if (std::ranges::find(detectors, name->text, &DetectorSpec::name) == detectors.end()) continue;
    problems.add(name->line, fmt::format("models[{}].name", i),
                 fmt::format("duplicate name: {}; a detector has it, and POST /prediction asks for "
                             "both by name",
                             shown(name->text)));
  }
}

}  // namespace exporter::config
