#include "exporter/http/static_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "exporter/hash.h"
#include "exporter/http/compression.h"
#include "exporter/http/text.h"

namespace exporter {
namespace {

std::string tag_of(std::string_view bytes) {
  return fmt::format("{:016x}", Fnv1a().add(bytes).value());
}

/// Tells whether If-None-Match names the tag. Source: RFC 9110, 13.1.2: weak comparison.
bool names(std::string_view if_none_match, std::string_view tag) {
  while (!if_none_match.empty()) {
    const auto comma = std::min(if_none_match.find(','), if_none_match.size());
    auto one = trim_blanks(if_none_match.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == tag) return true;
    if_none_match.remove_prefix(std::min(comma + 1, if_none_match.size()));
  }
  return false;
}

}  // namespace

StaticFile::StaticFile(std::string content_type, std::string plain)
    : content_type_(std::move(content_type)),
      tag_(tag_of(plain)),
      plain_(std::make_shared<const std::string>(std::move(plain))),
      packed_(std::make_shared<const std::string>(gzip(*plain_))) {}

StaticFile StaticFile::from_gzip(std::string content_type, std::string_view packed,
                                 std::size_t plain_bytes) {
  StaticFile file;
  file.content_type_ = std::move(content_type);
  file.tag_ = tag_of(packed);
  file.packed_ = std::make_shared<const std::string>(packed);
  file.plain_bytes_ = plain_bytes;
  return file;
}

StaticFile& StaticFile::with_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
  return *this;
}

HttpResponse StaticFile::answer(const HttpRequest& request) const {
  HttpResponse response;
  response.content_type = content_type_;
  response.headers = headers_;
  const bool packed = accepts_gzip(request.header("accept-encoding"));
  // Each form is bytes of its own, hence a tag of its own.
  const auto tag = fmt::format("\"{}{}\"", tag_, packed ? "-gzip" : "");
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (names(request.header("if-none-match"), tag)) {
    response.status = 304;
    const std::size_t bytes = packed              ? packed_->size()
                              : plain_ != nullptr ? plain_->size()
                                                  : plain_bytes_;
    response.headers.emplace_back("Content-Length", std::to_string(bytes));
    return response;
  }
  if (packed) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.blocks.push_back(packed_);
  } else if (plain_ != nullptr) {
    response.blocks.push_back(plain_);
  } else if (inflate_body(*packed_, plain_bytes_, response.body)) {
    return error_response(500, "the embedded file is damaged");
  }
  return response;
}

}  // namespace exporter
