#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/cli/commands.h"
#include "exporter/http/listener.h"
#include "exporter/http/routes.h"
#include "exporter/http/web_config.h"

namespace exporter {
namespace {

constexpr timeval kTimeout{5, 0};

int unhealthy(const std::string& why) {
  std::fprintf(stderr, "unhealthy: %s\n", why.c_str());
  return 1;
}

/// Where a client on this machine reaches what the server binds.
std::string reachable(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

Descriptor connect_to(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(address.port);
  if (getaddrinfo(reachable(address.host).c_str(), port.c_str(), &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, freeaddrinfo);
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    Descriptor fd(socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
    if (fd.get() >= 0 && connect(fd.get(), entry->ai_addr, entry->ai_addrlen) == 0) return fd;
  }
  return {};
}

/// Sends the request and returns the beginning of the answer, "" when there is none.
std::string ask(int fd, const std::string& request) {
  std::array<char, 256> answer;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  const auto got = recv(fd, answer.data(), answer.size(), MSG_WAITALL);
  return got > 0 ? std::string(answer.data(), static_cast<std::size_t>(got)) : std::string();
}

/// Whether the server ended the handshake because it wants a certificate that we do not have: it
/// runs, and does as it was told.
bool asked_for_certificate() {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
         reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
         reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE;
}

/// The same over TLS. Whose certificate answers is not checked: it is our own. An empty request
/// only listens: a server that refuses us closes, and with bytes of ours unread the reset that
/// follows can overtake its alert.
std::string ask_encrypted(int fd, const std::string& request, bool& wants_certificate) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  if (context == nullptr) return {};
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
  if (session == nullptr || SSL_set_fd(session.get(), fd) != 1) return {};
  ERR_clear_error();
  std::array<char, 256> answer;
  const int size = static_cast<int>(request.size());
  const bool sent = SSL_connect(session.get()) == 1 &&
                    (size == 0 || SSL_write(session.get(), request.data(), size) == size);
  const int got =
      sent ? SSL_read(session.get(), answer.data(), static_cast<int>(answer.size())) : 0;
  wants_certificate = got <= 0 && asked_for_certificate();
  return got > 0 ? std::string(answer.data(), static_cast<std::size_t>(got)) : std::string();
}

}  // namespace

int healthcheck(const HttpOptions& options) {
  const auto address = parse_listen_address(options.listen.front());
  if (!address) return unhealthy(address.error().message);
  bool encrypted = false, needs_certificate = false;
  if (!options.web_config_file.empty()) {
    const auto config = load_web_config(options.web_config_file);
    if (!config) return unhealthy(config.error().message);
    encrypted = config->tls.enabled();
    using Auth = TlsServerConfig::ClientAuth;
    const Auth auth = config->tls.client_auth();
    needs_certificate = auth == Auth::require_any || auth == Auth::require_and_verify;
  }
  const auto fd = connect_to(*address);
  if (fd.get() < 0) return unhealthy("nothing listens on " + options.listen.front());
  const auto path = effective_prefix(options.route_prefix, options.external_url) + "/-/healthy";
  const auto request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  bool wants_certificate = false;
  const auto answer =
      encrypted ? ask_encrypted(fd.get(), needs_certificate ? "" : request, wants_certificate)
                : ask(fd.get(), request);
  if (wants_certificate) return 0;
  if (answer.empty()) return unhealthy("no answer from " + options.listen.front());
  const auto status = std::string_view(answer).substr(0, answer.find("\r\n"));
  // Who asks for a password runs; the file has hashes only, so there is none to send.
  if (status.starts_with("HTTP/1.1 200") || status.starts_with("HTTP/1.1 401")) return 0;
  return unhealthy(path + ": " + std::string(status));
}

int check_web_config_file(const std::string& file) {
  const auto checked = check_web_config(file);
  if (!checked) std::fprintf(stderr, "%s\n", checked.error().message.c_str());
  return checked ? 0 : 1;
}

}  // namespace exporter
