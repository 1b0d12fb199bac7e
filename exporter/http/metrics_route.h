// `/metrics`: what a scrape gets.
#pragma once

#include <prometheus/metric_family.h>

#include <memory>
#include <span>
#include <vector>

#include "exporter/http/message.h"
#include "exporter/metrics/rendered_scores.h"

namespace exporter {

/// Answers a scrape: the exporter's own families and the finished results, filtered by `name[]`, in
/// the format and the encoding that the scraper asks for. Results are shared, not copied.
HttpResponse metrics_response(const HttpRequest& request,
                              const std::vector<prometheus::MetricFamily>& own,
                              std::span<const std::shared_ptr<const RenderedScores>> results = {});

}  // namespace exporter
