#include "exporter/http/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

namespace exporter {
namespace {

using forest::Error;
using forest::ErrorKind;
using forest::Result;

constexpr int kBacklog = 1024;

Error failed(const std::string& text, const std::string& why) {
  return Error{ErrorKind::config,
               "listen on " + text + ": " + why + "; choose another with --web.listen-address",
               "listen"};
}

/// Returns the bound descriptor, or an empty one with errno set.
Descriptor bind_to(const sockaddr* address, socklen_t size, bool both_versions) {
  Descriptor fd(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return {};
  const int on = 1;
  const int only = both_versions ? 0 : 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool failed = (address->sa_family == AF_INET6 &&
                       setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0) ||
                      bind(fd.get(), address, size) != 0 || listen(fd.get(), kBacklog) != 0;
  if (failed) {
    const int reason = errno;
    fd.reset();
    errno = reason;
  }
  return fd;
}

Descriptor bind_everywhere(std::uint16_t port) {
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  six.sin6_addr = in6addr_any;
  auto fd = bind_to(reinterpret_cast<const sockaddr*>(&six), sizeof six, true);
  if (fd.get() >= 0 || errno == EADDRINUSE || errno == EACCES) return fd;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  four.sin_addr.s_addr = htonl(INADDR_ANY);
  return bind_to(reinterpret_cast<const sockaddr*>(&four), sizeof four, false);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const Error wrong{
      ErrorKind::config,
      "listen address: " + std::string(text) + "; allowed: :PORT, host:PORT, [IPv6]:PORT",
      "listen"};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong;
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of("[]:/ ") != std::string_view::npos) {
    return wrong;
  }
  ListenAddress address{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return wrong;
  return address;
}

Result<Descriptor> listen_on(const std::string& text) {
  const auto address = parse_listen_address(text);
  if (!address) return address.error();
  if (address->host.empty()) {
    auto fd = bind_everywhere(address->port);
    if (fd.get() < 0) return failed(text, std::generic_category().message(errno));
    return fd;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(address->port);
  const int code = getaddrinfo(address->host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) return failed(text, gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, freeaddrinfo);
  // A name with both versions means its IPv4 address, as in Go.
  int reason = EADDRNOTAVAIL;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family != family) continue;
      auto fd = bind_to(entry->ai_addr, entry->ai_addrlen, false);
      if (fd.get() >= 0) return fd;
      reason = errno;
    }
  }
  return failed(text, std::generic_category().message(reason));
}

Result<std::vector<Descriptor>> inherited_listeners() {
  constexpr int kFirst = 3;
  const auto number_in = [](const char* name) {
    const char* text = std::getenv(name);
    int value = 0;
    if (text != nullptr) std::from_chars(text, text + std::strlen(text), value);
    return value;
  };
  const auto wrong = [](const std::string& what) {
    return Error{ErrorKind::config, "--web.systemd-socket: " + what, "listen"};
  };
  const int count = number_in("LISTEN_PID") == getpid() ? number_in("LISTEN_FDS") : 0;
  if (count <= 0) return wrong("systemd passed no socket on; start it by its .socket unit");
  std::vector<Descriptor> listeners;
  for (int fd = kFirst; fd < kFirst + count; ++fd) {
    int accepts = 0;
    socklen_t size = sizeof accepts;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) != 0 || accepts == 0)
      return wrong(fmt::format("descriptor {} is no listening socket", fd));
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return wrong(std::generic_category().message(errno));
    }
    listeners.emplace_back(fd);
  }
  // Children must not take them for theirs.
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  return listeners;
}

std::string bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  sockaddr_un local{};
  socklen_t local_size = sizeof local;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&local), &local_size) == 0 &&
      local.sun_family == AF_UNIX) {
    return local.sun_path;
  }
  char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
  if (getsockname(fd, address, &size) != 0 ||
      getnameinfo(address, size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port)
                                       : fmt::format("{}:{}", host, port);
}

}  // namespace exporter
