// Any label sets can be shown on /metrics: the body reads back whole, every series once, each value
// as it was unless it was no UTF-8, and the compressed body is the plain one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "exporter/http/compression.h"
#include "exporter/metrics/scrape_body.h"
#include "exporter/utf8.h"
#include "tests/unit/metrics/exposition_reader.h"

namespace {

using namespace exporter;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Returns what a reader must get.
std::string repaired(const std::string& value) {
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const auto rune = rune_at(value, at);
    out += rune.valid ? value.substr(at, rune.bytes) : "\xEF\xBF\xBD";
    at += rune.bytes;
  }
  return out;
}

/// Reads entities, ended by the byte FD, of names and values in turn, ended by the byte FE.
std::vector<EntityScore> parse(const std::string& bytes) {
  std::vector<EntityScore> scores(1);
  std::vector<std::string> fields(1);
  const auto finish = [&] {
    std::vector<Labels::Pair> pairs;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
      pairs.emplace_back(fields[i], fields[i + 1]);
    scores.back().entity = Labels(std::move(pairs));
    scores.back().score = static_cast<double>(scores.size()) / 4096;
    fields.assign(1, "");
  };
  for (const char c : bytes) {
    if (c == '\xFE') {
      fields.emplace_back();
    } else if (c == '\xFD') {
      finish();
      scores.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  finish();
  return scores;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ScoreBatch batch;
  const std::string bytes(data, data + size);
  batch.scores = parse(bytes);
  const auto rendered =
      std::make_shared<const RenderedScores>(render_scores(bytes.substr(0, 16), batch));
  const std::vector results{rendered};
  for (const auto format : {ExpositionFormat::text, ExpositionFormat::openmetrics}) {
    const bool openmetrics = format == ExpositionFormat::openmetrics;
    ScrapeWish wish;
    wish.format = format;
    const std::string text = join_blocks(scrape_body({}, results, wish).blocks);
    const auto samples = read_body(text, openmetrics);
    const std::size_t kept = batch.scores.size() - rendered->duplicates;
    require(samples.size() == kept * kSeriesPerEntity + 3);
    for (const auto& sample : samples) {
      require(sample.labels.at("detector") == repaired(bytes.substr(0, 16)));
      if (sample.name != "anomaly_score") continue;
      const auto index = static_cast<std::size_t>(sample.value * 4096) - 1;
      for (const auto& pair : batch.scores.at(index).entity.pairs()) {
        const std::string wanted = repaired(pair.second);
        const bool shown = std::ranges::any_of(
            sample.labels, [&](const auto& label) { return label.second == wanted; });
        // Of names that become one, the first label is shown.
        require(shown || sample.labels.size() < batch.scores[index].entity.pairs().size() + 3);
      }
    }
    wish.gzip = true;
    const auto packed = scrape_body({}, results, wish);
    std::string undone;
    require(!inflate_body(join_blocks(packed.blocks), text.size(), undone));
    require(undone == text);
  }
  return 0;
}
