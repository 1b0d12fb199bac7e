// Measures reading answers of Prometheus' query API: a matrix of 500 series x 2,016 points, ours
// onto a grid, beside nlohmann's DOM with strtod for each value. Prints lines of measure, side
// (ours or theirs) and value: CPU seconds a body.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "exporter/promql/response.h"
#include "tests/bench/stopwatch.h"

namespace {

using namespace exporter;

constexpr std::size_t kSeries = 500, kPoints = 2016;  // a week at five minutes
constexpr Duration kStep = std::chrono::minutes(5);
const TimePoint kStart{std::chrono::hours(24 * 20000)};

void print(const char* measure, const char* side, double value) {
  std::printf("%s %s %.9g\n", measure, side, value);
  std::fflush(stdout);
}

std::string make_body() {
  std::mt19937_64 draw(16);
  std::normal_distribution<double> normal(100, 25);
  std::string body = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (std::size_t s = 0; s < kSeries; ++s) {
    body += fmt::format(
        R"({}{{"metric":{{"instance":"host-{:05}.example.org:9100","job":"node"}},"values":[)",
        s == 0 ? "" : ",", s);
    for (std::size_t t = 0; t < kPoints; ++t) {
      const double at =
          to_seconds((kStart + kStep * static_cast<Duration::rep>(t)).time_since_epoch());
      body += fmt::format("{}[{:.0f},\"{}\"]", t == 0 ? "" : ",", at, normal(draw));
    }
    body += "]}";
  }
  return body + "]}}";
}

// What a reader without a library for it would write: the whole document, then a value at a time.
double read_dom(const std::string& body, std::vector<double>& values) {
  const auto document = nlohmann::json::parse(body);
  double sum = 0;
  for (const auto& series : document["data"]["result"]) {
    for (const auto& point : series["values"]) {
      values.push_back(std::strtod(point[1].get_ref<const std::string&>().c_str(), nullptr));
      sum += values.back();
    }
  }
  return sum;
}

template <typename Work>
void measure(const char* side, int repeats, Work work) {
  work();
  for (int i = 0; i < repeats; ++i) {
    const double begin = bench::cpu_seconds();
    work();
    print("parse", side, bench::cpu_seconds() - begin);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 7;
  const std::string body = make_body();
  const TimeGrid grid{kStart, kStep, kPoints};
  print("body", "ours", static_cast<double>(body.size()));
  measure("ours", repeats, [&] {
    std::string copy;  // as a client gives it: with room behind
    copy.reserve(body.size() + 64);
    copy = body;
    const auto frame = parse_response(std::move(copy), grid, 0);
    if (!frame || frame->samples != kSeries * kPoints) {
      std::fprintf(stderr, "promql_bench: the body was not read whole\n");
      std::exit(1);
    }
    bench::keep(*frame);
  });
  measure("theirs", repeats, [&] {
    std::vector<double> values;
    values.reserve(kSeries * kPoints);
    bench::keep(read_dom(body, values));
  });
  return 0;
}
