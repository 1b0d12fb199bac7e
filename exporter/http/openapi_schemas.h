// What the OpenAPI document says beside the routes: schemas that routes share, tags, texts.
#pragma once

#include <string_view>
#include <vector>

#include "exporter/http/routes.h"

namespace exporter {

/// Markdown, under the title of the document.
extern const std::string_view kApiDescription;

/// JSON: the tags of the routes in the order shown, with a sentence each.
extern const std::string_view kTags;

/// Markdown: when requests need a user and a password.
extern const std::string_view kBasicAuth;

/// Text: the answers that any route's request may get from the server, before its handler.
extern const std::string_view kRefused;

/// `Error`, the envelope of every error; `Number`, a JSON number or a special value as a string.
std::vector<NamedSchema> shared_schemas();

}  // namespace exporter
