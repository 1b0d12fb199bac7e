// EventLoop: one thread that holds every connection which waits for its client, in epoll.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "exporter/http/connection.h"
#include "exporter/http/listener.h"
#include "exporter/http/message.h"
#include "exporter/http/poller.h"

namespace exporter {

/// Accepts, receives until a request is complete, hands it on, and sends what the socket would not
/// take at once. Deadlines, byte budgets and the number of connections are enforced here, so that
/// no peer can hold a worker.
class EventLoop {
 public:
  /// Takes a connection with a complete request, or leaves it and returns the answer to give
  /// instead (503).
  using Dispatch = std::function<HttpResponse(std::unique_ptr<ServerConnection>&)>;
  /// Told about requests that never reach a worker.
  using Refused = std::function<void(const ServerConnection&, int status)>;
  /// Told on the loop's thread when a connection's answer is sent, or the connection lost.
  using Finished = std::function<void(ServerConnection&)>;

  /// Takes a connection for a step of its TLS handshake, or leaves it and returns false.
  using Handshake = std::function<bool(std::unique_ptr<ServerConnection>&)>;

  /// @param handshake  empty: plain HTTP
  EventLoop(const ServerLimits& limits, std::vector<Descriptor> listeners, Dispatch dispatch,
            Refused refused, Finished finished, Handshake handshake = {});
  ~EventLoop();

  forest::Status start();
  /// Takes a connection back from a worker: to send the rest, to receive more, or to close. From
  /// any thread.
  void give_back(std::unique_ptr<ServerConnection> connection);
  /// Stops accepting, closes idle connections, waits up to `drain` for the others, ends the thread.
  /// Connections that workers still hold are closed by give_back().
  void stop(std::chrono::milliseconds drain);
  bool stopping() const { return stopping_.load(); }

 private:
  void run();
  void accept_from(int listener);
  void take_returned();
  void on_event(int fd);
  void shake_hands(std::unique_ptr<ServerConnection> connection);
  void proceed(std::unique_ptr<ServerConnection> connection);
  void read_more(std::unique_ptr<ServerConnection> connection);
  void refuse(std::unique_ptr<ServerConnection> connection, const HttpResponse& response);
  void keep(std::unique_ptr<ServerConnection> connection, SteadyTime now);
  void drop(std::unique_ptr<ServerConnection> connection);
  void account(ServerConnection& connection, std::size_t bytes);
  void account_unsent(ServerConnection& connection, std::size_t bytes);
  void bound_unsent();
  void sweep();
  bool make_room();
  bool drained();

  const ServerLimits limits_;
  const Dispatch dispatch_;
  const Refused refused_;
  const Finished finished_;
  const Handshake handshake_;
  std::vector<Descriptor> listeners_;
  Poller poller_;
  std::size_t connection_limit_;
  std::unordered_map<int, std::unique_ptr<ServerConnection>> waiting_;
  std::size_t with_workers_ = 0, buffered_ = 0, unsent_ = 0;
  SteadyTime next_sweep_{}, drain_until_{};
  std::mutex mutex_;
  std::vector<std::unique_ptr<ServerConnection>> returned_;
  std::chrono::milliseconds drain_{0};
  bool closed_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace exporter
