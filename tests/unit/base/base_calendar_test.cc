#include <catch2/catch.hpp>
#include <string>

#include "exporter/calendar.h"
#include "exporter/time_text.h"

using namespace exporter;

namespace {

TimePoint at(const std::string& text) { return parse_time(text).value(); }

Calendar calendar(const std::string& timezone, const std::vector<std::string>& holidays = {}) {
  std::vector<Day> days;
  for (const auto& each : holidays) days.push_back(*parse_day(each));
  const auto made = Calendar::make(timezone, days);
  REQUIRE(made);
  return *made;
}

int minutes_of(const Calendar& calendar, const std::string& text) {
  const LocalPoint shown = calendar.season_time(at(text));
  const auto midnight = std::chrono::floor<std::chrono::days>(shown);
  return static_cast<int>(std::chrono::floor<std::chrono::minutes>(shown - midnight).count());
}

// 1 Monday to 7 Sunday.
unsigned weekday_of(const Calendar& calendar, const std::string& text) {
  const auto day = std::chrono::floor<std::chrono::days>(calendar.season_time(at(text)));
  return std::chrono::weekday(day).iso_encoding();
}

}  // namespace

TEST_CASE("the default calendar is UTC, and so is the zone of that name") {
  for (const Calendar& utc : {Calendar(), calendar("UTC")}) {
    for (const char* text : {"2026-11-23T00:00:59Z", "2026-11-29T23:59:00Z"}) {
      CHECK(utc.season_time(at(text)).time_since_epoch() == at(text).time_since_epoch());
    }
  }
}

TEST_CASE("clocks go forward and back where the zone says so") {
  const Calendar berlin = calendar("Europe/Berlin");
  // 2026-03-29 01:00 UTC: from 02:00 to 03:00; 2026-10-25 01:00 UTC: from 03:00 to 02:00.
  CHECK(minutes_of(berlin, "2026-03-29T00:59:00Z") == 119);
  CHECK(minutes_of(berlin, "2026-03-29T01:00:00Z") == 180);
  CHECK(minutes_of(berlin, "2026-10-25T00:59:00Z") == 179);
  CHECK(minutes_of(berlin, "2026-10-25T01:00:00Z") == 120);
  CHECK(berlin.utc_offset(at("2026-07-01T00:00:00Z")) == std::chrono::hours(2));
  CHECK(berlin.utc_offset(at("2026-12-01T00:00:00Z")) == std::chrono::hours(1));
}

TEST_CASE("zones of half hours, of the southern summer and beyond the date line") {
  CHECK(calendar("Asia/Kathmandu").utc_offset(at("2026-01-01T00:00:00Z")) ==
        std::chrono::minutes(345));
  const Calendar lord_howe = calendar("Australia/Lord_Howe");  // half an hour of daylight saving
  CHECK(lord_howe.utc_offset(at("2026-01-01T00:00:00Z")) == std::chrono::hours(11));
  CHECK(lord_howe.utc_offset(at("2026-07-01T00:00:00Z")) == std::chrono::minutes(630));
  const Calendar kiritimati = calendar("Pacific/Kiritimati");
  CHECK(weekday_of(kiritimati, "2026-11-22T12:00:00Z") == 1);
  const Calendar chicago = calendar("America/Chicago");
  CHECK(weekday_of(chicago, "2026-11-23T03:00:00Z") == 7);
}

TEST_CASE("times before and after what is known have the nearest offset") {
  const Calendar berlin = calendar("Europe/Berlin");
  CHECK(berlin.utc_offset(TimePoint::min()) == berlin.utc_offset(TimePoint{}));
  CHECK(berlin.utc_offset(at("9999-01-01T00:00:00Z")) == std::chrono::hours(1));
}

TEST_CASE("a holiday, as a day where the watched things are, counts as the Sunday of its week") {
  // A Friday and a Sunday.
  const Calendar tokyo = calendar("Asia/Tokyo", {"2026-05-01", "2026-01-04", "2026-05-01"});
  CHECK(weekday_of(tokyo, "2026-04-30T14:59:00Z") == 4);
  CHECK(weekday_of(tokyo, "2026-04-30T15:00:00Z") == 7);
  CHECK(weekday_of(tokyo, "2026-05-01T14:59:59Z") == 7);
  CHECK(weekday_of(tokyo, "2026-05-01T15:00:00Z") == 6);
  CHECK(tokyo.season_time(at("2026-05-01T03:00:00Z")) ==
        tokyo.season_time(at("2026-05-03T03:00:00Z")));
  CHECK(tokyo.season_time(at("2026-01-04T03:00:00Z")) ==
        calendar("Asia/Tokyo").season_time(at("2026-01-04T03:00:00Z")));
  CHECK(tokyo.holidays().size() == 2);
  CHECK(tokyo == calendar("Asia/Tokyo", {"2026-01-04", "2026-05-01"}));
}

TEST_CASE("a zone that the system does not know is named") {
  for (const char* name : {"Europe/Atlantis", "", "../../etc/passwd", "europe/berlin"}) {
    INFO(name);
    const auto made = Calendar::make(name, {});
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == forest::ErrorKind::config);
    CHECK_THAT(made.error().message, Catch::Contains(std::string("name: ") + name + ";"));
  }
}

TEST_CASE("a date is year, month and day") {
  CHECK(*parse_day("2024-02-29") == std::chrono::year{2024} / 2 / 29);
  for (const char* text :
       {"2026-02-29", "2026-2-9", "26-02-09", "2026-13-01", "", "20261225", "2026-12-25T"}) {
    INFO(text);
    CHECK_FALSE(parse_day(text));
  }
}
