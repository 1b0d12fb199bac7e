#include <catch2/catch.hpp>

#include "exporter/http/request_frame.h"

using namespace exporter;
using State = RequestFrame::State;

namespace {

const ServerLimits kLimits;

/// Reads the bytes whole and, beside it, one at a time: both must end alike.
RequestFrame read(const std::string& bytes, State expected = State::complete) {
  RequestFrame whole(kLimits);
  CHECK(whole.advance(bytes) == expected);
  RequestFrame slow(kLimits);
  State state = State::incomplete;
  for (std::size_t size = 1; size <= bytes.size() && state == State::incomplete; ++size) {
    state = slow.advance(std::string(bytes, 0, size));
  }
  CHECK(state == expected);
  CHECK(slow.head() == whole.head());
  CHECK(slow.body() == whole.body());
  CHECK(slow.status() == whole.status());
  return whole;
}

int refused(const std::string& bytes) { return read(bytes, State::refused).status(); }

}  // namespace

TEST_CASE("a request without a body is complete with its head", "[http]") {
  auto frame = read("GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-A:  b \r\n\r\n");
  CHECK(frame.method() == "GET");
  CHECK(frame.raw_path() == "/a");
  CHECK(frame.head() == "GET /a?b=c HTTP/1.1\r\nhost: x\r\nx-a: b\r\n\r\n");
  CHECK(frame.keep_alive());
  CHECK(frame.consumed() == 42);
}

TEST_CASE("what comes behind the body belongs to the next request", "[http]") {
  const std::string first = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  RequestFrame frame(kLimits);
  CHECK(frame.advance(first + "GET /") == State::complete);
  CHECK(frame.body() == "abc");
  CHECK(frame.consumed() == first.size());
}

TEST_CASE("chunks are joined, extensions and trailers dropped", "[http]") {
  auto frame = read(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3\r\nabc\r\n0A;name=\"v\"\r\n0123456789\r\n0\r\nX: y\r\n\r\n");
  CHECK(frame.body() == "abc0123456789");
  CHECK(frame.head() == "POST / HTTP/1.1\r\nhost: x\r\n\r\n");
}

TEST_CASE("a head beyond the limit is refused at once, though its last line has not ended",
          "[http]") {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string line = "X: " + std::string(1000, 'a') + "\r\n";
  while (head.size() + line.size() <= kLimits.head_bytes) head += line;
  const std::size_t room = kLimits.head_bytes - head.size();
  static_cast<void>(read(head + std::string(room, 'b'), State::incomplete));
  CHECK(refused(head + std::string(room + 1, 'b')) == 431);
}

TEST_CASE("malformed chunks are refused", "[http]") {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(refused(head + "x\r\n") == 400);
  CHECK(refused(head + "\r\n") == 400);
  CHECK(refused(head + "-1\r\n") == 400);
  CHECK(refused(head + "0x3\r\nabc\r\n") == 400);
  CHECK(refused(head + "3\r\nabcd\r\n") == 400);
  CHECK(refused(head + "3\nabc\r\n") == 400);
  CHECK(refused(head + "fffffffff\r\n") == 400);
  CHECK(refused(head + "ffffffff\r\n") == 413);
}

TEST_CASE("endless tiny chunks are refused before they cost more than a body may", "[http]") {
  ServerLimits small;
  small.body_bytes = 1000;
  small.head_bytes = 1000;
  RequestFrame frame(small);
  std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  auto state = State::incomplete;
  while (state == State::incomplete && bytes.size() < 100'000) {
    bytes += "1;" + std::string(200, 'x') + "\r\na\r\n";
    state = frame.advance(bytes);
  }
  CHECK(state == State::refused);
  CHECK(frame.status() == 413);
  CHECK(bytes.size() < 5'000);
}

TEST_CASE("the connection's wish is understood in both versions", "[http]") {
  CHECK_FALSE(read("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n").keep_alive());
  CHECK_FALSE(read("GET / HTTP/1.0\r\n\r\n").keep_alive());
  CHECK(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive());
}

TEST_CASE("what the library must not see is taken out of the head", "[http]") {
  const auto frame = read(
      "POST / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nIf-Range: x\r\nTE: trailers\r\nExpect: "
      "100-continue\r\n"
      "Content-Length: 0\r\nContent-Encoding: GZIP\r\n\r\n");
  CHECK(frame.head() == "POST / HTTP/1.1\r\nhost: x\r\ncontent-encoding: GZIP\r\n\r\n");
  CHECK(frame.expects_continue());
  CHECK(frame.content_encoding() == "gzip");
}

TEST_CASE("the absolute form of a target is read as its path", "[http]") {
  CHECK(read("GET http://x:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n").raw_path() == "/a");
  CHECK(read("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n").raw_path() == "/");
}

TEST_CASE("one empty line before a request is skipped", "[http]") {
  CHECK(read("\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n").raw_path() == "/a");
}

TEST_CASE("malformed heads are refused", "[http]") {
  CHECK(refused("GET\r\n") == 400);
  CHECK(refused("GET /\r\n") == 400);
  CHECK(refused("GET / HTTP/2.0\r\n") == 505);
  CHECK(refused("GET / FTP/1.1\r\n") == 400);
  CHECK(refused("G@T / HTTP/1.1\r\n") == 400);
  CHECK(refused("BREW / HTTP/1.1\r\n") == 501);
  CHECK(refused("GET /a b HTTP/1.1\r\n") == 400);
  CHECK(refused("GET a HTTP/1.1\r\n") == 400);
  CHECK(refused("GET * HTTP/1.1\r\n") == 400);
  CHECK(refused("GET /\x01 HTTP/1.1\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nno colon\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\n: empty\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nA: b\rc\r\n") == 400);
  CHECK(refused(std::string("GET / HTTP/1.1\r\nA: b\0c\r\n", 25)) == 400);
  CHECK(refused("GET / HTTP/1.1\r\nExpect: magic\r\n") == 417);
  CHECK(refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("a head that never ends is refused at its limit", "[http]") {
  RequestFrame frame(kLimits);
  std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n";
  auto state = frame.advance(bytes);
  while (state == State::incomplete && bytes.size() < 1'000'000) {
    bytes += "a: " + std::string(4000, 'b') + "\r\n";
    state = frame.advance(bytes);
  }
  CHECK(state == State::refused);
  CHECK(frame.status() == 431);
  CHECK(bytes.size() < kLimits.head_bytes + 5'000);
}
