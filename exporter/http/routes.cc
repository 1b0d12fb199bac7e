#include "exporter/http/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace exporter {

RouteAnswer error_answer(int status, std::string description, std::vector<RouteExample> examples) {
  return {status,
          std::move(description),
          {{"application/json", R"({"$ref":"#/components/schemas/Error"})", std::move(examples)}}};
}

Routes::Routes(std::vector<Route> table, std::string prefix)
    : table_(std::move(table)), prefix_(std::move(prefix)) {}

const Route* Routes::find(std::string_view path) const {
  if (!path.starts_with(prefix_)) return nullptr;
  path.remove_prefix(prefix_.size());
  const auto found = std::find_if(table_.begin(), table_.end(),
                                  [&](const Route& route) { return route.path == path; });
  return found == table_.end() ? nullptr : &*found;
}

HttpResponse Routes::dispatch(const HttpRequest& request) const {
  const auto* route = find(request.path);
  if (route == nullptr) {
    if (!prefix_.empty() && (request.path == "/" || request.path == prefix_)) {
      HttpResponse redirect;
      redirect.status = 302;
      redirect.headers.emplace_back("Location", prefix_ + "/");
      return redirect;
    }
    return error_response(404, "no such path: " + request.path.substr(0, 200));
  }
  std::string allowed;
  for (const auto& method : route->methods) {
    if (method == request.method || (method == "GET" && request.method == "HEAD"))
      return route->handler(request);
    allowed += (allowed.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
  }
  auto response =
      error_response(405, "method " + request.method + " is not allowed here; allowed: " + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

std::string_view Routes::label(std::string_view path) const {
  const auto* route = find(path);
  return route == nullptr ? std::string_view("other") : std::string_view(route->path);
}

std::string effective_prefix(const std::string& route_prefix, const std::string& external_url) {
  std::string prefix = route_prefix;
  if (prefix.empty()) {
    const auto scheme = external_url.find("://");
    const auto path = external_url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    if (path != std::string::npos)
      prefix = external_url.substr(path, external_url.find_first_of("?#", path) - path);
  }
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix.empty() || prefix.starts_with('/') ? prefix : fmt::format("/{}", prefix);
}

}  // namespace exporter
