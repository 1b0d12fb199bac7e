// HttpCodec: cpp-httplib reads heads and writes heads; whatever can wait or grow stays outside of
// it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "exporter/http/message.h"
#include "exporter/http/outgoing.h"
#include "exporter/http/request_frame.h"
#include "exporter/http/web_config.h"

namespace exporter {

/// Turns a complete frame into an answer. cpp-httplib 0.11.4 runs over a stream in memory, so that
/// none of its waits, limits, compression and range rules apply. Safe from any thread.
class HttpCodec {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  explicit HttpCodec(const ServerLimits& limits);
  ~HttpCodec();

  /// Puts the answer into `out` and returns its status. An exception in `handler` gives 500; a
  /// body whose encoding is unknown gives 415, one that unpacks to more than the limit 413.
  /// @param web  whose headers every answer carries; null: none
  int answer(RequestFrame& frame, bool close, const Handler& handler, Outgoing& out,
             const WebConfig* web = nullptr) const;

  /// Returns a whole answer with `Connection: close`, for what was refused before the library saw
  /// it.
  static std::string plain_answer(const HttpResponse& response);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace exporter
