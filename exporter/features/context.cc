#include "exporter/features/context.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace exporter {
namespace {

double in_units(const SeasonProfile& profile, double value) {
  return (value - profile.level) / profile.spread;
}

double seasonal(const SeasonProfile& profile, LocalPoint at, double value) {
  return (value - profile.expected(at)) / profile.usual_deviation(at);
}

// Writes the columns of one feature from its values at consecutive steps, the newest last; at least
// two of them.
void fill_feature(std::span<const ContextColumn> columns, const SeasonProfile& profile,
                  LocalPoint at, std::span<const double> series, std::span<double> out) {
  const double now = series.back();
  const auto recent = rolling(series);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const Rolling& window = recent[columns[c].scale];
    switch (columns[c].kind) {
      case ContextKind::value: out[c] = in_units(profile, now); break;
      case ContextKind::change: out[c] = (now - series[series.size() - 2]) / profile.spread; break;
      case ContextKind::mean: out[c] = in_units(profile, window.mean); break;
      case ContextKind::deviation: out[c] = window.deviation / profile.spread; break;
      case ContextKind::season: out[c] = seasonal(profile, at, now); break;
      case ContextKind::relation: break;  // of several features
    }
  }
}

std::vector<ContextColumn> columns_of(const std::vector<SeasonProfile>& seasons,
                                      std::size_t relations, ColumnLayout layout) {
  const bool common = layout == ColumnLayout::common;
  std::vector<ContextColumn> columns;
  for (std::uint32_t f = 0; f < seasons.size(); ++f) {
    // A feature without any value has no expectation; it takes no part.
    if (std::isnan(seasons[f].level) && !common) continue;
    columns.push_back({f, ContextKind::value});
    columns.push_back({f, ContextKind::change});
    for (std::uint8_t scale = 0; scale < kScales.size(); ++scale) {
      columns.push_back({f, ContextKind::mean, scale});
      columns.push_back({f, ContextKind::deviation, scale});
    }
    if (!seasons[f].bins.empty() || common) columns.push_back({f, ContextKind::season});
  }
  for (std::uint32_t c = 0; c < relations; ++c) columns.push_back({c, ContextKind::relation});
  return columns;
}

// Columns of the same feature, which stand together.
std::size_t end_of_feature(const std::vector<ContextColumn>& columns, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < columns.size() && columns[end].feature == columns[begin].feature &&
         columns[end].kind != ContextKind::relation) {
    ++end;
  }
  return end;
}

// Writes what is of one feature each. @param series_of gives a feature's values at consecutive
// steps
template <typename SeriesOf>
std::size_t fill_features(const ContextModel& model, TimePoint when, SeriesOf series_of,
                          std::span<double> out) {
  const LocalPoint at = model.season_time(when);
  std::size_t c = 0;
  while (c < model.columns.size() && model.columns[c].kind != ContextKind::relation) {
    const std::size_t f = model.columns[c].feature;
    const std::size_t end = end_of_feature(model.columns, c);
    fill_feature(std::span(model.columns).subspan(c, end - c), model.season[f], at, series_of(f),
                 out.subspan(c, end - c));
    c = end;
  }
  return c;
}

void fill_relations(const ContextModel& model, std::size_t first, std::span<const double> raw,
                    std::span<double> out) {
  if (first < out.size()) model.relation.deviations(raw, out.subspan(first));
}

}  // namespace

void ContextModel::fill(TimePoint at, const forest::ConstMatrixRef& window,
                        std::span<const double> raw, std::span<double> out) const {
  // One step more than there is: the step before the first is a gap.
  std::array<double, kContextWindow + 2> series;
  const auto past = static_cast<std::size_t>(window.rows());
  const auto series_of = [&](std::size_t f) {
    series[0] = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < past; ++i) {
      series[i + 1] = window(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(f));
    }
    series[past + 1] = raw[f];
    return std::span<const double>(series).first(past + 2);
  };
  fill_relations(*this, fill_features(*this, at, series_of, out), raw, out);
}

ContextModel fit_context(const TimeGrid& grid, const forest::ConstMatrixRef& raw,
                         std::span<const Duration> periods, ColumnLayout layout,
                         std::shared_ptr<const Calendar> calendar) {
  ContextModel model;
  model.calendar = std::move(calendar);
  std::vector<LocalPoint> times;
  times.reserve(grid.size);
  for (std::size_t t = 0; t < grid.size; ++t) times.push_back(model.season_time(grid.at(t)));
  std::vector<double> column(grid.size);
  for (Eigen::Index f = 0; f < raw.cols(); ++f) {
    for (std::size_t t = 0; t < grid.size; ++t) column[t] = raw(static_cast<Eigen::Index>(t), f);
    model.season.push_back(
        fit_season({.times = times, .step = grid.step, .values = column}, periods));
  }
  // Of raw values: what follows the requests does so at any hour, while seasonal deviations have a
  // scale of their own.
  if (model.season.size() < kWideFeatures) model.relation = fit_relation(raw);
  model.columns = columns_of(model.season, model.relation.size(), layout);
  return model;
}

forest::Matrix context_rows(const ContextModel& model, const TimeGrid& grid,
                            const forest::ConstMatrixRef& raw) {
  const auto d = static_cast<std::size_t>(raw.cols());
  const std::size_t width = model.columns.size();
  // By feature, behind one gap each, so that the past of any row is one piece.
  const std::size_t stride = grid.size + 1;
  std::vector<double> all(d * stride, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t t = 0; t < grid.size; ++t) {
    for (std::size_t f = 0; f < d; ++f) {
      all[f * stride + t + 1] = raw(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(f));
    }
  }
  forest::Matrix rows(raw.rows(), static_cast<Eigen::Index>(width));
  for (std::size_t t = 0; t < grid.size; ++t) {
    const std::size_t length = std::min(t + 2, kContextWindow + 1);
    const auto series_of = [&](std::size_t f) {
      return std::span<const double>(all).subspan(f * stride + t + 2 - length, length);
    };
    const auto row = static_cast<Eigen::Index>(t);
    const std::span<double> out(rows.row(row).data(), width);
    fill_relations(model, fill_features(model, grid.at(t), series_of, out),
                   {raw.row(row).data(), d}, out);
  }
  return rows;
}

}  // namespace exporter
