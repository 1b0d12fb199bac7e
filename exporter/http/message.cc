#include "exporter/http/message.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace exporter {
namespace {

std::string_view error_type(int status) {
  switch (status) {
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 408: return "timeout";
    case 413: return "too_large";
    case 429:
    case 503: return "unavailable";
    case 500: return "internal";
    case 501: return "not_implemented";
    case 502: return "upstream";
    default: return "bad_data";
  }
}

bool whole_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string HttpRequest::header(const std::string& name) const {
  std::string joined;
  const auto [first, last] = headers.equal_range(name);
  for (auto it = first; it != last; ++it) {
    if (it != first) joined += ", ";
    joined += it->second;
  }
  return joined;
}

std::size_t HttpResponse::size() const {
  std::size_t bytes = body.size();
  for (const auto& block : blocks) bytes += block == nullptr ? 0 : block->size();
  return bytes;
}

HttpResponse error_response(int status, std::string_view message,
                            const std::vector<ErrorDetail>& detail) {
  nlohmann::ordered_json body;
  body["status"] = "error";
  body["errorType"] = error_type(status);
  body["error"] = message;
  auto& list = body["detail"] = nlohmann::ordered_json::array();
  for (const auto& entry : detail) {
    auto location = nlohmann::ordered_json::array();
    for (const auto& part : entry.location) {
      if (whole_number(part)) {
        location.push_back(std::stoul(part));
      } else {
        location.push_back(part);
      }
    }
    list.push_back({{"loc", std::move(location)}, {"msg", entry.message}, {"type", entry.type}});
  }
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

int http_status(const forest::Error& error) {
  if (error.reason == "model_not_found" || error.reason == "entity_not_found") return 404;
  if (error.reason == "not_trained") return 503;
  if (error.reason == "too_large") return 413;
  if (error.reason == "length" || error.reason == "entity_required") return 422;
  switch (error.kind) {
    case forest::ErrorKind::config:
    case forest::ErrorKind::request: return 422;
    case forest::ErrorKind::upstream: return 502;
    case forest::ErrorKind::data: return 503;
    case forest::ErrorKind::state: return 500;
  }
  return 500;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace exporter
