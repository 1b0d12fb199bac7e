#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "exporter/http/codec.h"

using namespace exporter;

namespace {

/// Takes everything out as a socket would that accepts a few bytes at a time.
std::string sent_in_pieces(Outgoing& out) {
  std::string sent;
  std::array<iovec, 2> pieces;
  while (out.next(pieces) > 0) {
    const auto some = std::min<std::size_t>(pieces[0].iov_len, 7);
    sent.append(static_cast<const char*>(pieces[0].iov_base), some);
    out.advance(some);
  }
  return sent;
}

/// Runs one request through the codec; the handler tells what it was given.
std::string answer(const std::string& bytes, HttpRequest* seen = nullptr,
                   HttpResponse response = {}) {
  const ServerLimits limits;
  const HttpCodec codec(limits);
  RequestFrame frame(limits);
  REQUIRE(frame.advance(bytes) == RequestFrame::State::complete);
  Outgoing out;
  codec.answer(
      frame, !frame.keep_alive(),
      [&](const HttpRequest& request) {
        if (seen != nullptr) *seen = request;
        return response;
      },
      out);
  return sent_in_pieces(out);
}

}  // namespace

TEST_CASE("the handler gets a decoded path, parameters, headers in lower case and the body",
          "[http]") {
  HttpRequest seen;
  answer(
      "POST /a%20b/%C3%B6?x=1&x=2&n%5B%5D=%26 HTTP/1.1\r\nHost: h\r\nX-A: one\r\nx-a: "
      "two\r\nContent-Length: 3\r\n\r\nabc",
      &seen);
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/a b/\xC3\xB6");
  CHECK(seen.query.count("x") == 2);
  CHECK(seen.query.find("n[]")->second == "&");
  CHECK(seen.header("x-a") == "one, two");
  CHECK(seen.body == "abc");
}

TEST_CASE("the answer carries status, length, type and headers, and its body untouched", "[http]") {
  HttpResponse response;
  response.status = 404;
  response.headers.emplace_back("Allow", "GET");
  response.body = std::string("a\0b", 3);
  const auto out =
      answer("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip, br\r\n\r\n", nullptr, response);
  CHECK(out.starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(out.find("\r\nContent-Length: 3\r\n") != std::string::npos);
  CHECK(out.find("\r\nAllow: GET\r\n") != std::string::npos);
  CHECK(out.find("Content-Encoding") == std::string::npos);
  CHECK(out.ends_with(std::string("\r\n\r\na\0b", 7)));
}

TEST_CASE("a header value with a line break does not split the answer", "[http]") {
  HttpResponse response;
  response.headers.emplace_back("X-A", "a\r\nX-B: b");
  CHECK(answer("GET / HTTP/1.1\r\nHost: h\r\n\r\n", nullptr, response).find("X-B") ==
        std::string::npos);
}

TEST_CASE("an answer without a request closes the connection", "[http]") {
  const auto out = HttpCodec::plain_answer(error_response(431, "too many"));
  CHECK(out.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
  CHECK(out.find("\r\nConnection: close\r\n\r\n{") != std::string::npos);
}
