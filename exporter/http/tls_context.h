// TlsContext: certificates and rules of the TLS listener, read from disk; LiveTls keeps them up to
// date.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http/file_signature.h"
#include "exporter/http/web_config.h"
#include "forest/result.h"

struct ssl_ctx_st;

namespace exporter {

/// Whether a cipher suite can be named in the web config: IANA's names of what Go calls secure.
bool is_known_cipher_suite(const std::string& name);
bool is_known_curve(const std::string& name);

/// Reads a file of at most 4 MiB. Errors: config, naming the file and the system's reason.
forest::Result<std::string> read_small_file(const std::string& path);

/// What a handshake needs; immutable. TLS 1.2 is the least, whatever the file allows; no
/// renegotiation, no compression; tickets end with the context.
class TlsContext {
 public:
  /// Reads certificate, key and client CAs. Errors: config, naming the field and the file: not
  /// readable, not PEM, a key that does not belong to the certificate.
  static forest::Result<std::shared_ptr<const TlsContext>> make(const TlsServerConfig& config);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }
  bool checks_sans() const { return checks_sans_; }
  bool verifies() const { return verifies_; }
  const std::vector<std::string>& allowed_sans() const { return allowed_sans_; }

 private:
  TlsContext() = default;

  ssl_ctx_st* context_ = nullptr;
  bool verifies_ = false, checks_sans_ = false;
  std::vector<std::string> allowed_sans_;
};

/// The context in force: made anew when the web config file, or a file that it names, changed. Safe
/// from any thread.
class LiveTls {
 public:
  /// `file` must outlive this.
  explicit LiveTls(WebConfigFile& file) : file_(file) {}

  /// Returns the context for the next handshake; nothing while the files are wrong, which is logged
  /// once per change. Costs up to four stat() calls unless something changed.
  std::shared_ptr<const TlsContext> current();
  /// Makes the first one. Errors: config, as TlsContext::make.
  forest::Status load();

 private:
  using Signatures = std::array<FileSignature, 3>;
  forest::Status make(std::shared_ptr<const WebConfig> config);

  WebConfigFile& file_;
  std::mutex mutex_;
  std::shared_ptr<const WebConfig> config_;
  Signatures signatures_;
  std::string problem_;  ///< logged last
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace exporter
