#include "exporter/http/web_gate.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "exporter/http/text.h"
#include "exporter/log.h"

namespace exporter {
namespace {

using Kind = WebGate::Decision::Kind;

WebGate::Decision refused(HttpResponse response, std::shared_ptr<const WebConfig> config) {
  WebGate::decorate(config.get(), response);
  return {Kind::refused, std::move(response), std::move(config)};
}

WebGate::Decision unauthorized(std::shared_ptr<const WebConfig> config) {
  auto response = error_response(401, "user and password are needed");
  response.headers.emplace_back("WWW-Authenticate", "Basic");
  return refused(std::move(response), std::move(config));
}

}  // namespace

WebGate::WebGate(const std::string& path) {
  if (!path.empty()) file_.emplace(path);
}

forest::Status WebGate::load() {
  if (!file_) return forest::Done{};
  if (auto loaded = file_->load(); !loaded) return loaded;
  const auto config = file_->current();
  if (config == nullptr) return file_->load();  // It broke just now; tell how.
  if (config->tls.enabled()) {
    tls_ = std::make_unique<LiveTls>(*file_);
    if (auto loaded = tls_->load(); !loaded) return loaded;
    if (config->tls.min_version < 12) {
      log::warn("TLS 1.2 is the least that is served; min_version asks for less");
    }
    if (config->http2) log::info("HTTP/2 is not served; clients get HTTP/1.1");
  }
  if (config->rate_interval.count() != 0) {
    limiter_ = std::make_unique<RateLimiter>(config->rate_interval, config->rate_burst);
    log::info("Rate Limiter is enabled.",
              {{"burst", config->rate_burst},
               {"interval_seconds", std::chrono::duration<double>(config->rate_interval).count()}});
  }
  return forest::Done{};
}

WebGate::Decision WebGate::enter(const std::string& authorization) {
  if (!file_) return {};
  auto config = file_->current();
  if (config == nullptr) {
    return refused(error_response(500, "the web configuration cannot be read"), nullptr);
  }
  if (limiter_ != nullptr && !limiter_->allow(std::chrono::steady_clock::now())) {
    return refused(error_response(429, "too many requests: rate_limit of the web configuration"),
                   nullptr);
  }
  if (config->users.empty()) return {Kind::granted, {}, std::move(config)};
  switch (users_.recall(config->users, authorization)) {
    case BasicAuthenticator::Verdict::granted: return {Kind::granted, {}, std::move(config)};
    case BasicAuthenticator::Verdict::denied: return unauthorized(std::move(config));
    case BasicAuthenticator::Verdict::unknown: break;
  }
  return {Kind::unknown, {}, std::move(config)};
}

WebGate::Decision WebGate::verify(std::shared_ptr<const WebConfig> config,
                                  const std::string& authorization) {
  const auto verdict = users_.verify(config->users, authorization);
  if (verdict != BasicAuthenticator::Verdict::granted) return unauthorized(std::move(config));
  return {Kind::granted, {}, std::move(config)};
}

void WebGate::decorate(const WebConfig* config, HttpResponse& response) {
  if (config == nullptr) return;
  for (const auto& [name, value] : config->headers) {
    const auto wanted = lower_case(name);
    const bool given =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [&](const auto& header) { return lower_case(header.first) == wanted; });
    if (!given) response.headers.emplace_back(name, value);
  }
}

}  // namespace exporter
