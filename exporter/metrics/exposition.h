// The text that a scrape gets: Prometheus text 0.0.4 and OpenMetrics 1.0, and the choice between
// them.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace exporter {

enum class ExpositionFormat { text, openmetrics };

/// Writes families in exposition format: sorted by name and labels, families of equal name merged
/// (the first one's type and help hold), repeated series dropped, no timestamps, shortest doubles
/// that read back equal. Whatever would fail a whole scrape is repaired: invalid UTF-8 becomes
/// U+FFFD, names outside [a-zA-Z_][a-zA-Z0-9_]* get underscores, a histogram's own label `le`
/// becomes `exported_le`, NaN counters are left out of OpenMetrics. Source: Prometheus exposition
/// formats 0.0.4; OpenMetrics 1.0.
std::string render(const std::vector<prometheus::MetricFamily>& families, ExpositionFormat format);

/// One family as render() writes it: name as in its header, header and series.
struct FamilyText {
  std::string name, text;
};
/// Returns what render() strings together, sorted by name, each name once.
std::vector<FamilyText> render_families(const std::vector<prometheus::MetricFamily>& families,
                                        ExpositionFormat format);

/// Appends the HELP and TYPE lines of a family. @param type  as the format spells it
void append_header(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, ExpositionFormat format);

/// What an OpenMetrics body ends with.
inline constexpr std::string_view kEndOfMetrics = "# EOF\n";

/// Chooses the format by the Accept header: highest q, then OpenMetrics 1.0.0, 0.0.1, text; what it
/// does not know (wildcards and an empty header too) gives text. `content_type` receives the
/// answer's Content-Type; a format of version 1.0.0 asked for with `escaping=` is answered with
/// `escaping=underscores`.
ExpositionFormat negotiate(std::string_view accept, std::string& content_type);

/// Appends the shortest text that reads back as `value`; NaN, +Inf and -Inf as Prometheus spells
/// them.
void append_number(std::string& out, double value);

}  // namespace exporter
