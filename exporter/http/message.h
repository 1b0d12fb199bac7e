// HttpRequest, HttpResponse: what a handler is given and gives back, free of sockets and of the
// HTTP library.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forest/result.h"

namespace exporter {

/// A complete request: the path is decoded, chunks and compression are undone.
struct HttpRequest {
  std::string method, path;
  std::multimap<std::string, std::string> query;    ///< decoded parameters of the target
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// Returns all values of a header (name in lower case) joined by ", "; "" when absent.
  std::string header(const std::string& name) const;
};

/// Bytes that several answers and their makers hold at once.
using SharedBytes = std::shared_ptr<const std::string>;

/// An answer. HEAD, Content-Length and Connection are the server's business.
struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<SharedBytes> blocks;  ///< follow the body; sent without a copy

  /// Returns the bytes of body and blocks.
  std::size_t size() const;
};

/// One entry of `detail`: where the request is wrong, as FastAPI tells it.
struct ErrorDetail {
  std::vector<std::string>
      location;  ///< `body`, key, index; whole numbers are written as JSON numbers
  std::string message, type;
};

/// Builds the JSON error envelope: status, errorType (by `status`), error, detail.
HttpResponse error_response(int status, std::string_view message,
                            const std::vector<ErrorDetail>& detail = {});

/// Maps an Error to a status: by reason (`model_not_found`, `entity_not_found`: 404; `not_trained`:
/// 503; `too_large`: 413; `length`, `entity_required`: 422), else by kind: config and request 422,
/// upstream 502, data 503, state 500.
int http_status(const forest::Error& error);

/// Returns text for HTML: & < > " ' escaped.
std::string escape_html(std::string_view text);

}  // namespace exporter
