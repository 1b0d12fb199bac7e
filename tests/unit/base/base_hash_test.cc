#include <catch2/catch.hpp>

#include "exporter/hash.h"

using exporter::Fnv1a;

// The values are those of the authors' test vectors.
TEST_CASE("FNV-1a gives the values of its authors", "[base]") {
  CHECK(Fnv1a().value() == 0xcbf29ce484222325U);
  CHECK(Fnv1a().add("a").value() == 0xaf63dc4c8601ec8cU);
  CHECK(Fnv1a().add("foobar").value() == 0x85944171f73967e8U);
}

TEST_CASE("bytes hash the same in one piece and in several, high ones included", "[base]") {
  CHECK(Fnv1a().add("foo").add("").add("bar").value() == Fnv1a().add("foobar").value());
  CHECK(Fnv1a().add("\xff").value() != Fnv1a().add("\x7f").value());
}
