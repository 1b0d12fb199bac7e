#include <zlib.h>

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "exporter/metrics/body_piece.h"

using namespace exporter;

namespace {

// Undoes one gzip member with zlib's own check of checksum and length; nothing may follow it.
std::string undo(const std::string& packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string in = packed, out(16U << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int state = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  const auto rest = stream.avail_in;
  inflateEnd(&stream);
  CHECK(state == Z_STREAM_END);
  CHECK(rest == 0);
  return out;
}

std::string member(const std::vector<BodyPiece>& pieces) {
  std::string out(gzip_head());
  GzipTrailer trailer;
  for (const auto& piece : pieces) {
    out += *piece.packed;
    trailer.add(piece);
  }
  return out + trailer.bytes();
}

std::string noise(std::size_t size) {
  std::mt19937 draw(16);
  std::string text;
  while (text.size() < size) text += static_cast<char>(draw());
  return text;
}

}  // namespace

TEST_CASE("pieces in any order are one gzip member", "[metrics]") {
  PieceMaker maker;
  const std::string lines = "anomaly_score{instance=\"a\"} 0.25\nanomaly_score{instance=\"b\"} 1\n";
  std::string many;
  for (int i = 0; i < 5000; ++i) many += lines + std::to_string(i);
  const std::vector<BodyPiece> pieces{maker.make(many), maker.make(lines), maker.make(""),
                                      maker.make(noise(100'000)), maker.make(many)};
  CHECK(*pieces[0].text == many);
  CHECK(pieces[0].packed->size() * 5 < many.size());
  for (const auto& order : {std::vector{0, 1, 2, 3, 4}, std::vector{4, 3, 1}, std::vector{1, 1, 0},
                            std::vector{2}, std::vector<int>{}}) {
    std::vector<BodyPiece> chosen;
    std::string plain;
    for (const int i : order) {
      chosen.push_back(pieces[static_cast<std::size_t>(i)]);
      plain += *chosen.back().text;
    }
    CHECK(undo(member(chosen)) == plain);
  }
}

TEST_CASE("a piece from one maker stands behind a piece from another", "[metrics]") {
  PieceMaker first, second;
  const std::string text(70'000, 'x');
  CHECK(undo(member({first.make(text), second.make(text), first.make(text)})) ==
        text + text + text);
}

TEST_CASE("a maker does not hold its bytes longer than its buffers", "[metrics]") {
  PieceMaker maker;
  const auto large = maker.make(noise(1 << 20));
  const auto small = maker.make("x");
  CHECK(small.packed->size() < 20);
  CHECK(small.text.use_count() == 1);
  CHECK(undo(member({small, large})).size() == (1U << 20) + 1);
}
