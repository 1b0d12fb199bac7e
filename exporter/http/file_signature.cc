#include "exporter/http/file_signature.h"

#include <sys/stat.h>

#include <chrono>
#include <tuple>

namespace exporter {
namespace {

/// Kernels stamp files with the time of their last tick, 10 ms at most.
constexpr std::int64_t kRestNanoseconds = 50'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileSignature FileSignature::of(const std::string& path) {
  FileSignature signature;
  signature.taken = std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  struct stat status = {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return signature;
  signature.exists = true;
  signature.device = status.st_dev;
  signature.inode = status.st_ino;
  signature.size = static_cast<std::uint64_t>(status.st_size);
  signature.modified = nanoseconds(status.st_mtim);
  signature.changed = nanoseconds(status.st_ctim);
  return signature;
}

bool FileSignature::settled() const { return !exists || taken - changed > kRestNanoseconds; }

bool FileSignature::same_content(const FileSignature& later) const {
  const auto facts = [](const FileSignature& of) {
    return std::tuple(of.exists, of.device, of.inode, of.size, of.modified, of.changed);
  };
  return settled() && facts(*this) == facts(later);
}

}  // namespace exporter
