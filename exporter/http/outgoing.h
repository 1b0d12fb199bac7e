// Outgoing: an answer on its way: bytes of its own, then shared blocks that nobody copies.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "exporter/http/message.h"

namespace exporter {

/// The bytes that a connection still owes its client, in order.
class Outgoing {
 public:
  /// Starts over with these bytes; the capacity of small ones is kept.
  void assign(std::string bytes);
  /// Returns the bytes before the blocks, to append to before the first advance().
  std::string& own() { return own_; }
  void add(SharedBytes block);

  bool finished() const { return left_ == 0 && sent_ == own_.size(); }
  /// Fills `pieces` with what comes next and returns how many it used; 0 once finished.
  std::size_t next(std::span<iovec> pieces) const;
  /// Marks that many bytes as sent; at most what is left.
  void advance(std::size_t bytes);
  /// Forgets everything.
  void clear();

 private:
  std::string own_;
  std::vector<SharedBytes> blocks_;
  std::size_t sent_ = 0;   ///< of own_
  std::size_t block_ = 0;  ///< the first block not wholly sent, and how much of it is
  std::size_t block_sent_ = 0;
  std::size_t left_ = 0;  ///< bytes of blocks not sent
};

}  // namespace exporter
