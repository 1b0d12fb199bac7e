// HttpServer: the exporter's one listener. Sockets wait in an event loop, complete requests run on
// workers.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http/services.h"
#include "forest/result.h"

namespace exporter {

/// What one client may cost. The defaults are for an open port; tests shorten them.
struct ServerLimits {
  std::size_t head_bytes = 32 * 1024;     ///< request line and headers, then 431
  std::size_t headers = 100;              ///< number of them, then 431
  std::size_t line_bytes = 8000;          ///< one header (431) or the request line (414)
  std::size_t body_bytes = 1024 * 1024;   ///< as sent and as decompressed, then 413
  std::size_t buffered_bytes = 32 << 20;  ///< unfinished requests of all connections, then 503
  std::size_t unsent_bytes = 32 << 20;  ///< answers that clients do not read, then the slowest goes
  std::size_t connections = 4096;       ///< then the longest idle one is closed for the new one
  std::size_t queue = 1024;             ///< complete requests waiting for a worker, then 503
  std::chrono::milliseconds receive{10'000};  ///< from a request's first byte to its last, then 408
  std::chrono::milliseconds send{
      30'000};  ///< from a response's first byte to its last, then closed
  std::chrono::milliseconds idle{30'000};  ///< between requests of one connection, then closed
};

struct HttpOptions {
  std::vector<std::string> listen = {
      ":8000"};              ///< `:PORT` (both IP versions), `host:PORT`, `[::1]:PORT`; port 0: any
  std::size_t threads = 64;  ///< workers; /metrics and the probes have their own few beside them
  std::string telemetry_path = "/metrics";
  std::string external_url;       ///< its path is the route prefix unless that is given
  std::string route_prefix;       ///< "/" for none in spite of external_url
  std::size_t max_requests = 40;  ///< scrapes at a time, then 503; 0: no limit
  bool enable_lifecycle = true;   ///< POST /-/reload
  std::string web_config_file;    ///< TLS, users, headers, rate limit; "": none
  bool systemd_socket = false;    ///< listen on the sockets that systemd passes on, not on `listen`
  ServerLimits limits;
};

/// Told about each answered request: the route's path (or `other`), status, seconds from complete
/// request to answer.
using RequestObserver = std::function<void(std::string_view handler, int code, double seconds)>;

/// Serves the routes of handlers.h. Idle and slow peers cost a descriptor and no thread; workers
/// only ever see complete requests, and slow readers are served by the event loop. `services` must
/// outlive stop().
class HttpServer {
 public:
  HttpServer(HttpOptions options, Services services, RequestObserver observer = {});
  /// Stops without draining.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Reads the web config file, binds every address and starts serving; raises the soft limit of
  /// open files to the hard one. Errors: config, naming the address (not an address, unknown host,
  /// taken port) or the file and what is wrong in it.
  forest::Status start();
  /// Whether the listeners speak TLS.
  bool tls_enabled() const;
  /// Returns the bound addresses, `127.0.0.1:8000` or `[::]:8000`; empty before start().
  std::vector<std::string> addresses() const;
  /// Closes the listeners, lets requests in progress finish for at most `drain`, then ends every
  /// thread.
  void stop(std::chrono::milliseconds drain = std::chrono::seconds(10));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter
