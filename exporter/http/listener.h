// Listening sockets from addresses as Go's net package writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forest/result.h"

namespace exporter {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

struct ListenAddress {
  std::string host;  ///< "" for every address of both IP versions
  std::uint16_t port = 0;
};

/// Reads `:PORT`, `host:PORT`, `1.2.3.4:PORT`, `[::1]:PORT`.
/// Errors: config, naming the text and the forms.
forest::Result<ListenAddress> parse_listen_address(std::string_view text);

/// Binds and listens, non-blocking, with a backlog of 1024. `:PORT` means `::` for both IP
/// versions, and 0.0.0.0 where there is no IPv6. Errors: config, naming the address and the
/// system's reason.
forest::Result<Descriptor> listen_on(const std::string& text);

/// Returns the listening sockets that systemd passed on (LISTEN_PID, LISTEN_FDS), non-blocking.
/// Errors: config, when there are none, or one is no listening stream socket.
/// Source: sd_listen_fds(3).
forest::Result<std::vector<Descriptor>> inherited_listeners();

/// Returns what a socket is bound to: `127.0.0.1:8000` or `[::]:8000`; the path of a Unix socket.
std::string bound_address(int fd);

}  // namespace exporter
