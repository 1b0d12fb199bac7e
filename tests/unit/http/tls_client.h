// A TLS client of the tests: one connection, whose server's certificate is not checked.
#pragma once

#include <string>

#include "fake_server.h"

struct ssl_st;
struct ssl_ctx_st;

class TlsClient {
 public:
  struct Options {
    std::string certificate, key;  ///< PEM files; none by default
    int least = 0, most = 0;       ///< TLS1_2_VERSION and the like; 0: the library's
    std::string protocols;         ///< ALPN, each with its length in front
  };
  explicit TlsClient(const std::string& address) : TlsClient(address, Options{}) {}
  TlsClient(const std::string& address, const Options& options);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient();

  /// Whether the handshake went through on this side.
  bool connected() const { return connected_; }
  /// Sends a request and returns the whole answer until the peer closes, "" when it broke.
  std::string ask(const std::string& request);
  bool send(const std::string& bytes);
  /// Reads some bytes, "" at the end.
  std::string read();
  /// The server's certificate as PEM, the version and what ALPN chose.
  std::string certificate() const;
  int version() const;
  std::string protocol() const;
  /// Asks for a new handshake of TLS 1.2; false when the server refuses.
  bool renegotiate();

 private:
  ssl_ctx_st* context_;
  ssl_st* session_;
  int fd_ = -1;
  bool connected_ = false;
};
