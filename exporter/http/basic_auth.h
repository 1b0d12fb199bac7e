// Basic authentication against bcrypt hashes: a hash costs about 60 ms, so verdicts are remembered.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

namespace exporter {

/// User -> bcrypt hash.
using BasicAuthUsers = std::map<std::string, std::string, std::less<>>;

struct BasicCredentials {
  std::string user, password;
};

/// Reads the value of an Authorization header: `Basic BASE64(user:password)`; nothing when it is
/// anything else. Source: RFC 7617.
std::optional<BasicCredentials> parse_basic_credentials(std::string_view header);

/// Tells whether text is a bcrypt hash: `$2y$10$`, then 53 characters; cost 4 to 31, minor a, b, x
/// or y.
bool is_bcrypt_hash(std::string_view text);

/// Tells whether the password belongs to the hash. Takes as long as the hash's cost asks for; one
/// call at a time runs, the others wait. x and y count as b, as in Go.
bool bcrypt_matches(const std::string& hash, const std::string& password);

/// Remembers verdicts by a digest of user, hash and password; at most `capacity`. When full about a
/// tenth is forgotten at random: refusals first, so that guessing never costs a known client its
/// place. Safe from any thread.
class VerdictCache {
 public:
  explicit VerdictCache(std::size_t capacity = 100) : capacity_(capacity) {}

  std::optional<bool> find(const std::string& digest) const;
  void put(const std::string& digest, bool granted);
  std::size_t size() const;

 private:
  void forget();

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, bool> verdicts_;
  std::minstd_rand random_{std::random_device{}()};
};

/// Who may enter. Safe from any thread.
class BasicAuthenticator {
 public:
  enum class Verdict { granted, denied, unknown };

  /// Answers from memory alone; `unknown` means that verify() has to compute a hash.
  Verdict recall(const BasicAuthUsers& users, std::string_view header) const;
  /// Answers with granted or denied, and remembers. An unknown user costs a hash like a known one.
  Verdict verify(const BasicAuthUsers& users, std::string_view header);

 private:
  VerdictCache cache_;
};

}  // namespace exporter
