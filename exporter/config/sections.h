// The sections of config.yaml, each read from its node. Problems are collected, not returned.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/config/reader.h"

namespace exporter::config {

/// @param folder  what relative paths resolve against; absolute
PrometheusConfig read_prometheus(const Node* node, const std::filesystem::path& folder,
                                 Problems& problems);

/// @param folder  what relative paths resolve against; absolute
std::vector<DetectorSpec> read_detectors(const Node* node, const std::filesystem::path& folder,
                                         Problems& problems);

/// Reads `timezone` and `holidays` of a detector, with the files that these name.
void read_calendar(MapReader& reader, const std::filesystem::path& folder, DetectorSpec& detector);

/// Appends the detectors of the packs that `packs` names, but for those whose name is taken: the
/// file overrides a pack.
void read_packs(MapReader& reader, std::vector<DetectorSpec>& detectors);

/// Reads PromQL, the space around it cut off.
void read_query(MapReader& reader, std::string_view key, std::string& out);

FeatureSpec read_feature(const Node& node, const std::string& path, Problems& problems);

std::vector<ModelSpec> read_models(const Node* node, const std::filesystem::path& folder,
                                   Problems& problems);

/// Reports a model that has the name of a detector: both are asked for by name in one place.
void check_shared_names(const std::vector<DetectorSpec>& detectors, const Node* models,
                        Problems& problems);

/// Returns what is wrong with `[scheme]://[user[:password]@]host[:port][/path]`, or an empty text.
/// @param schemes  the allowed ones, in words for the message: `http or https`
std::string url_fault(std::string_view url, std::string_view schemes);

/// Returns the URL with its password, or a user that stands alone, replaced by `<secret>`.
std::string masked_url(std::string_view url);

}  // namespace exporter::config
