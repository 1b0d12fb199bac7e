// StaticFile: an answer whose bytes are known at the start, with its gzip form and its ETag.
#pragma once

#include <string>
#include <string_view>

#include "exporter/http/message.h"

namespace exporter {

/// Immutable after construction; copies share the bytes. Answers with the form that the client
/// accepts, and with 304 when it has it already. Clients keep the answer and ask each time.
class StaticFile {
 public:
  /// Keeps both forms of `plain`.
  StaticFile(std::string content_type, std::string plain);
  /// Keeps the gzip form alone; clients that do not accept it cost an inflation.
  /// @param plain_bytes  the size once inflated
  static StaticFile from_gzip(std::string content_type, std::string_view packed,
                              std::size_t plain_bytes);

  /// Adds a header to every answer.
  StaticFile& with_header(std::string name, std::string value);

  HttpResponse answer(const HttpRequest& request) const;

 private:
  StaticFile() = default;
  std::string content_type_, tag_;
  SharedBytes plain_, packed_;
  std::size_t plain_bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace exporter
