// A server over fake services on a free port, and a client that speaks raw bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "exporter/http/server.h"

/// Services of a daemon with one trained detector `node` of two features.
exporter::Services fake_services();

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// Connects to `host:port`; returns the socket, or -1 when nobody answers.
int connect_to(const std::string& address);

/// One TCP connection.
class RawClient {
 public:
  explicit RawClient(const std::string& address);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();
  /// Sends what the peer takes; false when it is gone.
  bool send(std::string_view bytes);
  void end_sending();
  /// Reads one answer; `head` says that it has no body. Status 0: the peer closed or was silent for
  /// 5 s.
  Answer read(bool head = false);
  /// Tells whether the peer closes within 5 s.
  bool closed();

 private:
  bool receive();
  int fd_ = -1;
  std::string buffer_;
};

class FakeServer {
 public:
  explicit FakeServer(exporter::Services services = fake_services(),
                      exporter::HttpOptions options = {});
  const std::string& address() const { return address_; }
  /// Sends one request on a connection of its own.
  Answer get(const std::string& path, const std::string& headers = "",
             const std::string& method = "GET") const;
  Answer post(const std::string& path, const std::string& body,
              const std::string& headers = "") const;
  /// What the observer was told: route and status.
  std::vector<std::pair<std::string, int>> observed() const;
  void stop(std::chrono::milliseconds drain) { server_.stop(drain); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, int>> observed_;
  exporter::HttpServer server_;
  std::string address_;
};
