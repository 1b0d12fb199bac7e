// forest_kernels: how fast the walks alone are, by columns, trees, depth and instruction set.
//
//   forest_kernels [COLUMNS [TREES]]   lists with commas; default 1,2,5,20,40,100,500 and
//   100,300,500
//
// `keys+walk` is the walk of one instruction set with the rows' keys made before it, `score` the
// whole public call, `row` one call a row. Rows per second are of CPU time, median and best of the
// repeats; cycles are per tree and row, of the walk alone for `keys+walk`.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forest/column_block.h"
#include "forest/cpu_kernel.h"
#include "forest/heap_walk.h"
#include "forest/train.h"
#include "tests/bench/data.h"
#include "tests/bench/stopwatch.h"

namespace bench {
namespace {

using forest::CpuKernel;
using forest::IsolationForest;
using forest::Matrix;

constexpr int kRepeats = 5;
constexpr double kLeastSeconds = 0.03;
constexpr std::size_t kRows = 30'000;

/// Returns the clock of the core, from a chain of multiplications of three cycles each; 0 where
/// that is not known.
double cycles_per_second() {
#if defined(__x86_64__)
  constexpr int kSteps = 1'000'000;
  double best = 0.0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::uint64_t value = 3;
    const double begin = cpu_seconds();
    for (int i = 0; i < kSteps; ++i) {
      asm volatile(
          "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0\n\t"
          "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0"
          : "+r"(value));
    }
    best = std::max(best, 8.0 * 3.0 * kSteps / (cpu_seconds() - begin));
  }
  return best;
#else
  return 0.0;
#endif
}

/// Seconds a row, over the repeats.
struct Timing {
  double middle;
  double best;
};

template <typename Work>
Timing measure(double rows_a_call, Work work) {
  std::vector<double> seconds;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    seconds.push_back(cpu_seconds_per_call(kLeastSeconds, work) / rows_a_call);
  }
  return {median(seconds), *std::min_element(seconds.begin(), seconds.end())};
}

/// One forest under measurement, and where its lines of the table begin.
struct Subject {
  const Matrix& rows;
  IsolationForest forest;
  std::string_view shape;
};

void print(const Subject& subject, std::string_view what, Timing timing, double seconds_of_walk) {
  static const double kClock = cycles_per_second();
  const double trees = static_cast<double>(subject.forest.tree_count());
  std::printf("| %5td | %5.0f | %-7s | %-19s | %12.0f | %12.0f | %6.2f |\n", subject.rows.cols(),
              trees, std::string(subject.shape).c_str(), std::string(what).c_str(),
              1.0 / timing.middle, 1.0 / timing.best, seconds_of_walk * kClock / trees);
  std::fflush(stdout);
}

void measure_heap(const Subject& subject) {
  const forest::RowsView<double> view{subject.rows.data(),
                                      static_cast<std::size_t>(subject.rows.rows()),
                                      static_cast<std::size_t>(subject.rows.cols())};
  const std::vector<forest::ColumnScale>& columns = subject.forest.frame().columns;
  if (!forest::HeapWalk::fits(subject.forest.trees(), columns.size())) return;
  const forest::HeapWalk walk(subject.forest.trees(), columns.size());
  forest::KeyBlock block(columns);
  std::vector<double> sums(block.capacity());
  const double rows = static_cast<double>(block.capacity());
  const std::size_t blocks = view.count / block.capacity();
  if (blocks == 0) return;
  const auto walk_trees = [&](CpuKernel kernel) {
    for (std::size_t tree = 0; tree < subject.forest.tree_count(); ++tree) {
      walk.add(tree, block, sums, kernel);
    }
  };
  for (const CpuKernel kernel : forest::cpu_kernels()) {
    const Timing both = measure(rows, [&](std::uint64_t call) {
      block.fill(view, call % blocks * block.capacity(), block.capacity());
      std::fill(sums.begin(), sums.end(), 0.0);
      walk_trees(kernel);
      keep(sums);
    });
    const Timing alone = measure(rows, [&](std::uint64_t) {
      walk_trees(kernel);
      keep(sums);
    });
    print(subject, "keys+walk " + std::string(to_string(kernel)), both, alone.middle);
  }
}

void measure_score(const Subject& subject) {
  std::vector<double> out(static_cast<std::size_t>(subject.rows.rows()));
  const auto columns = static_cast<std::size_t>(subject.rows.cols());
  const Timing batch = measure(static_cast<double>(out.size()), [&](std::uint64_t) {
    subject.forest.score(subject.rows, out);
    keep(out);
  });
  print(subject, "score", batch, batch.middle);
  const Timing single = measure(1.0, [&](std::uint64_t call) {
    const double* const row = subject.rows.data() + call % out.size() * columns;
    keep(subject.forest.score_row({row, columns}));
  });
  print(subject, "row", single, single.middle);
}

void measure_all(std::span<const std::size_t> columns, std::span<const std::size_t> trees) {
  std::printf("| %5s | %5s | %-7s | %-19s | %12s | %12s | %6s |\n", "d", "trees", "depth", "walk",
              "rows/s", "best", "cycles");
  std::printf(
      "|------:|------:|:--------|:--------------------|-------------:|-------------:"
      "|-------:|\n");
  for (const std::size_t count : columns) {
    const Matrix rows = gaussian_mixture(kRows, count, 2);
    for (const bool deep : {false, true}) {
      for (const std::size_t number : trees) {
        forest::TrainOptions options;
        options.trees = number;
        if (deep) options.sample = forest::Amount::all();
        const Subject subject{rows, forest::train(rows, options), deep ? "all" : "256"};
        measure_heap(subject);
        measure_score(subject);
      }
    }
  }
}

std::optional<std::vector<std::size_t>> parse_list(std::string_view text) {
  std::vector<std::size_t> values;
  while (!text.empty()) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value == 0) return std::nullopt;
    values.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return values;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const auto list = [&](std::size_t at, std::string_view standard) {
    return bench::parse_list(arguments.size() > at ? arguments[at] : standard);
  };
  const auto columns = list(0, "1,2,5,20,40,100,500");
  const auto trees = list(1, "100,300,500");
  if (!columns || !trees || arguments.size() > 2) {
    std::cerr << "usage: forest_kernels [COLUMNS [TREES]]   lists of numbers, such as 2,20 100\n";
    return 2;
  }
  bench::measure_all(*columns, *trees);
}
