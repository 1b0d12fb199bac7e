// scrape_body: the body of one scrape, put together from what is finished and what is fresh.
#pragma once

#include <prometheus/metric_family.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "exporter/metrics/exposition.h"
#include "exporter/metrics/rendered_scores.h"

namespace exporter {

/// What a scraper asked for.
struct ScrapeWish {
  ExpositionFormat format = ExpositionFormat::text;
  bool gzip = false;
  std::set<std::string, std::less<>> names;  ///< of families; none: all
};

struct ScrapeBody {
  std::vector<std::shared_ptr<const std::string>> blocks;  ///< in order
  bool packed = false;  ///< one gzip member; bodies under 512 bytes are sent as they are
};

/// Puts families in order of their names, each once: the finished pieces of `results`, not copied,
/// and `own`, which is rendered here. A family of `own` that has the name of a result is left out.
/// @param results  of the detectors, in the order in which their series shall come; none is null
ScrapeBody scrape_body(const std::vector<prometheus::MetricFamily>& own,
                       std::span<const std::shared_ptr<const RenderedScores>> results,
                       const ScrapeWish& wish);

}  // namespace exporter
