#include "exporter/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kReadBytes = TlsSession::kRecordBytes;
constexpr std::size_t kReadsAtOnce = 4;     // so that one fast sender does not hold the loop
constexpr std::size_t kRecordsAtOnce = 32;  // 512 KiB
constexpr std::size_t kPiecesAtOnce = 64;
constexpr std::size_t kKeptCapacity = 64 * 1024;

}  // namespace

void ServerConnection::shake_hands(const std::shared_ptr<const TlsContext>& context) {
  want_ = Want::by_phase;
  if (tls == nullptr) {
    char first = 0;
    const auto got = recv(fd.get(), &first, 1, MSG_PEEK);
    if (got < 0) {
      lost = errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
      return;
    }
    if (got == 0 || context == nullptr) {
      lost = true;
      return;
    }
    if (first >= 'A' && first <= 'Z') {
      return answer_and_close(
          "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
          deadline);
    }
    tls = std::make_unique<TlsSession>(context, fd.get());
  }
  switch (tls->handshake()) {
    case TlsSession::State::done: phase = Phase::reading; break;
    case TlsSession::State::want_read: want_ = Want::read; break;
    case TlsSession::State::want_write: want_ = Want::write; break;
    case TlsSession::State::ended:
    case TlsSession::State::failed: lost = true; break;
  }
}

/// Receives once, decrypted; `gone` is a broken connection.
ServerConnection::Input ServerConnection::take(char* into, std::size_t room, std::size_t& got) {
  // What is thrown away needs no decryption.
  if (tls == nullptr || phase == Phase::draining) {
    const auto count = recv(fd.get(), into, room, 0);
    if (count == 0) return Input::ended;
    if (count < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Input::none : Input::gone;
    got = static_cast<std::size_t>(count);
    return Input::some;
  }
  const auto step = tls->read({into, room});
  got = step.bytes;
  switch (step.state) {
    case TlsSession::State::done: return Input::some;
    case TlsSession::State::want_read: return Input::none;
    case TlsSession::State::want_write: want_ = Want::write; return Input::none;
    case TlsSession::State::ended: return Input::ended;
    case TlsSession::State::failed: break;
  }
  return Input::gone;
}

bool ServerConnection::receive() {
  std::array<char, kReadBytes> buffer;
  want_ = Want::by_phase;
  for (std::size_t i = 0; i < kReadsAtOnce; ++i) {
    std::size_t got = 0;
    switch (take(buffer.data(), buffer.size(), got)) {
      case Input::none: return true;
      case Input::gone: return false;
      case Input::ended: peer_ended = true; return false;
      case Input::some: break;
    }
    if (phase == Phase::reading) in.append(buffer.data(), got);
    if (tls == nullptr && got < buffer.size()) break;
  }
  return true;
}

bool ServerConnection::flush() {
  want_ = Want::by_phase;
  if (tls != nullptr) return flush_encrypted();
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

bool ServerConnection::flush_encrypted() {
  std::array<iovec, 1> piece;
  for (std::size_t records = 0; out.next(piece) > 0; ++records) {
    // So that one fast reader of a large answer does not hold the thread.
    if (records == kRecordsAtOnce) return true;
    const auto step = tls->write({static_cast<const char*>(piece[0].iov_base), piece[0].iov_len});
    switch (step.state) {
      case TlsSession::State::done: out.advance(step.bytes); break;
      case TlsSession::State::want_read: want_ = Want::read; return true;
      case TlsSession::State::want_write: return true;
      case TlsSession::State::ended:
      case TlsSession::State::failed: return false;
    }
  }
  return true;
}

bool ServerConnection::send_now(std::string_view bytes) {
  if (tls == nullptr) {
    return send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  const auto step = tls->write(bytes);
  return step.state == TlsSession::State::done && step.bytes == bytes.size();
}

void ServerConnection::end_sending() {
  if (tls != nullptr) tls->end();
  shutdown(fd.get(), SHUT_WR);
}

void ServerConnection::answer_and_close(std::string bytes, SteadyTime send_deadline) {
  out.assign(std::move(bytes));
  close_after = true;
  drain_after = !peer_ended;
  phase = Phase::writing;
  deadline = send_deadline;
}

Poller::Interest ServerConnection::interest() const {
  const bool write = want_ == Want::by_phase ? phase == Phase::writing : want_ == Want::write;
  return write ? Poller::Interest::write : Poller::Interest::read;
}

void ServerConnection::next_request(const ServerLimits& limits) {
  in.erase(0, std::min(frame.consumed(), in.size()));
  out.clear();
  if (in.capacity() > kKeptCapacity) in.shrink_to_fit();
  frame = RequestFrame(limits);
  phase = Phase::reading;
  entry = Entry::outside;
  continued = scrape = drain_after = waits_for_hash = false;
  web = nullptr;
  want_ = Want::by_phase;
}

}  // namespace exporter
