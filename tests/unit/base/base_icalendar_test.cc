#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "exporter/icalendar.h"

using namespace exporter;

namespace {

std::string event(const std::string& lines) {
  return "BEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\n";
}
std::string file(const std::string& events) {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + events + "END:VCALENDAR\r\n";
}
std::vector<Day> days(const std::string& text) {
  const auto parsed = parse_icalendar(text);
  REQUIRE((parsed ? "" : parsed.error().message) == "");
  return *parsed;
}
std::string error(const std::string& text) {
  const auto parsed = parse_icalendar(text);
  REQUIRE_FALSE(parsed);
  return parsed.error().message;
}
Day day(unsigned month, unsigned d) {
  return std::chrono::year{2026} / static_cast<int>(month) / static_cast<int>(d);
}

}  // namespace

TEST_CASE("an event without an end is one day, and its end is the first day after it") {
  CHECK(days(file(event("DTSTART;VALUE=DATE:20261225\r\n"))) == std::vector{day(12, 25)});
  CHECK(days(file(event("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\n"))) ==
        std::vector{day(12, 25), day(12, 26)});
  CHECK(days(file(event("DTSTART:20261225\nDTEND:20261225\n"))) == std::vector{day(12, 25)});
  CHECK(days(file(event("DTSTART:20261230\nDURATION:P2D\n"))) ==
        std::vector{day(12, 30), day(12, 31)});
  CHECK(days(file(event("DTSTART:20260105\nDURATION:P1W\n"))).size() == 7);
}

TEST_CASE("events come in the order of the file, cancelled ones are left out") {
  CHECK(days(file(event("DTSTART:20261225\n") + event("DTSTART:20260101\nSTATUS:CANCELLED\n") +
                  event("DTSTART:20260501\n"))) == std::vector{day(12, 25), day(5, 1)});
  CHECK(days(file("")).empty());
}

TEST_CASE(
    "folded lines, quoted parameters, names in small letters and a byte order mark are read") {
  CHECK(days("\xEF\xBB\xBF"
             "begin:vcalendar\n\nbegin:vevent\n"
             "summary:DTSTART:20260101\ndtstart;x-note=\"a:b;c\";value=DA\n\tTE:2026\n 1225\n"
             "end:vevent\nend:vcalendar") == std::vector{day(12, 25)});
}

TEST_CASE("what stands in alarms and time zones is no event") {
  CHECK(days(file("BEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=YEARLY\n"
                  "END:STANDARD\nEND:VTIMEZONE\n" +
                  event("DTSTART:20261225\nBEGIN:VALARM\nDURATION:PT5M\nEND:VALARM\n"))) ==
        std::vector{day(12, 25)});
}

TEST_CASE("what cannot be read is named with its line") {
  CHECK(error("") == "line 1: not an iCalendar file: want BEGIN:VCALENDAR first");
  CHECK(error("<html>") == "line 1: not an iCalendar file: want BEGIN:VCALENDAR first");
  CHECK(error("BEGIN:VCALENDAR\nVERSION:2.0\n") == "line 2: ends before END:VCALENDAR");
  CHECK(error(file(event("SUMMARY:x\n"))) == "line 3: event without DTSTART");
  CHECK(error(file("X:a\n b\n c\n" + event("DTSTART:20261301\n"))) ==
        "line 7: DTSTART: not a date: 2026-13-01; want a form like 2026-12-25");
  CHECK(error(file(event("DTSTART:20261225T080000Z\n"))) ==
        "line 4: DTSTART has a time of day: 20261225T080000Z; holidays are whole days");
  CHECK(error(file(event("DTSTART:20261225\nDTEND:20261224\n"))) ==
        "line 3: event ends before it starts");
  CHECK(error(file(event("DTSTART:20261225\nDTEND:20281224\n"))) ==
        "line 3: event of more than a year");
  CHECK_THAT(error(file(event("DTSTART:20261225\nRRULE:FREQ=YEARLY\n"))),
             Catch::StartsWith("line 5: RRULE: repeated events are not read"));
  for (const char* duration : {"P", "PT5M", "P1DT1H", "-P1D", "P0D", "P99999999999D", "", "P1X"}) {
    INFO(duration);
    CHECK_THAT(error(file(event("DTSTART:20261225\nDURATION:" + std::string(duration) + "\n"))),
               Catch::StartsWith("line 5: DURATION: want whole days like P1D"));
  }
  CHECK(error("BEGIN:VCALENDAR\nEND:VEVENT\n") == "line 2: END:VEVENT where END:VCALENDAR is due");
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "BEGIN:VCALENDAR\n";
  CHECK(error(deep) == "line 9: components nested too deep");
}

TEST_CASE("a text cut off anywhere is refused, never misread") {
  const std::string text = file(event("DTSTART;VALUE=DATE:20261225\r\nDTEND:20261227\r\n"));
  for (std::size_t size = 0; size < text.size() - 2; ++size) {
    REQUIRE_FALSE(parse_icalendar(text.substr(0, size)));
  }
}

TEST_CASE("more days than anybody celebrates are refused") {
  std::string events;
  for (int i = 0; i < 300; ++i) events += event("DTSTART:20260101\nDTEND:20270101\n");
  CHECK_THAT(error(file(events)), Catch::EndsWith("more than 100000 days"));
}

TEST_CASE("a file that cannot be read is named") {
  CHECK(load_icalendar("/nonexistent/holidays.ics").error().message ==
        "/nonexistent/holidays.ics: cannot read the file: No such file or directory");
  std::string form = (std::filesystem::temp_directory_path() / "icalendar_XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(form.data());
  const auto path = folder / "holidays.ics";
  std::ofstream(path) << file(event("DTSTART:20261225\n"));
  CHECK(load_icalendar(path)->size() == 1);
  std::ofstream(path) << file(event("DTSTART:x\n"));
  CHECK_THAT(load_icalendar(path).error().message,
             Catch::StartsWith(path.string() + ": line 4: DTSTART: "));
  std::filesystem::remove_all(folder);
}
