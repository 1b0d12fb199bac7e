// TlsSession: TLS over one non-blocking socket, so that plain and encrypted connections share the
// rest of their path.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "exporter/http/tls_context.h"

struct ssl_st;

namespace exporter {

/// The server's side of one connection. One thread at a time may use it. No call waits: each ends
/// with what the socket has to become before it is repeated. A call never leaves decrypted bytes
/// behind that the socket would not announce: reads take whole records.
class TlsSession {
 public:
  enum class State {
    done,        ///< the handshake is over; or `bytes` were read or written
    want_read,   ///< once the socket can be read
    want_write,  ///< once the socket can be written
    ended,       ///< the peer said that nothing more comes
    failed,      ///< broken: drop the connection
  };
  struct Step {
    State state = State::failed;
    std::size_t bytes = 0;
  };
  /// Bytes of the longest record: read() needs that much room.
  static constexpr std::size_t kRecordBytes = 16 * 1024;

  /// The descriptor must stay open as long as this lives.
  TlsSession(std::shared_ptr<const TlsContext> context, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  State handshake();
  Step read(std::span<char> into);
  Step write(std::string_view bytes);
  /// Tells the peer that nothing more comes, as far as the socket takes it.
  void end();

 private:
  State state_of(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* session_;
  bool broken_ = false;
};

}  // namespace exporter
