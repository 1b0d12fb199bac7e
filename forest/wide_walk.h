// wide_walk: the walk of a block by AVX-512, for trees of any kind.
#pragma once

#include <span>

#include "forest/column_block.h"
#include "forest/tree.h"

namespace forest {

/// Tells whether wide_walk is made for a tree: it is deep enough, and so is this program.
bool takes_wide_walk(const Tree& tree);

/// Does what add_tree does, and gives the same bits. The first levels are compared in full, for
/// many rows at a time; of the rows that are outside of a range there, and of the levels below,
/// eight at a time are walked.
/// @pre takes_wide_walk(tree); the processor runs CpuKernel::avx512
void add_tree_wide(const Tree& tree, const ValueBlock& block, std::span<double> sums);

}  // namespace forest
