// BodyPiece: a stretch of an answer that many answers share, as text and as gzip.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace exporter {

/// Immutable once made. A gzip body is gzip_head(), the packed pieces in any order, then
/// GzipTrailer::bytes(): one member, as if its text had been compressed in one go.
struct BodyPiece {
  std::shared_ptr<const std::string> text;
  /// The text as raw deflate: refers to nothing before it, ends on a byte, is not the last block.
  std::shared_ptr<const std::string> packed;
  std::uint32_t checksum = 0;  ///< CRC-32 of the text
  std::uint32_t shift = 0;     ///< what the text's length does to a checksum before it
};

/// Makes pieces; keeps its working memory of some 300 kB between them. Not thread-safe.
class PieceMaker {
 public:
  /// Throws std::bad_alloc.
  PieceMaker();
  ~PieceMaker();
  PieceMaker(const PieceMaker&) = delete;
  PieceMaker& operator=(const PieceMaker&) = delete;

  /// Copies and compresses the text, at level 1. @pre under 2 GiB
  BodyPiece make(std::string_view text);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

/// The ten bytes that a gzip member begins with.
std::string_view gzip_head();

/// Sums up the pieces of one gzip member.
class GzipTrailer {
 public:
  void add(const BodyPiece& piece);
  /// Returns the member's end: an empty last block, checksum and length.
  std::string bytes() const;

 private:
  std::uint32_t checksum_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace exporter
