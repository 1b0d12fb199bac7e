#include "exporter/http/event_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "exporter/http/codec.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kDrainTime(1);
constexpr std::size_t kAcceptsAtOnce = 64;

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

PeerGroup group_of(const sockaddr_storage& address) {
  PeerGroup group{};
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(group.data() + 4, &four.sin_addr, 4);
  } else if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr);
    if (mapped) {
      std::memcpy(group.data() + 4, six.sin6_addr.s6_addr + 12, 4);
    } else {
      std::memcpy(group.data(), six.sin6_addr.s6_addr, group.size());
    }
  }
  return group;
}

}  // namespace

EventLoop::EventLoop(const ServerLimits& limits, std::vector<Descriptor> listeners,
                     Dispatch dispatch, Refused refused, Finished finished, Handshake handshake)
    : limits_(limits),
      dispatch_(std::move(dispatch)),
      refused_(std::move(refused)),
      finished_(std::move(finished)),
      handshake_(std::move(handshake)),
      listeners_(std::move(listeners)),
      connection_limit_(allowed_connections(limits.connections)) {}

EventLoop::~EventLoop() { stop(milliseconds(0)); }

forest::Status EventLoop::start() {
  if (auto opened = poller_.open(listeners_); !opened) return opened;
  thread_ = std::thread([this] { run(); });
  return forest::Done{};
}

void EventLoop::give_back(std::unique_ptr<ServerConnection> connection) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  returned_.push_back(std::move(connection));
  poller_.wake();
}

void EventLoop::stop(milliseconds drain) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    drain_ = drain;
    stopping_ = true;
    poller_.wake();
  }
  thread_.join();
}

void EventLoop::run() {
  const auto pause = std::clamp(std::min({limits_.receive, limits_.send, limits_.idle}) / 4,
                                milliseconds(10), milliseconds(250));
  while (true) {
    const bool draining = drain_until_ != SteadyTime{};
    const bool calm = waiting_.empty() && with_workers_ == 0 && !draining;
    for (const int fd : poller_.wait(calm       ? milliseconds(-1)
                                     : draining ? milliseconds(10)
                                                : pause)) {
      const auto is_fd = [fd](const Descriptor& listener) { return listener.get() == fd; };
      if (std::any_of(listeners_.begin(), listeners_.end(), is_fd)) {
        accept_from(fd);
      } else {
        on_event(fd);
      }
    }
    take_returned();
    if (steady_now() >= next_sweep_) {
      sweep();
      next_sweep_ = steady_now() + pause;
    }
    if (stopping_ && drained()) break;
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
  returned_.clear();
  waiting_.clear();
  listeners_.clear();
}

/// Begins the drain at its first call; tells when nothing is left to wait for.
bool EventLoop::drained() {
  if (drain_until_ == SteadyTime{}) {
    const std::lock_guard lock(mutex_);
    drain_until_ = steady_now() + drain_;
    listeners_.clear();
  }
  std::erase_if(waiting_, [](const auto& entry) { return entry.second->idle(); });
  return (waiting_.empty() && with_workers_ == 0) || steady_now() >= drain_until_;
}

void EventLoop::accept_from(int listener) {
  for (std::size_t i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    Descriptor fd(
        accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
      const int reason = errno;
      if (reason == ECONNABORTED || reason == EINTR) continue;
      const bool short_of =
          reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
      if (short_of && !make_room()) std::this_thread::sleep_for(milliseconds(5));
      return;
    }
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (waiting_.size() + with_workers_ >= connection_limit_ && !make_room()) {
      static const std::string kBusy =
          HttpCodec::plain_answer(error_response(503, "too many connections"));
      if (!handshake_) {
        [[maybe_unused]] const auto put =
            send(fd.get(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      }
      continue;
    }
    const int number = fd.get();
    auto connection = std::make_unique<ServerConnection>(std::move(fd), limits_);
    connection->since = steady_now();
    connection->deadline = connection->since + limits_.receive;
    connection->peer = group_of(peer);
    if (handshake_) connection->phase = ServerConnection::Phase::handshake;
    if (poller_.add(number)) waiting_[number] = std::move(connection);
  }
}

/// Closes the connection that has waited longest for its client; idle ones before those within a
/// request.
bool EventLoop::make_room() {
  const auto oldest =
      std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
        return std::pair(!a.second->idle(), a.second->since) <
               std::pair(!b.second->idle(), b.second->since);
      });
  if (oldest == waiting_.end()) return false;
  auto connection = std::move(oldest->second);
  waiting_.erase(oldest);
  drop(std::move(connection));
  return true;
}

void EventLoop::take_returned() {
  std::vector<std::unique_ptr<ServerConnection>> returned;
  {
    const std::lock_guard lock(mutex_);
    returned.swap(returned_);
  }
  for (auto& connection : returned) {
    --with_workers_;
    proceed(std::move(connection));
  }
}

void EventLoop::on_event(int fd) {
  const auto found = waiting_.find(fd);
  if (found == waiting_.end()) return;
  auto connection = std::move(found->second);
  waiting_.erase(found);
  if (connection->phase == ServerConnection::Phase::handshake)
    return shake_hands(std::move(connection));
  if (connection->phase == ServerConnection::Phase::writing) return proceed(std::move(connection));
  const bool open = connection->receive();
  if (connection->phase == ServerConnection::Phase::draining) {
    return open ? keep(std::move(connection), steady_now()) : drop(std::move(connection));
  }
  if (!open && !connection->peer_ended) return drop(std::move(connection));
  read_more(std::move(connection));
}

/// Signatures take milliseconds: they are made on other threads.
void EventLoop::shake_hands(std::unique_ptr<ServerConnection> connection) {
  ++with_workers_;
  if (handshake_(connection)) return;
  --with_workers_;
  drop(std::move(connection));
}

/// Goes on with a connection whose answer is (partly) written, or that a worker gave back in the
/// middle of a request.
void EventLoop::proceed(std::unique_ptr<ServerConnection> connection) {
  if (connection->lost) return drop(std::move(connection));
  if (connection->phase == ServerConnection::Phase::handshake)
    return keep(std::move(connection), steady_now());
  if (connection->phase == ServerConnection::Phase::reading)
    return read_more(std::move(connection));
  if (!connection->flush()) return drop(std::move(connection));
  const auto now = steady_now();
  if (!connection->flushed()) return keep(std::move(connection), now);
  account_unsent(*connection, 0);
  finished_(*connection);
  if (connection->drain_after) {
    connection->phase = ServerConnection::Phase::draining;
    connection->deadline = now + kDrainTime;
    connection->in.clear();
    connection->end_sending();
    return keep(std::move(connection), now);
  }
  if (connection->close_after) return drop(std::move(connection));
  connection->next_request(limits_);
  connection->since = now;
  connection->deadline = now + (connection->in.empty() ? limits_.idle : limits_.receive);
  read_more(std::move(connection));
}

void EventLoop::read_more(std::unique_ptr<ServerConnection> connection) {
  auto& frame = connection->frame;
  const bool first_bytes = connection->accounted == 0 && !connection->in.empty();
  switch (frame.advance(connection->in)) {
    case RequestFrame::State::refused: {
      const auto response = error_response(frame.status(), frame.reason());
      return refuse(std::move(connection), response);
    }
    case RequestFrame::State::complete: {
      // From the gate a request comes back here.
      if (connection->entry == ServerConnection::Entry::outside) {
        connection->complete = steady_now();
      }
      connection->close_after = !frame.keep_alive() || stopping_ || connection->peer_ended;
      account(*connection, connection->in.size());
      ++with_workers_;
      auto response = dispatch_(connection);
      if (!connection) return;
      --with_workers_;
      return refuse(std::move(connection), response);
    }
    case RequestFrame::State::incomplete: break;
  }
  if (connection->peer_ended) return drop(std::move(connection));
  const auto now = steady_now();
  if (first_bytes) {
    connection->since = now;
    connection->deadline = now + limits_.receive;
  }
  account(*connection, connection->in.size() + frame.body().size());
  if (buffered_ > limits_.buffered_bytes) {
    return refuse(std::move(connection), error_response(503, "too many unfinished requests"));
  }
  if (frame.head_complete() && frame.expects_continue() && !connection->continued) {
    connection->continued = true;
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!connection->send_now(kContinue)) return drop(std::move(connection));
  }
  keep(std::move(connection), now);
}

/// Answers without a worker, and closes.
void EventLoop::refuse(std::unique_ptr<ServerConnection> connection, const HttpResponse& response) {
  refused_(*connection, response.status);
  connection->answer_and_close(HttpCodec::plain_answer(response), steady_now() + limits_.send);
  proceed(std::move(connection));
}

void EventLoop::keep(std::unique_ptr<ServerConnection> connection, SteadyTime now) {
  if (now >= connection->deadline && connection->phase != ServerConnection::Phase::reading)
    return drop(std::move(connection));
  const int fd = connection->fd.get();
  if (connection->phase == ServerConnection::Phase::reading)
    account(*connection, connection->in.size() + connection->frame.body().size());
  const bool writing = connection->phase == ServerConnection::Phase::writing;
  account_unsent(*connection, writing ? connection->out.own().size() : 0);
  if (!poller_.arm(fd, connection->interest())) return drop(std::move(connection));
  waiting_[fd] = std::move(connection);
  if (writing) bound_unsent();
}

void EventLoop::drop(std::unique_ptr<ServerConnection> connection) {
  account(*connection, 0);
  account_unsent(*connection, 0);
  finished_(*connection);
}

void EventLoop::account(ServerConnection& connection, std::size_t bytes) {
  buffered_ += bytes;
  buffered_ -= connection.accounted;
  connection.accounted = bytes;
}

void EventLoop::account_unsent(ServerConnection& connection, std::size_t bytes) {
  unsent_ += bytes;
  unsent_ -= connection.unsent;
  connection.unsent = bytes;
}

/// Drops the slowest readers while the answers that wait for them take too much; the last one may
/// be as large as it is. Shared blocks cost nothing here.
void EventLoop::bound_unsent() {
  while (unsent_ > limits_.unsent_bytes) {
    auto oldest = waiting_.end();
    std::size_t writers = 0;
    for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
      if (it->second->unsent == 0) continue;
      ++writers;
      if (oldest == waiting_.end() || it->second->deadline < oldest->second->deadline) oldest = it;
    }
    if (writers < 2) return;
    auto connection = std::move(oldest->second);
    waiting_.erase(oldest);
    drop(std::move(connection));
  }
}

/// Closes what is past its deadline; a request that was begun gets a 408.
void EventLoop::sweep() {
  const auto now = steady_now();
  std::vector<int> late;
  for (const auto& [fd, connection] : waiting_) {
    if (now >= connection->deadline) late.push_back(fd);
  }
  for (const int fd : late) {
    const auto found = waiting_.find(fd);
    auto connection = std::move(found->second);
    waiting_.erase(found);
    if (connection->phase == ServerConnection::Phase::reading && !connection->in.empty()) {
      refuse(std::move(connection), error_response(408, "request did not arrive in time"));
    } else {
      drop(std::move(connection));
    }
  }
}

}  // namespace exporter
