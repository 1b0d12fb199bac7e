#include "exporter/metrics/body_piece.h"

#include <zlib.h>

#include <new>

namespace exporter {
namespace {

constexpr int kRawDeflate = -15;  // the largest window, no header
constexpr std::string_view kEmptyLastBlock("\x03\x00", 2);
constexpr std::string_view kHead("\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff", 10);

void append_little_endian(std::string& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
}

}  // namespace

struct PieceMaker::Stream {
  Stream() {
    if (deflateInit2(&zlib, 1, Z_DEFLATED, kRawDeflate, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Stream() { deflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
  std::string packed;
};

PieceMaker::PieceMaker() : stream_(std::make_unique<Stream>()) {}
PieceMaker::~PieceMaker() = default;

BodyPiece PieceMaker::make(std::string_view text) {
  auto& [zlib, packed] = *stream_;
  BodyPiece piece;
  piece.text = std::make_shared<const std::string>(text);
  // zlib's next_in is not const, though it only reads.
  auto* const bytes = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  const auto size = static_cast<uInt>(text.size());
  const std::size_t bound = deflateBound(&zlib, size) + 16;  // and the mark of the flush
  if (packed.size() < bound) packed.resize(bound);
  zlib.next_in = bytes;
  zlib.avail_in = size;
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  deflate(&zlib, Z_FULL_FLUSH);  // the next piece refers to nothing before it
  piece.packed = std::make_shared<const std::string>(packed.data(), packed.size() - zlib.avail_out);
  piece.checksum = static_cast<std::uint32_t>(crc32(0, bytes, size));
  piece.shift = static_cast<std::uint32_t>(crc32_combine_gen(static_cast<z_off_t>(size)));
  return piece;
}

std::string_view gzip_head() { return kHead; }

void GzipTrailer::add(const BodyPiece& piece) {
  checksum_ = static_cast<std::uint32_t>(crc32_combine_op(checksum_, piece.checksum, piece.shift));
  length_ += piece.text->size();
}

std::string GzipTrailer::bytes() const {
  std::string out(kEmptyLastBlock);
  append_little_endian(out, checksum_);
  append_little_endian(out, static_cast<std::uint32_t>(length_));
  return out;
}

}  // namespace exporter
