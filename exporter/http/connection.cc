#include "exporter/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace exporter {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kReadsAtOnce = 4;  // so that one fast sender does not hold the loop
constexpr std::size_t kPiecesAtOnce = 64;
constexpr std::size_t kKeptCapacity = 64 * 1024;

}  // namespace

bool ServerConnection::receive() {
  std::array<char, kReadBytes> buffer;
  for (std::size_t i = 0; i < kReadsAtOnce; ++i) {
    const auto got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (got == 0) {
      peer_ended = true;
      return false;
    }
    if (phase == Phase::reading) in.append(buffer.data(), static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < buffer.size()) break;
  }
  return true;
}

bool ServerConnection::flush() {
  std::array<iovec, kPiecesAtOnce> pieces;
  while (const std::size_t count = out.next(pieces)) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const auto put = sendmsg(fd.get(), &message, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    out.advance(static_cast<std::size_t>(put));
  }
  return true;
}

void ServerConnection::next_request(const ServerLimits& limits) {
  in.erase(0, std::min(frame.consumed(), in.size()));
  out.clear();
  if (in.capacity() > kKeptCapacity) in.shrink_to_fit();
  frame = RequestFrame(limits);
  phase = Phase::reading;
  continued = scrape = drain_after = false;
}

}  // namespace exporter
