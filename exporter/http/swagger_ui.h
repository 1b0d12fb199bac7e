// The files of Swagger UI that the binary carries; docker/cmake/swagger_ui.cmake fetches them.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace exporter {

struct EmbeddedFile {
  std::string_view name;    ///< `swagger-ui.css`
  std::string_view packed;  ///< gzip; lives as long as the program
  std::size_t plain_bytes = 0;
};

/// Returns `swagger-ui.css`, `swagger-ui-bundle.js` and `licenses.txt`; nothing in a build without
/// npm.
std::vector<EmbeddedFile> swagger_ui_files();

/// Returns the version of Swagger UI, "" in a build without it.
std::string_view swagger_ui_version();

}  // namespace exporter
