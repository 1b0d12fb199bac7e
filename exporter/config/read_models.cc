#include <fmt/format.h>

#include <map>
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

void check_shared_names(const Node* detectors, const Node* models, Problems& problems) {
  if (detectors == nullptr || models == nullptr) return;
  std::map<std::string, std::size_t> lines;
  for (const Node& detector : detectors->items) {
    if (const Node* name = name_of(detector)) lines.emplace(name->text, name->line);
  }
  for (std::size_t i = 0; i < models->items.size(); ++i) {
    const Node* name = name_of(models->items[i]);
    if (name == nullptr) continue;
    const auto found = lines.find(name->text);
    if (found == lines.end()) continue;
    problems.add(name->line, fmt::format("models[{}].name", i),
                 fmt::format("duplicate name: {}; the detector on line {} has it, and POST "
                             "/prediction asks for both by name",
                             shown(name->text), found->second));
  }
}

}  // namespace exporter::config
