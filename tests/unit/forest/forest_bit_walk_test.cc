#include <catch2/catch.hpp>
#include <vector>

#include "forest/bit_walk.h"
#include "forest/train.h"
#include "samples.h"

using namespace forest;

namespace {

/// Sums of the first rows over the trees that a BitWalk takes, and by its peer, tree after tree.
void compare(const IsolationForest& model, const Matrix& rows) {
  KeyBlock block(model.frame().columns);
  const RowsView<double> view{rows.data(), static_cast<std::size_t>(rows.rows()),
                              static_cast<std::size_t>(rows.cols())};
  const std::size_t count = std::min(block.capacity(), view.count) / 16 * 16;
  block.fill(view, 0, count);
  const BitWalk walk(model.trees(), block.capacity());
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    const Tree& peer = model.trees()[tree];
    const std::size_t leaves = peer.nodes.size() / 2 + 1;
    REQUIRE(walk.takes(tree) == (leaves >= 2 && leaves <= BitWalk::kMostLeaves));
    if (!walk.takes(tree)) continue;
    std::vector<double> sums(block.capacity(), 0.5);
    walk.add(tree, block.data(), count, sums.data());
    std::vector<double> expected(block.capacity(), 0.5);
    HeapWalk(std::span(&peer, 1), model.feature_count())
        .add(0, block, expected, CpuKernel::portable);
    for (std::size_t row = 0; row < count; ++row) REQUIRE(sums[row] == expected[row]);
    for (std::size_t row = count; row < sums.size(); ++row) REQUIRE(sums[row] == 0.5);
  }
}

}  // namespace

TEST_CASE("a bit walk ends in the leaves that the heap walk ends in") {
  if (!BitWalk::runs()) return;
  for (const std::size_t sample : {2, 3, 5, 9, 17, 32, 40, 64}) {
    for (const Eigen::Index columns : {1, 2, 7}) {
      const Matrix rows = bell_rows(300, columns, sample);
      compare(train(rows, {.trees = 20, .sample = sample, .depth_limit = 10}), rows);
    }
  }
}

TEST_CASE("a bit walk takes trees of two to thirty-two leaves and leaves the others") {
  if (!BitWalk::runs()) return;
  const Matrix same = Matrix::Zero(100, 2);
  compare(train(same, {.trees = 2}), same);
  const Matrix rows = bell_rows(2000, 8, 1);
  const IsolationForest large = train(rows, {.trees = 10});
  compare(large, rows);
  const BitWalk walk(large.trees(), 48);
  std::size_t taken = 0;
  for (std::size_t tree = 0; tree < 10; ++tree) taken += walk.takes(tree) ? 1U : 0U;
  CHECK(taken < 10);
}
