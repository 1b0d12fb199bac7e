// RequestFrame: finds where one HTTP/1.1 request ends, and refuses whatever two parsers could read
// differently.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/http/server.h"

namespace exporter {

/// Reads one request out of the bytes a connection has received so far. The head is checked
/// strictly (RFC 9112: no bare LF, no space before a colon, no folded line, one Content-Length,
/// none beside Transfer-Encoding, chunked as the only coding, exactly one Host in HTTP/1.1) and
/// rewritten for the library behind: body headers, Expect and Range are taken out.
class RequestFrame {
 public:
  enum class State { incomplete, complete, refused };

  explicit RequestFrame(const ServerLimits& limits) : limits_(&limits) {}

  /// Goes on reading `bytes`: all that was received since this request began, never less than at
  /// the call before.
  State advance(std::string_view bytes);

  /// Whether the head is read, so that the route is known.
  bool head_complete() const { return stage_ != Stage::head; }
  /// Whether the peer waits for `100 Continue` before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// Whether the connection can take another request after this one.
  bool keep_alive() const { return keep_alive_; }
  const std::string& method() const { return method_; }
  /// The path as sent: undecoded, without parameters.
  const std::string& raw_path() const { return raw_path_; }
  const std::string& content_encoding() const { return content_encoding_; }
  /// The first Authorization header.
  const std::string& authorization() const { return authorization_; }
  /// The rewritten head, ending with an empty line.
  const std::string& head() const { return head_; }
  /// The body, chunks undone; complete once advance() said so.
  std::string& body() { return body_; }
  /// Bytes of the connection that belong to this request, once complete.
  std::size_t consumed() const { return position_; }
  /// Why it was refused.
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }

 private:
  enum class Stage { head, fixed, chunk_size, chunk_data, chunk_end, trailer, done, refused };

  bool read_head(std::string_view bytes);
  bool read_request_line(std::string_view line);
  bool read_header(std::string_view line);
  bool finish_head();
  bool read_chunk_size(std::string_view bytes);
  bool read_chunk_data(std::string_view bytes);
  bool read_chunk_end(std::string_view bytes);
  bool read_trailer(std::string_view bytes);
  bool refuse(int status, std::string reason);
  bool next_line(std::string_view bytes, std::size_t limit, std::string_view& line);

  const ServerLimits* limits_;
  Stage stage_ = Stage::head;
  std::size_t position_ = 0, scanned_ = 0, lines_ = 0, trailer_lines_ = 0;
  std::size_t content_length_ = 0, chunk_left_ = 0;
  bool has_length_ = false, chunked_ = false, has_host_ = false, keep_alive_ = true,
       old_version_ = false;
  bool expects_continue_ = false;
  std::string method_, raw_path_, content_encoding_, authorization_, head_, body_, reason_;
  int status_ = 0;
};

}  // namespace exporter
