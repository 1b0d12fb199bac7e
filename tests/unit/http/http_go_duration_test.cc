#include <catch2/catch.hpp>
#include <cstdint>

#include "exporter/http/go_duration.h"

using exporter::parse_go_duration;

namespace {

std::int64_t nanoseconds(std::string_view text) {
  const auto parsed = parse_go_duration(text);
  REQUIRE(parsed);
  return parsed->count();
}

}  // namespace

TEST_CASE("durations are read as Go writes them", "[http]") {
  CHECK(nanoseconds("0") == 0);
  CHECK(nanoseconds("1.5s") == 1'500'000'000);
  CHECK(nanoseconds("1h30m") == 5'400'000'000'000);
  CHECK(nanoseconds("250ms") == 250'000'000);
  CHECK(nanoseconds("3us") == 3'000);
  CHECK(nanoseconds("3\xc2\xb5s") == 3'000);
  CHECK(nanoseconds("3\xce\xbcs") == 3'000);
  CHECK(nanoseconds("7ns") == 7);
  CHECK(nanoseconds("-1m") == -60'000'000'000);
  CHECK(nanoseconds("+.5s") == 500'000'000);
  CHECK(nanoseconds("1.s") == 1'000'000'000);
  CHECK(nanoseconds("1s1h") == 3'601'000'000'000);
}

TEST_CASE("what Go does not read is refused", "[http]") {
  for (const auto* text : {"", "5", "1d", "1w", "s", ".s", "1.2.3s", "1 s", "-", "1e3s", "1s ",
                           "300000000h", "1S", "--1s"}) {
    INFO(text);
    CHECK_FALSE(parse_go_duration(text));
  }
}
