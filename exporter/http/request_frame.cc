#include "exporter/http/request_frame.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "exporter/http/text.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET",    "HEAD",    "POST", "PUT",
                                                   "DELETE", "OPTIONS", "PATCH"};

bool token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), token_char);
}

bool contains_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (trim_blanks(list.substr(0, comma)) == word) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

bool read_number(std::string_view text, int base, std::size_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool RequestFrame::refuse(int status, std::string reason) {
  stage_ = Stage::refused;
  status_ = status;
  reason_ = std::move(reason);
  keep_alive_ = false;
  return false;
}

/// Yields the next line without CRLF and steps behind it; false when it is not there yet or
/// refused.
bool RequestFrame::next_line(std::string_view bytes, std::size_t limit, std::string_view& line) {
  const auto end = bytes.find('\n', std::max(position_, scanned_));
  const auto known = end == std::string_view::npos ? bytes.size() : end;
  if (known - position_ > limit + 1) {
    return lines_ == 0 ? refuse(414, "request line is too long")
                       : refuse(431, "header line is too long");
  }
  if (end == std::string_view::npos) {
    scanned_ = bytes.size();
    return false;
  }
  if (end == position_ || bytes[end - 1] != '\r') return refuse(400, "line does not end with CRLF");
  line = bytes.substr(position_, end - 1 - position_);
  position_ = end + 1;
  return true;
}

RequestFrame::State RequestFrame::advance(std::string_view bytes) {
  for (bool moved = true; moved;) {
    switch (stage_) {
      case Stage::head: moved = read_head(bytes); break;
      case Stage::fixed:
        moved = bytes.size() - position_ >= content_length_;
        if (moved) {
          body_ = bytes.substr(position_, content_length_);
          position_ += content_length_;
          stage_ = Stage::done;
        }
        break;
      case Stage::chunk_size: moved = read_chunk_size(bytes); break;
      case Stage::chunk_data: moved = read_chunk_data(bytes); break;
      case Stage::chunk_end: moved = read_chunk_end(bytes); break;
      case Stage::trailer: moved = read_trailer(bytes); break;
      case Stage::done: return State::complete;
      case Stage::refused: return State::refused;
    }
  }
  return stage_ == Stage::refused ? State::refused
         : stage_ == Stage::done  ? State::complete
                                  : State::incomplete;
}

bool RequestFrame::read_head(std::string_view bytes) {
  // One empty line before a request is allowed (RFC 9112, 2.2).
  if (position_ == 0 && bytes.starts_with("\r\n")) position_ = 2;
  constexpr const char* kTooLarge = "request head is too large";
  if (std::min(bytes.size(), std::max(position_, scanned_) + 1) > limits_->head_bytes) {
    return refuse(431, kTooLarge);
  }
  std::string_view line;
  if (!next_line(bytes, limits_->line_bytes, line)) {
    // What follows the last whole line is head too.
    if (stage_ != Stage::refused && bytes.size() > limits_->head_bytes) refuse(431, kTooLarge);
    return false;
  }
  if (lines_++ == 0) return read_request_line(line);
  if (line.empty()) return finish_head();
  if (lines_ - 1 > limits_->headers) return refuse(431, "too many headers");
  return read_header(line);
}

bool RequestFrame::read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1)
    return refuse(400, "malformed request line");
  method_ = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method_)) return refuse(400, "malformed method");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return version.starts_with("HTTP/") ? refuse(505, "HTTP version is not supported")
                                        : refuse(400, "malformed request line");
  }
  if (std::find(kMethods.begin(), kMethods.end(), method_) == kMethods.end()) {
    return refuse(501, "method is not implemented: " + method_.substr(0, 20));
  }
  const bool printable =
      std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable) return refuse(400, "malformed request target");
  if (target.starts_with("http://") ||
      target.starts_with("https://")) {  // absolute form, as to a proxy
    const auto path = target.find('/', target.find("://") + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  if (!target.starts_with('/')) return refuse(400, "malformed request target");
  old_version_ = version == "HTTP/1.0";
  keep_alive_ = !old_version_;
  raw_path_ = target.substr(0, target.find_first_of("?#"));
  head_.append(method_)
      .append(" ")
      .append(target.substr(0, target.find('#')))
      .append(" HTTP/1.1\r\n");
  return true;
}

bool RequestFrame::read_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refuse(400, "malformed header");
  const auto name = lower_case(line.substr(0, colon));
  const auto value = trim_blanks(line.substr(colon + 1));
  const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
  if (!clean) return refuse(400, "control character in a header");
  if (name == "content-length") {
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
    if (has_length_) return refuse(400, "more than one Content-Length");
    if (!digits) return refuse(400, "malformed Content-Length");
    has_length_ = true;
    if (!read_number(value, 10, content_length_)) content_length_ = limits_->body_bytes + 1;
    return true;
  }
  if (name == "transfer-encoding") {
    if (chunked_ || lower_case(value) != "chunked")
      return refuse(400, "Transfer-Encoding must be chunked");
    chunked_ = true;
    return true;
  }
  if (name == "host") {
    if (has_host_) return refuse(400, "more than one Host");
    has_host_ = true;
  }
  if (name == "connection") {
    const auto words = lower_case(value);
    if (contains_word(words, "close")) keep_alive_ = false;
    if (old_version_ && contains_word(words, "keep-alive")) keep_alive_ = true;
    return true;
  }
  if (name == "expect") {
    if (lower_case(value) != "100-continue") return refuse(417, "unknown Expect");
    expects_continue_ = !old_version_;
    return true;
  }
  if (name == "authorization" && authorization_.empty()) authorization_ = value;
  if (name == "content-encoding") content_encoding_ = lower_case(value);
  if (name != "range" && name != "if-range" && name != "keep-alive" && name != "te") {
    head_.append(name).append(": ").append(value).append("\r\n");
  }
  return true;
}

bool RequestFrame::finish_head() {
  if (!has_host_ && !old_version_) return refuse(400, "Host is missing");
  if (chunked_ && has_length_) return refuse(400, "Content-Length beside Transfer-Encoding");
  if (chunked_ && old_version_) return refuse(400, "Transfer-Encoding in HTTP/1.0");
  if (content_length_ > limits_->body_bytes) {
    return refuse(413, "body is larger than " + std::to_string(limits_->body_bytes) + " bytes");
  }
  head_ += keep_alive_ ? "\r\n" : "Connection: close\r\n\r\n";
  scanned_ = position_;
  stage_ = chunked_ ? Stage::chunk_size : content_length_ > 0 ? Stage::fixed : Stage::done;
  return true;
}

bool RequestFrame::read_chunk_size(std::string_view bytes) {
  std::string_view line;
  if (!next_line(bytes, 256, line)) return false;
  const auto digits = trim_blanks(line.substr(0, line.find(';')));
  if (digits.empty() || digits.size() > 8 || !read_number(digits, 16, chunk_left_)) {
    return refuse(400, "malformed chunk size");
  }
  if (body_.size() + chunk_left_ > limits_->body_bytes) {
    return refuse(413, "body is larger than " + std::to_string(limits_->body_bytes) + " bytes");
  }
  // Framing must not cost more than the body may: endless one-byte chunks with long extensions.
  if (position_ > 2 * limits_->body_bytes + limits_->head_bytes)
    return refuse(413, "chunks are too small");
  stage_ = chunk_left_ == 0 ? Stage::trailer : Stage::chunk_data;
  return true;
}

bool RequestFrame::read_chunk_data(std::string_view bytes) {
  const auto taken = std::min(chunk_left_, bytes.size() - position_);
  body_ += bytes.substr(position_, taken);
  position_ += taken;
  chunk_left_ -= taken;
  if (chunk_left_ > 0) return false;
  stage_ = Stage::chunk_end;
  return true;
}

bool RequestFrame::read_chunk_end(std::string_view bytes) {
  if (bytes.size() - position_ < 2) return false;
  if (bytes.substr(position_, 2) != "\r\n") return refuse(400, "chunk is longer than its size");
  position_ += 2;
  scanned_ = position_;
  stage_ = Stage::chunk_size;
  return true;
}

bool RequestFrame::read_trailer(std::string_view bytes) {
  std::string_view line;
  if (!next_line(bytes, limits_->line_bytes, line)) return false;
  if (line.empty()) {
    stage_ = Stage::done;
  } else if (++trailer_lines_ > limits_->headers) {
    return refuse(431, "too many trailers");
  }
  return true;
}

}  // namespace exporter
