// Connection: one client's socket and its buffers. It has one owner at a time: the event loop or a
// worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "exporter/http/listener.h"
#include "exporter/http/outgoing.h"
#include "exporter/http/request_frame.h"

namespace exporter {

using SteadyTime = std::chrono::steady_clock::time_point;

struct ServerConnection {
  enum class Phase {
    reading,   ///< waits for the rest of a request, or for the next one
    writing,   ///< an answer is on its way
    draining,  ///< answered and to be closed; unread input is thrown away so that the answer is not
  };

  ServerConnection(Descriptor socket, const ServerLimits& limits)
      : fd(std::move(socket)), frame(limits) {}

  /// Receives what is there, at most 64 KiB. False: the peer is gone or has ended its side.
  bool receive();
  /// Sends what the socket takes. False: the peer is gone.
  bool flush();
  bool flushed() const { return out.finished(); }
  /// Forgets the finished request; what came behind it stays in `in`.
  void next_request(const ServerLimits& limits);
  /// Whether no byte of a request has arrived.
  bool idle() const { return phase == Phase::reading && in.empty(); }

  Descriptor fd;
  Phase phase = Phase::reading;
  std::string in;
  Outgoing out;
  RequestFrame frame;
  SteadyTime since{};     ///< start of the phase: the oldest one makes room for new connections
  SteadyTime deadline{};  ///< of the phase
  SteadyTime complete{};  ///< when the request was complete
  bool close_after = false, drain_after = false, continued = false, peer_ended = false;
  bool scrape = false;        ///< counts against max_requests until its answer is sent
  std::size_t accounted = 0;  ///< bytes of it in the loop's sum
};

}  // namespace exporter
