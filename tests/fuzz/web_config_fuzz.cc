// Any bytes: the web config's reader answers with a configuration that keeps its promises, or with
// one line. The head of a request, with credentials or without, never breaks the gate.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "exporter/http/basic_auth.h"
#include "exporter/http/go_duration.h"
#include "exporter/http/web_config.h"

namespace {

void require(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << what << '\n';
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(exporter::parse_go_duration(text));
  const auto credentials = exporter::parse_basic_credentials(text);
  require(!credentials || credentials->user.find(':') == std::string::npos, "a colon in a user");
  const auto config = exporter::parse_web_config(text, "/fuzz/web.yml");
  if (!config) {
    const auto& message = config.error().message;
    require(message.starts_with("/fuzz/web.yml:"), message);
    require(message.find('\n') == std::string::npos, message);
    return 0;
  }
  for (const auto& [user, hash] : config->users) require(exporter::is_bcrypt_hash(hash), hash);
  for (const auto& [name, value] : config->headers) {
    require(value.find_first_of("\r\n") == std::string::npos, value);
  }
  const auto& tls = config->tls;
  if (!tls.enabled()) return 0;
  require(!tls.cert.empty() || !tls.cert_file.empty(), "no certificate");
  require(!tls.key.empty() || !tls.key_file.empty(), "no key");
  require(tls.min_version <= tls.max_version && tls.max_version >= 12, "versions");
  require(!tls.checks_sans || tls.client_auth() != exporter::TlsServerConfig::ClientAuth::none,
          "names without certificates");
  return 0;
}
