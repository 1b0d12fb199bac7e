#include "exporter/metrics/scrape_body.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace exporter {
namespace {

constexpr std::size_t kSmallestPacked = 512;  // smaller bodies fit one packet anyway

// Stretches of a body in order: fresh text, and pieces that others hold too.
class Assembly {
 public:
  void add(std::string_view text) {
    if (stretches_.empty() || !std::holds_alternative<std::string>(stretches_.back()))
      stretches_.emplace_back(std::string());
    std::get<std::string>(stretches_.back()) += text;
    size_ += text.size();
  }
  void add(const BodyPiece& piece) {
    stretches_.emplace_back(&piece);
    size_ += piece.text->size();
  }

  ScrapeBody finish(bool gzip) && {
    ScrapeBody body;
    body.packed = gzip && size_ >= kSmallestPacked;
    if (body.packed) {
      pack(body.blocks);
    } else {
      for (auto& stretch : stretches_) {
        auto* const text = std::get_if<std::string>(&stretch);
        body.blocks.push_back(text ? std::make_shared<const std::string>(std::move(*text))
                                   : std::get<const BodyPiece*>(stretch)->text);
      }
    }
    return body;
  }

 private:
  void pack(std::vector<std::shared_ptr<const std::string>>& blocks) const {
    PieceMaker maker;
    GzipTrailer trailer;
    const auto add_piece = [&](const BodyPiece& piece) {
      blocks.push_back(piece.packed);
      trailer.add(piece);
    };
    blocks.push_back(std::make_shared<const std::string>(gzip_head()));
    for (const auto& stretch : stretches_) {
      if (const auto* const text = std::get_if<std::string>(&stretch)) {
        add_piece(maker.make(*text));
      } else {
        add_piece(*std::get<const BodyPiece*>(stretch));
      }
    }
    blocks.push_back(std::make_shared<const std::string>(trailer.bytes()));
  }

  std::vector<std::variant<std::string, const BodyPiece*>> stretches_;
  std::size_t size_ = 0;
};

}  // namespace

ScrapeBody scrape_body(const std::vector<prometheus::MetricFamily>& own,
                       std::span<const std::shared_ptr<const RenderedScores>> results,
                       const ScrapeWish& wish) {
  const auto wanted = [&](std::string_view name) {
    return wish.names.empty() || wish.names.contains(name);
  };
  std::vector<prometheus::MetricFamily> chosen;
  std::ranges::copy_if(own, std::back_inserter(chosen),
                       [&](const auto& family) { return wanted(family.name); });
  const auto texts = render_families(chosen, wish.format);

  Assembly body;
  auto next = texts.begin();
  const auto families = result_families();
  for (std::size_t i = 0; i < families.size(); ++i) {
    const auto& family = families[i];
    for (; next != texts.end() && next->name < family.name; ++next) body.add(next->text);
    const auto has_pieces = [i](const auto& each) { return !each->families[i].empty(); };
    if (!wanted(family.name) || std::ranges::none_of(results, has_pieces)) continue;
    if (next != texts.end() && next->name == family.name) ++next;
    std::string header;
    append_header(header, family.name, "gauge", family.help, wish.format);
    body.add(header);
    for (const auto& each : results) {
      for (const BodyPiece& piece : each->families[i]) body.add(piece);
    }
  }
  for (; next != texts.end(); ++next) body.add(next->text);
  if (wish.format == ExpositionFormat::openmetrics) body.add(kEndOfMetrics);
  return std::move(body).finish(wish.gzip);
}

}  // namespace exporter
