#include "exporter/http/metrics_route.h"

#include <utility>

#include "exporter/http/compression.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/scrape_body.h"

namespace exporter {

HttpResponse metrics_response(const HttpRequest& request,
                              const std::vector<prometheus::MetricFamily>& own,
                              std::span<const std::shared_ptr<const RenderedScores>> results) {
  HttpResponse response;
  ScrapeWish wish;
  wish.format = negotiate(request.header("accept"), response.content_type);
  wish.gzip = accepts_gzip(request.header("accept-encoding"));
  const auto [first, last] = request.query.equal_range("name[]");
  for (auto it = first; it != last; ++it) wish.names.insert(it->second);

  auto body = scrape_body(own, results, wish);
  response.blocks = std::move(body.blocks);
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (body.packed) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace exporter
