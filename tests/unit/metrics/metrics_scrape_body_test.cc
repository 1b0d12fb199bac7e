#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "exporter/metrics/scrape_body.h"
#include "exposition_reader.h"

using namespace exporter;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

// What tries hardest to break a line, a body or a series.
const std::vector<std::string> kHostile = {"\n",
                                           "\"",
                                           "\\",
                                           "\\n",
                                           "\\\"",
                                           "} 1\nanomaly_score{a=\"",
                                           "\xFF",
                                           "\xC3",
                                           "a\r\nb",
                                           "\x01\x7F",
                                           "# EOF",
                                           ",",
                                           "=",
                                           " ",
                                           "\xF0\x9F\x98\x80",
                                           std::string(1, '\0'),
                                           std::string(10'000, 'v'),
                                           std::string(10'000, '\\')};

std::shared_ptr<const RenderedScores> hostile(const std::string& detector) {
  ScoreBatch batch;
  for (const auto& value : kHostile) {
    for (const char* name : {"instance", "job", "detector", "a.b", "a-b", "le"}) {
      EntityScore each;
      each.entity = Labels(std::vector<Labels::Pair>{{name, value}});
      each.score = 0.25;
      batch.scores.push_back(each);
    }
  }
  std::ranges::sort(batch.scores, {}, &EntityScore::entity);
  batch.entities = batch.scores.size();
  batch.scores[0].active = true;
  batch.scores[0].contributions = {{.feature = 1, .share = 1}};
  batch.features = {"cpu", "lo\"ad\n"};
  batch.values = batch.expected =
      forest::Matrix::Constant(static_cast<Eigen::Index>(batch.scores.size()), 2, 0.5);
  return std::make_shared<const RenderedScores>(render_scores(detector, batch));
}

MetricFamily family(const std::string& name, MetricType type = MetricType::Gauge) {
  MetricFamily made{name, "Help \"quoted\".", type, {}};
  made.metric.resize(1);
  return made;
}

std::vector<MetricFamily> own() {
  return {family("process_threads"), family("anomaly_exporter_up"), family("anomaly_exporter_b"),
          family("anomaly_scrapes_total", MetricType::Counter), family("a")};
}

std::string plain(const std::vector<MetricFamily>& own,
                  const std::vector<std::shared_ptr<const RenderedScores>>& results,
                  ScrapeWish wish) {
  wish.gzip = false;
  const auto body = scrape_body(own, results, wish);
  CHECK_FALSE(body.packed);
  return join_blocks(body.blocks);
}

std::string unpacked(const std::vector<MetricFamily>& own,
                     const std::vector<std::shared_ptr<const RenderedScores>>& results,
                     ScrapeWish wish) {
  wish.gzip = true;
  const auto body = scrape_body(own, results, wish);
  std::string packed = join_blocks(body.blocks);
  if (!body.packed) return packed;
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(64U << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a body with hostile labels reads back whole, in both formats", "[metrics]") {
  const auto first = hostile("one"), second = hostile("two");
  for (const auto format : {ExpositionFormat::text, ExpositionFormat::openmetrics}) {
    const bool openmetrics = format == ExpositionFormat::openmetrics;
    const auto samples =
        read_body(plain(own(), {first, second}, {.format = format, .names = {}}), openmetrics);
    // Every entity that was kept has every family.
    const std::size_t kept = 6 * kHostile.size() - first->duplicates;
    const std::size_t each = kept * (kSeriesPerEntity + 2 * 2) + 3 + 1;
    CHECK(samples.size() == 2 * each + own().size());
    for (const auto& value : kHostile) {
      const bool valid = value != "\xFF" && value != "\xC3";
      CHECK(std::ranges::any_of(samples, [&](const auto& sample) {
        const auto found = sample.labels.find("instance");
        return found != sample.labels.end() && found->second == (valid ? value : "\xEF\xBF\xBD");
      }));
    }
  }
}

TEST_CASE("the entities that read the same are few and known", "[metrics]") {
  // Two broken values read as U+FFFD under each of six names; a.b and a-b become one name.
  CHECK(hostile("d")->duplicates == 6 + kHostile.size() - 1);
}

TEST_CASE("a compressed body is the plain one byte for byte, by name too", "[metrics]") {
  const std::vector<std::shared_ptr<const RenderedScores>> results{hostile("one"), hostile("two")};
  const std::vector<std::set<std::string, std::less<>>> choices{
      {},
      {"anomaly_score"},
      {"anomaly_score", "process_threads"},
      {"anomaly_exporter_up"},
      {"anomaly_entities", "anomaly_severity_ratio"},
      {"nothing"}};
  for (const auto format : {ExpositionFormat::text, ExpositionFormat::openmetrics}) {
    for (const auto& names : choices) {
      const ScrapeWish wish{.format = format, .names = names};
      const auto text = plain(own(), results, wish);
      CHECK(unpacked(own(), results, wish) == text);
      read_body(text, format == ExpositionFormat::openmetrics);
      for (const auto& shown : result_families()) {
        CHECK(count_of(text, "# TYPE " + std::string(shown.name) + " gauge\n") ==
              (names.empty() || names.contains(shown.name) ? 1 : 0));
      }
    }
  }
}

TEST_CASE("the formats differ in headers and end alone", "[metrics]") {
  const std::vector<std::shared_ptr<const RenderedScores>> results{hostile("one")};
  const auto text = plain({}, results, {.format = ExpositionFormat::text, .names = {}});
  const auto open = plain({}, results, {.format = ExpositionFormat::openmetrics, .names = {}});
  CHECK(open == text + "# EOF\n");
}

TEST_CASE("without detectors and results a body is still whole", "[metrics]") {
  CHECK(plain({}, {}, {.names = {}}).empty());
  CHECK(plain({}, {}, {.format = ExpositionFormat::openmetrics, .names = {}}) == "# EOF\n");
  const auto text = plain(own(), {}, {.names = {}});
  CHECK(read_body(text, false).size() == own().size());
  CHECK(text.find("anomaly_score") == std::string::npos);
}

TEST_CASE("own families stand between the results by name, one of a result's name is left out",
          "[metrics]") {
  auto families = own();
  families.push_back(family("anomaly_score"));
  families.push_back(family("zebra"));
  const auto text = plain(families, {hostile("d")}, {.names = {}});
  read_body(text, false);  // sorted, each once
  CHECK(count_of(text, "# TYPE anomaly_score gauge") == 1);
  CHECK(text.find("\nanomaly_score 0\n") == std::string::npos);
  CHECK(text.find("# HELP zebra") > text.find("# HELP anomaly_severity_ratio"));
  CHECK(text.starts_with("# HELP a "));
}
