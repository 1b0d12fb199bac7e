// The web config file: TLS, users, headers and the rate limit of the listener, as Prometheus'
// exporter-toolkit defines it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/http/basic_auth.h"
#include "exporter/http/file_signature.h"
#include "forest/result.h"

namespace exporter {

/// `tls_server_config`. Of a text and its `_file` the file wins. Paths are resolved against the
/// config file's folder.
struct TlsServerConfig {
  enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify };

  std::string cert, cert_file, key, key_file, client_ca, client_ca_file;  ///< PEM, or its path
  std::string client_auth_type;  ///< as written; client_auth() tells what it means
  bool checks_sans = false;      ///< client_allowed_sans is given, even if empty
  std::vector<std::string> client_allowed_sans;
  int min_version = 12, max_version = 13;  ///< 10 to 13: TLS10 to TLS13
  std::vector<std::string> cipher_suites;  ///< IANA names
  bool prefer_server_cipher_suites = true;
  std::vector<std::string> curve_preferences;  ///< CurveP256, CurveP384, CurveP521, X25519

  /// Whether the listener speaks TLS: a certificate, a key, a client CA or a client policy is set.
  bool enabled() const;
  ClientAuth client_auth() const;
};

struct WebConfig {
  TlsServerConfig tls;
  bool http2 = true;                                         ///< accepted; HTTP/1.1 is served
  std::vector<std::pair<std::string, std::string>> headers;  ///< added to every answer
  BasicAuthUsers users;                                      ///< none: everybody may enter
  std::chrono::nanoseconds rate_interval{0};                 ///< 0: no limit
  long long rate_burst = 0;
};

/// Reads the file's text strictly. `path` names it in messages and resolves relative paths.
/// Errors (kind config): one line `FILE:LINE: key: what is wrong; what is allowed`. No secret is
/// repeated.
forest::Result<WebConfig> parse_web_config(std::string_view text, const std::string& path);
/// Reads and parses the file. Certificates are read by TlsContext::make.
/// Errors: config, also when the file cannot be read.
forest::Result<WebConfig> load_web_config(const std::string& path);
/// Loads the file and the certificates it names; what `promtool check web-config` does.
forest::Status check_web_config(const std::string& path);

/// The file in force: read again when it changed. Safe from any thread.
class WebConfigFile {
 public:
  explicit WebConfigFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  /// Returns what the file says now; nothing while it is unreadable or invalid, which is logged
  /// once per change. Costs one stat() unless the file changed.
  std::shared_ptr<const WebConfig> current();
  /// Reads the file for the first time. Errors: config, as load_web_config.
  forest::Status load();

 private:
  forest::Status read();

  const std::string path_;
  std::mutex mutex_;
  FileSignature signature_;
  std::size_t content_hash_ = 0;
  std::string problem_;  ///< logged last
  std::shared_ptr<const WebConfig> config_;
};

}  // namespace exporter
