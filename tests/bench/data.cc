#include "tests/bench/data.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <string>
#include <system_error>
#include <utility>

#include "forest/random.h"

namespace bench {
namespace {

using forest::Matrix;
using forest::Random;

Eigen::Index index(std::size_t value) { return static_cast<Eigen::Index>(value); }

double normal(Random& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

forest::Error cannot(const char* what, const std::filesystem::path& path) {
  return forest::Error{forest::ErrorKind::state, path.string() + ": cannot " + what, "file"};
}

/// Returns a matrix whose values are not set. Large ones ask for huge pages, as numpy does for the
/// arrays that scikit-learn is given here: without them rows taken at random also miss the TLB.
Matrix uninitialised(std::size_t rows, std::size_t columns) {
  constexpr std::uintptr_t kLarge = 4U << 20U;
  Matrix result(index(rows), index(columns));
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(result.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(result.data() + result.size()) / page * page;
  // Advice: a kernel that declines costs speed alone.
  if (end > begin && end - begin >= kLarge) {
    (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  }
  return result;
}

}  // namespace

Matrix repeating_pairs(std::size_t rows, std::size_t distinct, std::uint64_t seed) {
  Random random(seed, 0);
  Matrix pairs(index(distinct), 2);
  for (Eigen::Index i = 0; i < pairs.rows(); ++i) {
    // The rarer a pair, the farther from the idle one it may lie.
    const double reach = 0.03 * std::sqrt(static_cast<double>(i));
    pairs(i, 0) = reach * std::exp(1.5 * normal(random)) - 0.3;
    pairs(i, 1) = reach * std::exp(1.5 * normal(random)) - 0.1;
  }
  Matrix result(index(rows), 2);
  for (Eigen::Index i = 0; i < result.rows(); ++i) {
    // The first rows name every pair once.
    const double rank = std::floor(1.0 / (1.0 - random.uniform())) - 1.0;
    const auto last = static_cast<double>(distinct - 1);
    result.row(i) =
        pairs.row(i < pairs.rows() ? i : static_cast<Eigen::Index>(std::min(rank, last)));
  }
  return result;
}

Matrix gaussian_mixture(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  constexpr std::uint32_t kCentres = 8;
  constexpr double kOutliers = 0.01;
  constexpr double kHalfBox = 12.0;
  Random random(seed, columns);
  Matrix centre(kCentres, index(columns));
  Matrix width(kCentres, index(columns));
  for (Eigen::Index i = 0; i < centre.size(); ++i) {
    centre.data()[i] = 3.0 * normal(random);
    width.data()[i] = 0.5 + random.uniform();
  }
  Matrix result = uninitialised(rows, columns);
  for (Eigen::Index i = 0; i < result.rows(); ++i) {
    const bool outlier = random.uniform() < kOutliers;
    const Eigen::Index at = random.below(kCentres);
    for (Eigen::Index j = 0; j < result.cols(); ++j) {
      result(i, j) = outlier ? kHalfBox * (2.0 * random.uniform() - 1.0)
                             : centre(at, j) + width(at, j) * normal(random);
    }
  }
  return result;
}

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> kRecipes{
      {"d2", 64'227, 2}, {"d20", 1'000'000, 20}, {"d100", 100'000, 100}};
  return kRecipes;
}

const Recipe* find_recipe(std::string_view name) {
  for (const Recipe& recipe : recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

Matrix make(const Recipe& recipe) {
  constexpr std::uint64_t kSeed = 2;
  constexpr std::size_t kDistinct = 2'200;
  if (recipe.columns == 2) return repeating_pairs(recipe.rows, kDistinct, kSeed);
  return gaussian_mixture(recipe.rows, recipe.columns, kSeed);
}

forest::Status write_raw(const std::filesystem::path& path, const Matrix& rows) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(rows.data()),
             static_cast<std::streamsize>(sizeof(double)) * rows.size());
  file.close();
  if (!file) return cannot("write", path);
  return forest::Done{};
}

forest::Result<Matrix> read_raw(const std::filesystem::path& path, std::size_t columns) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) return cannot("read", path);
  if (columns == 0 || bytes == 0 || bytes % (columns * sizeof(double)) != 0) {
    return cannot("split into whole rows", path);
  }
  Matrix rows = uninitialised(bytes / sizeof(double) / columns, columns);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(rows.data()), static_cast<std::streamsize>(bytes));
  if (!file) return cannot("read", path);
  return rows;
}

}  // namespace bench
