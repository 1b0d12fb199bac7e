#include <catch2/catch.hpp>

#include "exporter/http/file_signature.h"
#include "temporary_file.h"

using exporter::FileSignature;

TEST_CASE("a file that rested has the same content while its signature stays", "[http]") {
  const TemporaryFile file("a", "one");
  auto first = FileSignature::of(file.path());
  CHECK(first.exists);
  // As if it had been looked at a second after it was written.
  first.taken = first.changed + 1'000'000'000;
  CHECK(first.same_content(FileSignature::of(file.path())));
  file.write("three");
  CHECK_FALSE(first.same_content(FileSignature::of(file.path())));
}

TEST_CASE("a file written a moment before may be written again unseen", "[http]") {
  const TemporaryFile file("a", "one");
  auto first = FileSignature::of(file.path());
  first.taken = first.changed + 1'000'000;
  CHECK_FALSE(first.settled());
  CHECK_FALSE(first.same_content(first));
}

TEST_CASE("a file that is not there is like one that still is not", "[http]") {
  const TemporaryFile file("a", "one");
  file.remove();
  const auto none = FileSignature::of(file.path());
  CHECK_FALSE(none.exists);
  CHECK(none.same_content(FileSignature::of(file.path())));
  file.write("one");
  CHECK_FALSE(none.same_content(FileSignature::of(file.path())));
  CHECK_FALSE(FileSignature::of("").exists);
}
