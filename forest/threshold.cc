#include "forest/threshold.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>

namespace forest {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
}  // namespace

std::vector<double> out_of_sample_scores(const Trained& trained, const ConstMatrixRef& rows,
                                         std::size_t threads) {
  std::vector<double> scores(static_cast<std::size_t>(rows.rows()));
  trained.forest.score_unseen(rows, trained.drawn, scores, threads);
  return scores;
}

double quantile(std::span<const double> values, double q) {
  assert(q >= 0.0 && q <= 1.0);
  std::vector<double> finite;
  finite.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double value) { return std::isfinite(value); });
  if (finite.empty()) return kNone;
  const double position = static_cast<double>(finite.size() - 1) * q;
  const auto below = static_cast<std::size_t>(position);
  const auto nth = finite.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(finite.begin(), nth, finite.end());
  const double a = *nth;
  if (below + 1 == finite.size()) return a;
  const double b = *std::min_element(nth + 1, finite.end());
  const double share = position - static_cast<double>(below);
  // numpy's two-sided form: exact at both ends.
  return share < 0.5 ? a + (b - a) * share : b - (b - a) * (1.0 - share);
}

double threshold(std::span<const double> scores, double quantile, double sensitivity) {
  const double high = forest::quantile(scores, quantile);
  return high + sensitivity * (1.0 - high);
}

}  // namespace forest
