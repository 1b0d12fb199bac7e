// WebGate: what the web config file asks of every request and handshake, whatever the route.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "exporter/http/basic_auth.h"
#include "exporter/http/message.h"
#include "exporter/http/rate_limit.h"
#include "exporter/http/tls_context.h"
#include "exporter/http/web_config.h"

namespace exporter {

/// Decides in exporter-toolkit's order: configuration (500), rate limit (429), response headers,
/// users (401), handler. Safe from any thread.
class WebGate {
 public:
  struct Decision {
    enum class Kind {
      granted,
      refused,  ///< give `response`
      unknown,  ///< only verify() can tell: it may take a bcrypt
    };
    Kind kind = Kind::granted;
    HttpResponse response = {};
    /// What was in force; decorate() the answer with it. Nothing: without a file.
    std::shared_ptr<const WebConfig> config = nullptr;
  };

  /// @param path  of the web config file; "": everybody enters, in plain HTTP
  explicit WebGate(const std::string& path);

  /// Reads the file and what it names. TLS and the rate limit are then fixed. Errors: config, one
  /// line.
  forest::Status load();
  bool tls_enabled() const { return tls_ != nullptr; }
  /// Returns what the next handshake uses; nothing while the files are wrong.
  std::shared_ptr<const TlsContext> tls() { return tls_ == nullptr ? nullptr : tls_->current(); }

  /// Counts the request and decides without waiting. @param authorization  that header's value
  Decision enter(const std::string& authorization);
  /// Decides what enter() left open.
  Decision verify(std::shared_ptr<const WebConfig> config, const std::string& authorization);
  /// Adds the configured headers that the answer does not have itself.
  static void decorate(const WebConfig* config, HttpResponse& response);

 private:
  std::optional<WebConfigFile> file_;
  std::unique_ptr<LiveTls> tls_;
  std::unique_ptr<RateLimiter> limiter_;
  BasicAuthenticator users_;
};

}  // namespace exporter
