#include <catch2/catch.hpp>
#include <chrono>
#include <limits>

#include "exporter/time_text.h"

using namespace exporter;

namespace {

TimePoint at(std::int64_t milliseconds) {
  return TimePoint(std::chrono::milliseconds(milliseconds));
}

}  // namespace

TEST_CASE("RFC 3339 and unix seconds mean the same instants", "[base]") {
  CHECK(parse_time("1970-01-01T00:00:00Z") == at(0));
  CHECK(parse_time("1970-01-01t00:00:01.25z") == at(1250));
  CHECK(parse_time("1970-01-01 00:00:00.0019Z") == at(1));
  CHECK(parse_time("2000-02-29T23:59:60Z") == parse_time("2000-03-01T00:00:00Z"));
  CHECK(parse_time("2026-03-01T00:30:00+05:30") == parse_time("2026-02-28T19:00:00Z"));
  CHECK(parse_time("2026-02-28T19:00:00-05:00") == parse_time("2026-03-01T00:00:00Z"));
  CHECK(parse_time("-1.5") == at(-1500));
  CHECK(parse_time("1.7e9") == at(1'700'000'000'000));
  CHECK(time_from_seconds(0.0004) == at(0));
}

TEST_CASE("what is no time, or beyond the years 1 to 9999, is refused", "[base]") {
  for (const auto* text : {"",
                           "now",
                           "2026-03-01",
                           "2026-3-1T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-03-32T00:00:00Z",
                           "2026-03-01T24:00:00Z",
                           "2026-03-01T00:60:00Z",
                           "2026-03-01T00:00:61Z",
                           "2026-03-01T00:00:00",
                           "2026-03-01T00:00:00.Z",
                           "2026-03-01T00:00:00+1:00",
                           "2026-03-01T00:00:00+24:00",
                           "2026-03-01T00:00:00Zx",
                           "0000-01-01T00:00:00Z",
                           "1 ",
                           "0x10",
                           "nan",
                           "inf",
                           "1e12"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
  CHECK_FALSE(time_from_seconds(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(time_from_seconds(1e300));
  CHECK_FALSE(time_from_seconds(-1e18));
}

TEST_CASE("times are shown in UTC", "[base]") {
  CHECK(to_rfc3339(at(1'700'000'000'999)) == "2023-11-14T22:13:20Z");
  CHECK(to_rfc3339(at(-1)) == "1969-12-31T23:59:59Z");
  CHECK(to_rfc3339(at(253'402'300'799'000)) == "9999-12-31T23:59:59Z");
}
