#include "exporter/http/outgoing.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kKeptCapacity = 64 * 1024;

iovec piece(const std::string& bytes, std::size_t from) {
  // iovec is for reading too and so not const.
  return {const_cast<char*>(bytes.data()) + from, bytes.size() - from};
}

}  // namespace

void Outgoing::assign(std::string bytes) {
  clear();
  own_ = std::move(bytes);
}

void Outgoing::add(SharedBytes block) {
  if (block == nullptr || block->empty()) return;
  left_ += block->size();
  blocks_.push_back(std::move(block));
}

std::size_t Outgoing::next(std::span<iovec> pieces) const {
  std::size_t used = 0;
  if (sent_ < own_.size() && used < pieces.size()) pieces[used++] = piece(own_, sent_);
  std::size_t from = block_sent_;
  for (std::size_t i = block_; i < blocks_.size() && used < pieces.size(); ++i) {
    pieces[used++] = piece(*blocks_[i], from);
    from = 0;
  }
  return used;
}

void Outgoing::advance(std::size_t bytes) {
  const std::size_t of_own = std::min(bytes, own_.size() - sent_);
  sent_ += of_own;
  bytes -= of_own;
  left_ -= bytes;
  while (bytes > 0) {
    const std::size_t rest = blocks_[block_]->size() - block_sent_;
    if (bytes < rest) {
      block_sent_ += bytes;
      return;
    }
    bytes -= rest;
    block_sent_ = 0;
    blocks_[block_++] = nullptr;
  }
}

void Outgoing::clear() {
  own_.clear();
  if (own_.capacity() > kKeptCapacity) std::string().swap(own_);
  blocks_.clear();
  sent_ = block_ = block_sent_ = left_ = 0;
}

}  // namespace exporter
