#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "exporter/http/outgoing.h"

using namespace exporter;

namespace {

SharedBytes shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// Takes everything, `step` bytes at a time over `width` pieces.
std::string drain(Outgoing& out, std::size_t step, std::size_t width) {
  std::string sent;
  std::array<iovec, 8> pieces;
  while (const auto used = out.next(std::span(pieces).first(width))) {
    std::size_t left = step, taken = 0;
    for (std::size_t i = 0; i < used && left > 0; ++i) {
      const auto some = std::min(left, pieces[i].iov_len);
      sent.append(static_cast<const char*>(pieces[i].iov_base), some);
      left -= some;
      taken += some;
    }
    out.advance(taken);
  }
  return sent;
}

}  // namespace

TEST_CASE("own bytes and blocks leave in order whatever the socket takes at a time", "[http]") {
  for (const std::size_t step : {1, 2, 3, 5, 100}) {
    for (const std::size_t width : {1, 2, 8}) {
      Outgoing out;
      out.assign("head ");
      out.add(shared("one "));
      out.add(shared(""));
      out.add(nullptr);
      out.add(shared("two"));
      CHECK_FALSE(out.finished());
      CHECK(drain(out, step, width) == "head one two");
      CHECK(out.finished());
    }
  }
}

TEST_CASE("a block is let go as soon as it is sent", "[http]") {
  auto block = shared("12345");
  Outgoing out;
  out.add(block);
  out.add(shared("6"));
  CHECK(block.use_count() == 2);
  out.advance(4);
  CHECK(block.use_count() == 2);
  out.advance(1);
  CHECK(block.use_count() == 1);
  CHECK(drain(out, 1, 1) == "6");
}

TEST_CASE("an answer that is cleared owes nothing", "[http]") {
  Outgoing out;
  out.assign("a");
  out.add(shared("b"));
  out.advance(1);
  out.clear();
  CHECK(out.finished());
  out.assign("c");
  CHECK(drain(out, 1, 1) == "c");
}
