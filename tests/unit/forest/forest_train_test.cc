#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "forest/path_length.h"
#include "forest/rows_view.h"
#include "forest/train.h"
#include "samples.h"

using forest::Amount;
using forest::guided_preset;
using forest::hyperplane_preset;
using forest::IsolationForest;
using forest::kNoDepthLimit;
using forest::Matrix;
using forest::Measure;
using forest::train;
using forest::train_with_draws;
using forest::TrainOptions;
using forest::Tree;
using forest::validate;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Options that between them use everything a tree can be.
std::vector<TrainOptions> all_kinds() {
  return {{},
          guided_preset(),
          hyperplane_preset(),
          {.measure = Measure::range_aware, .bootstrap = true},
          {.measure = Measure::density, .max_features = Amount::share(0.5)},
          {.measure = Measure::range_aware, .extension = 2}};
}

std::set<std::uint32_t> columns_of(const Tree& tree) {
  std::set<std::uint32_t> columns;
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    if (!tree.is_leaf(node)) columns.insert(tree.nodes[node].column);
  }
  return columns;
}

std::size_t peak(const std::vector<double>& scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

std::string complaint(const TrainOptions& options, std::size_t rows = 100,
                      std::size_t columns = 3) {
  const forest::Status status = validate(options, rows, columns);
  return status ? "" : status.error().message;
}

/// Checks that a message names the option and each of the other words.
void check_complaint(const TrainOptions& options, const std::vector<std::string>& words) {
  const std::string message = complaint(options);
  for (const std::string& word : words) CHECK_THAT(message, Catch::Contains(word));
  CHECK(message.find('\n') == std::string::npos);
  const forest::Status status = validate(options, 100, 3);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == forest::ErrorKind::config);
}

}  // namespace

TEST_CASE("rows, options and seed fix the forest on any number of threads", "[forest]") {
  Matrix rows = bell_rows(3000, 4, 1);
  for (Eigen::Index i = 0; i < 3000; i += 11) rows(i, i % 4) = kMissing;
  for (TrainOptions options : all_kinds()) {
    options.trees = 48;
    options.sample = 2900;  // so many that three threads pay
    options.depth_limit = 3;
    const IsolationForest expected = train(rows, options);
    options.threads = 5;
    CHECK(same_trees(train(rows, options), expected));
    options.threads = 2;
    CHECK(same_trees(train_with_draws(rows, options).forest, expected));
    options.trees = 2;
    const IsolationForest few = train(rows, options);
    options.seed += 1;
    CHECK_FALSE(same_trees(train(rows, options), few));
  }
}

TEST_CASE("trees of one forest draw different rows and differ", "[forest]") {
  const Matrix rows = bell_rows(1000, 2, 2);
  const auto trained = train_with_draws(rows, {.trees = 20, .sample = 100});
  REQUIRE(trained.drawn.size() == 20);
  for (std::size_t a = 0; a < trained.drawn.size(); ++a) {
    CHECK(trained.drawn[a].size() == 100);
    CHECK(trained.drawn[a].back() < 1000);
    CHECK(std::is_sorted(trained.drawn[a].begin(), trained.drawn[a].end()));
    for (std::size_t b = 0; b < a; ++b) {
      CHECK(trained.drawn[a] != trained.drawn[b]);
      CHECK_FALSE(same_tree(trained.forest.trees()[a], trained.forest.trees()[b]));
    }
  }
}

TEST_CASE("an amount is a count up to what there is, a share rounded down, or all", "[forest]") {
  CHECK(Amount(5).of(10) == 5);
  CHECK(Amount(50).of(10) == 10);
  CHECK(Amount::share(0.3).of(10) == 3);
  CHECK(Amount::share(0.39).of(10) == 3);
  CHECK(Amount::share(1e-9).of(10) == 1);
  CHECK(Amount::all().of(10) == 10);
  CHECK(Amount::share(1.0) == Amount::all());
  // int(f * n), as scikit-learn: 0.29 * 100 is 28.999999999999996
  CHECK(Amount::share(0.29).of(100) == 28);
}

TEST_CASE("a number with a point is no amount, so that 1.0 is not taken for one row", "[forest]") {
  CHECK(std::is_convertible_v<int, Amount>);
  CHECK(std::is_convertible_v<std::size_t, Amount>);
  CHECK_FALSE(std::is_convertible_v<double, Amount>);
  CHECK_FALSE(std::is_constructible_v<Amount, float>);
}

TEST_CASE("an amount is valid from 1 and up to a share of 1", "[forest]") {
  CHECK(Amount(1).valid());
  CHECK(Amount(std::numeric_limits<std::size_t>::max()).valid());
  CHECK_FALSE(Amount(0).valid());
  CHECK(Amount::share(1e-300).valid());
  for (const double share : {0.0, -0.0, -0.5, 1.0000001, kInfinity, kMissing}) {
    CHECK_FALSE(Amount::share(share).valid());
  }
}

TEST_CASE("the sample is a count, a share or all of the rows", "[forest]") {
  const Matrix rows = bell_rows(100, 2, 3);
  const auto size = [&](Amount sample) {
    const auto trained = train_with_draws(rows, {.trees = 3, .sample = sample});
    for (const auto& drawn : trained.drawn) CHECK(drawn.size() == trained.forest.sample_size());
    return trained.forest.sample_size();
  };
  CHECK(size(17) == 17);
  CHECK(size(1000) == 100);
  CHECK(size(Amount::share(0.25)) == 25);
  CHECK(size(Amount::share(0.001)) == 1);
  CHECK(size(Amount::all()) == 100);
}

TEST_CASE("trees end at ceil(log2(sample)) edges, at the number given, or at equal rows",
          "[forest]") {
  const Matrix rows = bell_rows(1000, 3, 4);
  const auto deepest = [&](const TrainOptions& options) {
    std::size_t depth = 0;
    const IsolationForest forest = train(rows, options);
    for (const Tree& tree : forest.trees()) depth = std::max(depth, tree.depth);
    return depth;
  };
  CHECK(deepest({}) == 8);
  CHECK(deepest({.sample = 10}) == 4);
  CHECK(deepest({.sample = 1}) == 0);
  CHECK(deepest({.sample = 2}) == 1);
  CHECK(deepest({.depth_limit = 3}) == 3);
  CHECK(deepest({.depth_limit = 1}) == 1);
  const IsolationForest full = train(rows, {.trees = 20, .depth_limit = kNoDepthLimit});
  for (const Tree& tree : full.trees()) {
    CHECK(tree.depth > 8);
    CHECK(tree.nodes.size() == 2 * 256 - 1);  // all rows differ: a leaf for each
  }
}

TEST_CASE("rows of one kind have a mean path of about c(sample), and so score about a half",
          "[forest]") {
  // c(n) is the mean depth where every rank is as likely a cut; cuts here are even over the range.
  for (const Matrix& rows : {uniform_rows(5000, 3, 5), bell_rows(5000, 3, 5)}) {
    for (const std::size_t sample : {64U, 256U}) {
      const IsolationForest forest = train(rows, {.sample = sample, .depth_limit = kNoDepthLimit});
      double mean = 0.0;
      for (const double score : scores_of(forest, rows)) mean += score / 5000;
      CHECK(mean < 0.55);
      CHECK(mean > 0.42);
    }
  }
}

TEST_CASE("three rows have the path lengths of their only two trees", "[forest]") {
  // Of 0, 1 and 4 the first cut parts 0 or 4 from the rest, by the widths of the gaps 1 : 3.
  Matrix rows(3, 1);
  rows << 0, 1, 4;
  constexpr std::size_t kTrees = 4000;
  const IsolationForest forest =
      train(rows, {.trees = kTrees, .sample = 3, .depth_limit = kNoDepthLimit});
  const auto mean_path = [&](Eigen::Index row) {
    return -std::log2(forest.score_row(row_of(rows, row))) * forest::average_path_length(3);
  };
  CHECK(mean_path(0) == Approx(0.25 * 1 + 0.75 * 2).margin(0.03));  // deviation 0.0068
  CHECK(mean_path(1) == Approx(2.0).margin(1e-9));
  CHECK(mean_path(2) == Approx(0.75 * 1 + 0.25 * 2).margin(0.03));
}

TEST_CASE("each tree cuts as many columns as asked for, all of them as often", "[forest]") {
  const Matrix rows = bell_rows(1000, 6, 6);
  const auto check = [&](Amount columns, std::size_t expected) {
    const IsolationForest forest = train(rows, {.trees = 300, .max_features = columns});
    std::vector<int> counts(6);
    for (const Tree& tree : forest.trees()) {
      const std::set<std::uint32_t> used = columns_of(tree);
      REQUIRE(used.size() == expected);
      for (const std::uint32_t column : used) ++counts.at(column);
    }
    for (const int count : counts) {
      CHECK(count == Approx(300.0 * static_cast<double>(expected) / 6).margin(40));
    }
  };
  check(1, 1);
  check(4, 4);
  check(100, 6);
  check(Amount::share(0.5), 3);
  check(Amount::share(0.01), 1);
  check(Amount::all(), 6);
}

TEST_CASE("with bootstrap a tree has the rows drawn at least once, and the sample keeps its size",
          "[forest]") {
  const Matrix rows = bell_rows(1000, 2, 7);
  const auto trained =
      train_with_draws(rows, {.trees = 50, .sample = Amount::all(), .bootstrap = true});
  CHECK(trained.forest.sample_size() == 1000);
  double mean = 0.0;
  for (std::size_t tree = 0; tree < 50; ++tree) {
    CHECK(trained.forest.trees()[tree].rows[0] == trained.drawn[tree].size());
    mean += static_cast<double>(trained.drawn[tree].size()) / 50;
  }
  CHECK(mean == Approx(1000 * (1.0 - std::exp(-1.0))).margin(6.0));  // standard error 1.4
}

TEST_CASE("rows are drawn by their weights", "[forest]") {
  const Matrix rows = bell_rows(400, 2, 8);
  std::vector<double> weights(400, 1.0);
  for (std::size_t row = 0; row < 100; ++row) weights[row] = 0.0;
  for (std::size_t row = 300; row < 400; ++row) weights[row] = 3.0;
  for (const bool bootstrap : {false, true}) {
    TrainOptions options{.trees = 400, .sample = 20, .bootstrap = bootstrap};
    options.weights = weights;
    const auto trained = train_with_draws(rows, options);
    std::vector<double> counts(4);
    for (const auto& drawn : trained.drawn) {
      for (const std::uint32_t row : drawn) counts.at(row / 100) += 1.0;
    }
    CHECK(counts[0] == 0.0);
    CHECK(counts[1] == Approx(counts[2]).epsilon(0.1));
    CHECK(counts[3] == Approx(1.5 * (counts[1] + counts[2])).epsilon(0.1));
  }
}

TEST_CASE("a row that outweighs all others is in every tree", "[forest]") {
  const Matrix rows = bell_rows(400, 2, 9);
  std::vector<double> weights(400, 1.0);
  weights[123] = 1e12;
  TrainOptions options{.trees = 30, .sample = 20};
  options.weights = weights;
  const auto trained = train_with_draws(rows, options);
  for (const auto& drawn : trained.drawn) {
    CHECK(drawn.size() == 20);
    CHECK(std::binary_search(drawn.begin(), drawn.end(), 123U));
  }
}

TEST_CASE("the sample is no larger than the number of rows with a weight", "[forest]") {
  const Matrix rows = bell_rows(1000, 2, 10);
  std::vector<double> weights(1000, 0.0);
  std::fill_n(weights.begin(), 40, 1.0);
  TrainOptions options;
  options.weights = weights;
  const IsolationForest forest = train(rows, options);
  CHECK(forest.sample_size() == 40);
}

TEST_CASE("scores follow the weights: what weighs little is unusual", "[forest]") {
  Matrix rows = bell_rows(1000, 2, 11);
  rows.topRows(500).array() += 6.0;
  const auto mean_of_first = [&](double weight) {
    std::vector<double> weights(1000, 1.0);
    std::fill_n(weights.begin(), 500, weight);
    TrainOptions options;
    options.weights = weights;
    const std::vector<double> scores = scores_of(train(rows, options), rows);
    double mean = 0.0;
    for (std::size_t i = 0; i < 500; ++i) mean += scores[i] / 500;
    return mean;
  };
  const double even = mean_of_first(1.0);
  CHECK(mean_of_first(0.01) > even + 0.1);
  CHECK(mean_of_first(100.0) < even);
}

TEST_CASE("one row, two rows and equal rows train", "[forest]") {
  const Matrix one = Matrix::Constant(1, 1, 3.0);
  const Matrix two = bell_rows(2, 2, 12);
  const Matrix equal = Matrix::Constant(50, 2, 3.0);
  for (TrainOptions options : all_kinds()) {
    options.trees = 10;
    if (options.extension == 0) CHECK(train(one, options).score_row(row_of(one, 0)) == 0.5);
    if (options.extension >= 2) options.extension = 1;
    const IsolationForest of_two = train(two, options);
    for (const Tree& tree : of_two.trees()) CHECK(tree.nodes.size() <= 3);
    for (const double score : scores_of(of_two, two)) CHECK((score > 0.0 && score < 1.0));
    const IsolationForest of_equal = train(equal, options);
    for (const Tree& tree : of_equal.trees()) CHECK(tree.nodes.size() == 1);
    if (options.bootstrap) continue;
    // Every path is c(50), so every score is 2^-1; a density is that of the root.
    CHECK(of_equal.score_row(row_of(equal, 0)) == Approx(0.5));
  }
}

TEST_CASE("infinite values are isolated first and hurt nothing else", "[forest]") {
  Matrix rows = bell_rows(200, 2, 5);
  rows(20, 0) = kInfinity;
  rows(30, 1) = -kInfinity;
  for (const Measure measure : {Measure::path_length, Measure::range_aware}) {
    const auto score = scores_of(train(rows, {.sample = 200, .measure = measure}), rows);
    for (std::size_t i = 0; i < score.size(); ++i) {
      REQUIRE(std::isfinite(score[i]));
      if (i != 20 && i != 30) CHECK(score[i] < std::min(score[20], score[30]));
    }
  }
}

TEST_CASE("rows with gaps train and score, and a column without any value changes nothing",
          "[forest]") {
  Matrix rows = bell_rows(500, 3, 6);
  for (Eigen::Index i = 0; i < 500; i += 5) rows(i, i % 3) = kMissing;
  rows.row(400).setConstant(kMissing);
  rows.row(499).setConstant(8.0);
  Matrix wider(500, 4);
  wider << rows, Matrix::Constant(500, 1, kMissing);
  for (TrainOptions options : all_kinds()) {
    options.trees = 50;
    const auto score = scores_of(train(rows, options), rows);
    CHECK(peak(score) == 499);
    CHECK(std::all_of(score.begin(), score.end(), [](double s) { return s > 0.0 && s <= 1.0; }));
    const IsolationForest wide = train(wider, options);
    for (const Tree& tree : wide.trees()) {
      for (const forest::Term& term : tree.terms) CHECK((term.column != 3 || term.weight == 0.0F));
      if (tree.terms_per_cut == 0) CHECK(columns_of(tree).count(3) == 0);
    }
    CHECK(peak(scores_of(wide, wider)) == 499);
  }
}

TEST_CASE("rows without any value train, and all score alike", "[forest]") {
  const Matrix rows = Matrix::Constant(100, 3, kMissing);
  for (const TrainOptions& options : all_kinds()) {
    const auto score = scores_of(train(rows, options), rows);
    CHECK(std::isfinite(score[0]));
    CHECK(std::all_of(score.begin(), score.end(), [&](double s) { return s == score[0]; }));
  }
}

TEST_CASE("a large offset hides no small difference", "[forest]") {
  Matrix rows = bell_rows(500, 2, 7);
  rows.row(0).setConstant(9.0);
  Matrix shifted = rows;
  shifted.array() += 1.7e9;  // a Unix time: float32 would round to multiples of 128
  for (const Measure measure : {Measure::path_length, Measure::range_aware}) {
    const auto plain = scores_of(train(rows, {.measure = measure}), rows);
    const auto moved = scores_of(train(shifted, {.measure = measure}), shifted);
    // The same draws on the same geometry; only the last bits of the values differ.
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(moved[i] == Approx(plain[i]).margin(0.01));
    CHECK(peak(moved) == 0);
  }
}

TEST_CASE("the scale of a column does not matter, however large or small", "[forest]") {
  const Matrix rows = bell_rows(300, 3, 11);
  Matrix scaled = rows;
  scaled.col(0) *= 0x1p-1000;  // powers of two, so that every cut scales exactly
  scaled.col(1) *= 0x1p+999;
  scaled.col(2) *= -0x1p+40;
  Matrix mirrored = rows;
  mirrored.col(2) *= -1.0;
  for (TrainOptions options : all_kinds()) {
    options.trees = 50;
    CHECK(scores_of(train(mirrored, options), mirrored) ==
          scores_of(train(scaled, options), scaled));
  }
}

TEST_CASE("values that nearly never change still find what is rare", "[forest]") {
  // Of 20,000 rows none of those that give the column its unit is likely to differ.
  Matrix rows = bell_rows(20000, 2, 12);
  rows.col(1).setConstant(1.7e9);
  for (Eigen::Index i = 0; i < 10; ++i) rows(i * 2000, 1) += 1.0;
  const IsolationForest forest = train(rows, {.trees = 20, .sample = Amount::all()});
  const auto scores = scores_of(forest, rows);
  std::vector<double> ordered = scores;
  std::nth_element(ordered.begin(), ordered.begin() + 400, ordered.end(), std::greater<>());
  for (std::size_t i = 0; i < 10; ++i) CHECK(scores[i * 2000] >= ordered[400]);
}

TEST_CASE("a dense cluster has a lower density score than a sparse one, and an even spread half",
          "[forest]") {
  Matrix rows = bell_rows(2000, 2, 13);
  rows.topRows(1800) *= 0.1;
  rows.bottomRows(200).array() += 6.0;
  const TrainOptions options{.trees = 200, .measure = Measure::density};
  const auto scores = scores_of(train(rows, options), rows);
  const std::vector<double> dense(scores.begin(), scores.begin() + 1800);
  const std::vector<double> sparse(scores.begin() + 1800, scores.end());
  CHECK(*std::max_element(dense.begin(), dense.end()) <
        *std::max_element(sparse.begin(), sparse.end()));
  std::vector<double> both = sparse;
  both.insert(both.end(), dense.begin(), dense.end());
  CHECK(auroc(both, sparse.size()) > 0.95);
  const Matrix even = uniform_rows(2000, 2, 14);
  double mean = 0.0;
  for (const double score : scores_of(train(even, options), even)) mean += score / 2000;
  CHECK(mean == Approx(0.5).margin(0.06));
}

TEST_CASE("the standard preset separates a shifted cluster", "[forest]") {
  for (const TrainOptions& options :
       {forest::standard_preset(), guided_preset(), hyperplane_preset()}) {
    Matrix rows = bell_rows(2000, 5, 15);
    rows.topRows(20).array() += 3.5;
    CHECK(auroc(scores_of(train(rows, options), rows), 20) > 0.98);
  }
}

TEST_CASE("the guided preset finds what hides in one of thirty columns better than the standard",
          "[forest]") {
  double standard = 0.0;
  double guided = 0.0;
  for (std::uint64_t round = 0; round < 3; ++round) {
    Matrix rows = bell_rows(1000, 30, 16 + round);
    for (Eigen::Index i = 0; i < 10; ++i) rows(i, 7) = i % 2 == 0 ? 8.0 : -8.0;
    standard += auroc(scores_of(train(rows, {.seed = round}), rows), 10) / 3;
    TrainOptions options = guided_preset();
    options.trees = 100;
    options.seed = round;
    guided += auroc(scores_of(train(rows, options), rows), 10) / 3;
  }
  CHECK(guided > 0.94);
  CHECK(guided > standard + 0.15);
}

TEST_CASE("hyperplanes find what lies off a diagonal better than cuts along columns", "[forest]") {
  // Rows along y = x; outliers off it, but within the range of either column.
  Matrix rows(1000, 2);
  const Matrix noise = bell_rows(1000, 2, 17);
  const Matrix along = uniform_rows(1000, 1, 17);
  for (Eigen::Index i = 0; i < 1000; ++i) {
    const double at = 60.0 * along(i, 0);
    const double off = i < 20 ? 3.0 : 0.0;
    rows(i, 0) = at + 0.3 * noise(i, 0) + off;
    rows(i, 1) = at + 0.3 * noise(i, 1) - off;
    if (i < 20) rows.row(i) = rows.row(i).cwiseMax(2.0).cwiseMin(58.0);
  }
  const double of_columns = auroc(scores_of(train(rows, {}), rows), 20);
  const double of_planes = auroc(scores_of(train(rows, {.extension = 1}), rows), 20);
  CHECK(of_planes > 0.95);
  CHECK(of_planes > of_columns + 0.05);
}

TEST_CASE("the presets are what their descriptions say, and allowed", "[forest]") {
  CHECK(forest::standard_preset().trees == 100);
  CHECK(forest::standard_preset().sample == Amount(256));
  CHECK(guided_preset().trees == 300);
  CHECK(guided_preset().depth_limit == 8);
  CHECK(guided_preset().kurtosis == 0.5);
  CHECK(hyperplane_preset().extension >= 1);
  CHECK(hyperplane_preset().pooled_gain == 1.0);
  CHECK(hyperplane_preset().trees == 200);
  CHECK(hyperplane_preset().depth_limit == kNoDepthLimit);
  for (const TrainOptions& options : all_kinds()) CHECK(validate(options, 100, 3));
  CHECK(validate(forest::standard_preset(), 1, 1));
  CHECK(validate(guided_preset(), 1, 1));
}

TEST_CASE("options that make no forest are refused by name", "[forest]") {
  check_complaint({.trees = 0}, {"trees", "at least 1"});
  check_complaint({.sample = 0}, {"sample", "count >= 1", "share in (0, 1]"});
  check_complaint({.sample = Amount::share(0.0)}, {"sample"});
  check_complaint({.sample = Amount::share(1.5)}, {"sample"});
  check_complaint({.sample = Amount::share(kMissing)}, {"sample"});
  check_complaint({.max_features = 0}, {"max_features", "count >= 1", "share in (0, 1]"});
  check_complaint({.max_features = Amount::share(-1.0)}, {"max_features"});
  check_complaint({.pooled_gain = -0.1}, {"pooled_gain", "[0, 1]"});
  check_complaint({.pooled_gain = 1.5}, {"pooled_gain", "[0, 1]", "1.5"});
  check_complaint({.pooled_gain = kMissing}, {"pooled_gain", "[0, 1]"});
  check_complaint({.kurtosis = 1.5}, {"kurtosis", "[0, 1]", "1.5"});
  check_complaint({.kurtosis = kMissing}, {"kurtosis", "[0, 1]"});
  check_complaint({.extension = 3}, {"extension", "3", "columns"});
  check_complaint({.extension = 1, .kurtosis = 0.5}, {"kurtosis", "extension"});
}

TEST_CASE("weights that make no draw are refused by name", "[forest]") {
  const auto check = [](std::vector<double> weights, const std::vector<std::string>& words) {
    TrainOptions options;
    options.weights = weights;
    check_complaint(options, words);
  };
  check({1.0, 2.0}, {"weights", "one per row", "100", "2"});
  check(std::vector<double>(100, 0.0), {"weights", "above 0"});
  std::vector<double> weights(100, 1.0);
  for (const double wrong : {-1.0, kMissing}) {
    weights[7] = wrong;
    check(weights, {"weights", ">= 0"});
  }
  weights[7] = kInfinity;
  check(weights, {"weights", "finite"});
  weights[7] = weights[8] = std::numeric_limits<double>::max();  // each finite, their sum is not
  check(weights, {"weights", "finite"});
  TrainOptions fine;
  std::fill(weights.begin(), weights.end(), 0.0);
  weights[99] = 1e-300;
  fine.weights = weights;
  CHECK(validate(fine, 100, 3));
}

TEST_CASE("a message shows the number that was given, to its last digit", "[forest]") {
  CHECK_THAT(complaint({.pooled_gain = 1.0000001}), Catch::Contains("1.0000001"));
  CHECK_THAT(complaint({.kurtosis = -1e-9}), Catch::Contains("-1e-09"));
}

TEST_CASE("rows and columns must be there, and no more rows than can be numbered", "[forest]") {
  const auto kind = [](std::size_t rows, std::size_t columns) {
    const forest::Status status = validate({}, rows, columns);
    REQUIRE_FALSE(status);
    return status.error().kind;
  };
  CHECK(kind(0, 3) == forest::ErrorKind::data);
  CHECK(kind(3, 0) == forest::ErrorKind::data);
  CHECK(kind(std::size_t{1} << 32, 3) == forest::ErrorKind::data);
  CHECK_THAT(complaint({}, 0), Catch::Contains("no rows"));
  CHECK_THAT(complaint({}, 3, 0), Catch::Contains("no columns"));
  CHECK_THAT(complaint({}, std::size_t{1} << 32), Catch::Contains("2^32"));
  CHECK(validate({}, 1, 1));
}
