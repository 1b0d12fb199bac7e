// ByteWriter, ByteReader: little-endian fields for the files of state/.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace exporter {

static_assert(std::endian::native == std::endian::little, "the files of state/ are little-endian");

/// Appends fields to a buffer.
class ByteWriter {
 public:
  template <typename T>
  requires std::is_arithmetic_v<T>
  void number(T value) { append(&value, sizeof value); }
  void block(std::span<const std::byte> bytes) {
    number(static_cast<std::uint64_t>(bytes.size()));
    append(bytes.data(), bytes.size());
  }
  void text(std::string_view text) { block(std::as_bytes(std::span(text))); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void array(std::span<const T> values) { block(std::as_bytes(values)); }
  void doubles(std::span<const double> values) { array(values); }

  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + size);
    if (size > 0) std::memcpy(bytes_.data() + at, data, size);
  }

  std::vector<std::byte> bytes_;
};

/// Takes fields from a buffer; past the end every field is zero or empty and ok() turns false. A
/// length never exceeds what is left, so nothing is allocated beyond the size of the input.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  /// True when all was read and nothing is left over.
  bool finished() const { return ok_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

  template <typename T>
  requires std::is_arithmetic_v<T> T number() {
    T value{};
    if (rest_.size() < sizeof(T)) {
      fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  std::span<const std::byte> block() {
    const auto size = number<std::uint64_t>();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const auto bytes = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(static_cast<std::size_t>(size));
    return bytes;
  }
  std::string text() {
    const auto bytes = block();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <typename T>
  requires std::is_arithmetic_v<T> std::vector<T> array() {
    const auto bytes = block();
    if (bytes.size() % sizeof(T) != 0) {
      fail();
      return {};
    }
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  std::vector<double> doubles() { return array<double>(); }
  /// Reads a count of things that take at least `least` bytes each.
  std::size_t count(std::size_t least) {
    const auto count = number<std::uint64_t>();
    if (count > rest_.size() / least) {
      fail();
      return 0;
    }
    return static_cast<std::size_t>(count);
  }
  void fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace exporter
