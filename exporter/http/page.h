// The frame of the pages for people: head, colours for light and dark, header.
#pragma once

#include <string>
#include <string_view>

#include "exporter/http/message.h"

namespace exporter {

/// Returns a page from `<!DOCTYPE` to the open `<main>`: self-contained, nothing loaded.
/// @param title  escaped by the callee, in the tab and in the header
std::string page_opening(std::string_view title);

/// Ends a page and wraps it into an answer that may run no script and load nothing.
HttpResponse page_response(std::string page);

/// A picture for the tab, as a `data:` URL.
extern const std::string_view kIcon;

}  // namespace exporter
