// Connection: one client's socket and its buffers. It has one owner at a time: the event loop or a
// worker.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/http/listener.h"
#include "exporter/http/outgoing.h"
#include "exporter/http/poller.h"
#include "exporter/http/request_frame.h"
#include "exporter/http/tls_session.h"
#include "exporter/http/web_config.h"

namespace exporter {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Whose connection it is: the address, of IPv6 its first 64 bits.
using PeerGroup = std::array<std::uint8_t, 8>;

struct ServerConnection {
  enum class Phase {
    handshake,  ///< TLS is not agreed yet
    reading,    ///< waits for the rest of a request, or for the next one
    writing,    ///< an answer is on its way
    draining,  ///< answered and to be closed; unread input is thrown away so that the answer is not
  };

  /// How far the request came at the WebGate.
  enum class Entry {
    outside,
    needs_hash,  ///< only a bcrypt can tell
    granted,
  };

  ServerConnection(Descriptor socket, const ServerLimits& limits)
      : fd(std::move(socket)), frame(limits) {}

  /// Goes on with the handshake, on a worker; the context is what a new session uses. Ends with
  /// phase reading, or `lost`, or writing a word to a client that speaks plain HTTP here.
  void shake_hands(const std::shared_ptr<const TlsContext>& context);
  /// Receives what is there, at most 64 KiB. False: the peer is gone or has ended its side.
  bool receive();
  /// Sends what the socket takes. False: the peer is gone.
  bool flush();
  bool flushed() const { return out.finished(); }
  /// Sends a few bytes beside `out`, which is empty. False: the peer is gone or does not read.
  bool send_now(std::string_view bytes);
  /// Tells the peer that nothing more comes.
  void end_sending();
  /// Sets a whole answer that ends the connection.
  void answer_and_close(std::string bytes, SteadyTime send_deadline);
  /// What the socket has to become for the phase to go on.
  Poller::Interest interest() const;
  /// Forgets the finished request; what came behind it stays in `in`.
  void next_request(const ServerLimits& limits);
  /// Whether no byte of a request has arrived.
  bool idle() const { return (phase == Phase::reading || phase == Phase::handshake) && in.empty(); }

  Descriptor fd;
  Phase phase = Phase::reading;
  Entry entry = Entry::outside;
  std::string in;
  Outgoing out;
  RequestFrame frame;
  SteadyTime since{};     ///< start of the phase: the oldest one makes room for new connections
  SteadyTime deadline{};  ///< of the phase
  SteadyTime complete{};  ///< when the request was complete
  bool close_after = false, drain_after = false, continued = false, peer_ended = false;
  bool scrape = false;          ///< counts against max_requests until its answer is built
  bool lost = false;            ///< broken on a worker: to be dropped
  bool waits_for_hash = false;  ///< counts as waiting for a bcrypt
  PeerGroup peer{};
  std::shared_ptr<const WebConfig> web;  ///< what was in force when the request passed
  std::size_t accounted = 0;             ///< bytes received, in the loop's sum
  std::size_t unsent = 0;                ///< bytes of answers, in the loop's sum
  std::unique_ptr<TlsSession> tls;       ///< none: plain, or no byte of the handshake yet

 private:
  enum class Want { by_phase, read, write };
  enum class Input { some, none, ended, gone };

  Input take(char* into, std::size_t room, std::size_t& got);
  bool flush_encrypted();

  Want want_ = Want::by_phase;
};

}  // namespace exporter
