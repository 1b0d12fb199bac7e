// FileSignature: tells cheaply whether a file may have changed since it was read.
#pragma once

#include <cstdint>
#include <string>

namespace exporter {

/// What stat() tells of a file. Two different contents may share one only when both were written
/// within the file system's clock tick; settled() tells that this is out of question.
struct FileSignature {
  bool exists = false;
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified = 0, changed = 0;  ///< nanoseconds since 1970
  std::int64_t taken = 0;                  ///< when it was taken

  static FileSignature of(const std::string& path);
  /// Whether the file had rested when the signature was taken.
  bool settled() const;
  /// Whether `later` surely means the same content.
  bool same_content(const FileSignature& later) const;
};

}  // namespace exporter
