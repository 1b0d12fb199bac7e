// Fnv1a: a hash that is the same on every machine and in every release.
#pragma once

#include <cstdint>
#include <string_view>

namespace exporter {

/// FNV-1a, 64 bits, of bytes as they are added; no guard against those who want a collision.
/// Source: Fowler, Noll, Vo; http://www.isthe.com/chongo/tech/comp/fnv/.
class Fnv1a {
 public:
  constexpr Fnv1a& add(std::string_view bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return *this;
  }
  constexpr std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace exporter
