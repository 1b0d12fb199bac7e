#include "exporter/metrics/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "exporter/metrics/label_text.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// One series: its rendered labels, and what identifies it to Prometheus (empty labels do not).
struct Series {
  std::string labels, identity;
  const ClientMetric* metric = nullptr;
};

Series make_series(const ClientMetric& metric, std::string_view reserved) {
  std::vector<std::pair<std::string, std::string_view>> labels;
  for (const auto& label : metric.label) {
    std::string name = legal_name(label.name, false);
    if (name == reserved) name.insert(0, "exported_");
    labels.emplace_back(std::move(name), label.value);
  }
  std::stable_sort(labels.begin(), labels.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  labels.erase(std::unique(labels.begin(), labels.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }),
               labels.end());
  Series series;
  series.metric = &metric;
  for (const auto& [name, value] : labels) {
    std::string pair = name + "=\"";
    append_escaped(pair, value, true);
    pair += '"';
    if (!series.labels.empty()) series.labels += ',';
    series.labels += pair;
    if (!value.empty()) series.identity += pair + ',';
  }
  return series;
}

std::string_view type_word(MetricType type, ExpositionFormat format) {
  switch (type) {
    case MetricType::Counter: return "counter";
    case MetricType::Gauge: return "gauge";
    case MetricType::Summary: return "summary";
    case MetricType::Histogram: return "histogram";
    default: return format == ExpositionFormat::openmetrics ? "unknown" : "untyped";
  }
}

/// Appends `le` and `quantile` values, which always carry a point or an exponent: `1.0`.
void append_float(std::string& out, double value) {
  const auto start = out.size();
  append_number(out, value);
  if (std::isfinite(value) && out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

class Writer {
 public:
  Writer(std::string& out, std::string_view name, ExpositionFormat format)
      : out_(out), name_(name), format_(format) {}

  void sample(std::string_view suffix, const Series& series, double value,
              std::string_view extra = {}, double bound = 0) {
    start(suffix, series, extra, bound);
    append_number(out_, value);
    out_ += '\n';
  }

  void count(std::string_view suffix, const Series& series, std::uint64_t value,
             std::string_view extra = {}, double bound = 0) {
    start(suffix, series, extra, bound);
    out_ += std::to_string(value);
    out_ += '\n';
  }

  void family(const Series& series, MetricType type) {
    const auto& metric = *series.metric;
    const bool openmetrics = format_ == ExpositionFormat::openmetrics;
    switch (type) {
      case MetricType::Counter:
        if (openmetrics && std::isnan(metric.counter.value)) return;
        return sample(openmetrics ? "_total" : "", series, metric.counter.value);
      case MetricType::Gauge: return sample("", series, metric.gauge.value);
      case MetricType::Summary:
        for (const auto& quantile : metric.summary.quantile) {
          sample("", series, quantile.value, "quantile", quantile.quantile);
        }
        sample("_sum", series, metric.summary.sample_sum);
        return count("_count", series, metric.summary.sample_count);
      case MetricType::Histogram: return histogram(series, metric.histogram);
      default: return sample("", series, metric.untyped.value);
    }
  }

 private:
  void histogram(const Series& series, const ClientMetric::Histogram& histogram) {
    bool last = false;
    for (const auto& bucket : histogram.bucket) {
      count("_bucket", series, bucket.cumulative_count, "le", bucket.upper_bound);
      last = std::isinf(bucket.upper_bound);
    }
    if (!last) count("_bucket", series, histogram.sample_count, "le", HUGE_VAL);
    sample("_sum", series, histogram.sample_sum);
    count("_count", series, histogram.sample_count);
  }

  void start(std::string_view suffix, const Series& series, std::string_view extra, double bound) {
    out_ += name_;
    out_ += suffix;
    if (!series.labels.empty() || !extra.empty()) {
      out_ += '{';
      out_ += series.labels;
      if (!extra.empty()) {
        if (!series.labels.empty()) out_ += ',';
        out_ += extra;
        out_ += "=\"";
        append_float(out_, bound);
        out_ += '"';
      }
      out_ += '}';
    }
    out_ += ' ';
  }

  std::string& out_;
  std::string_view name_;
  ExpositionFormat format_;
};

/// Returns the name that TYPE and HELP carry: OpenMetrics names a counter without `_total`.
std::string family_name(const MetricFamily& family, ExpositionFormat format) {
  std::string name = legal_name(family.name, true);
  constexpr std::string_view kTotal = "_total";
  if (format == ExpositionFormat::openmetrics && family.type == MetricType::Counter &&
      name.size() > kTotal.size() && name.ends_with(kTotal)) {
    name.resize(name.size() - kTotal.size());
  }
  return name;
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, ExpositionFormat format) {
  out.append("# HELP ").append(name) += ' ';
  append_escaped(out, help, format == ExpositionFormat::openmetrics);
  out.append("\n# TYPE ").append(name) += ' ';
  out.append(type) += '\n';
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    // Whole numbers are written out, as Go does: 100000, not 1e+05.
    const bool whole = std::abs(value) < 1e15 && value == std::trunc(value) &&
                       !(value == 0 && std::signbit(value));
    std::array<char, 40> digits{};
    const auto end =
        whole ? std::to_chars(digits.begin(), digits.end(), static_cast<long long>(value)).ptr
              : std::to_chars(digits.begin(), digits.end(), value).ptr;
    out.append(digits.begin(), end);
  }
}

std::vector<FamilyText> render_families(const std::vector<MetricFamily>& families,
                                        ExpositionFormat format) {
  std::vector<std::pair<std::string, const MetricFamily*>> order;
  for (const auto& family : families) {
    if (!family.metric.empty()) order.emplace_back(family_name(family, format), &family);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  std::vector<FamilyText> texts;
  for (auto first = order.begin(); first != order.end();) {
    const auto& [name, head] = *first;
    const std::string_view reserved = head->type == MetricType::Histogram ? "le"
                                      : head->type == MetricType::Summary ? "quantile"
                                                                          : "";
    std::vector<Series> series;
    auto last = first;
    for (; last != order.end() && last->first == name; ++last) {
      if (last->second->type != head->type) continue;
      for (const auto& metric : last->second->metric)
        series.push_back(make_series(metric, reserved));
    }
    std::stable_sort(series.begin(), series.end(),
                     [](const auto& a, const auto& b) { return a.identity < b.identity; });
    series.erase(std::unique(series.begin(), series.end(),
                             [](const auto& a, const auto& b) { return a.identity == b.identity; }),
                 series.end());
    FamilyText& out = texts.emplace_back(FamilyText{name, {}});
    append_header(out.text, name, type_word(head->type, format), head->help, format);
    Writer writer(out.text, name, format);
    for (const auto& one : series) writer.family(one, head->type);
    first = last;
  }
  return texts;
}

std::string render(const std::vector<MetricFamily>& families, ExpositionFormat format) {
  std::string out;
  for (const auto& family : render_families(families, format)) out += family.text;
  if (format == ExpositionFormat::openmetrics) out += kEndOfMetrics;
  return out;
}

}  // namespace exporter
