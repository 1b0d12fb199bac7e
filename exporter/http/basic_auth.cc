#include "exporter/http/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "exporter/http/text.h"

namespace exporter {
namespace {

constexpr std::size_t kHashBytes = 60;
/// A hash of nothing anyone knows: what the password of an unknown user is compared with.
const std::string kNobody = "$2b$10$abcdefghijklmnopqrstuuZ1pD4YqHkqpbcVbGzW2mPnU8rJxO3Qe";

bool is_base64_of_bcrypt(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '/';
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const auto padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  const bool inner = text.substr(0, text.size() - padding).find('=') != std::string_view::npos;
  if (padding > 2 || inner) return std::nullopt;
  std::vector<unsigned char> out(text.size() / 4 * 3 + 1);
  const int size = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  return std::string(out.begin(), out.begin() + size - static_cast<std::ptrdiff_t>(padding));
}

/// Digests the parts with their lengths, so that no two triples meet.
std::string digest_of(std::string_view user, std::string_view hash, std::string_view password) {
  std::string joined = std::to_string(user.size()) + ":" + std::to_string(hash.size()) + ":";
  joined.append(user).append(hash).append(password);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  OPENSSL_cleanse(joined.data(), joined.size());
  return digest;
}

const std::string* hash_of(const BasicAuthUsers& users, const std::string& user) {
  const auto found = users.find(user);
  return found == users.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<BasicCredentials> parse_basic_credentials(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (lower_case(header.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const auto decoded = decode_base64(header.substr(kScheme.size()));
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

bool is_bcrypt_hash(std::string_view text) {
  if (text.size() != kHashBytes || !text.starts_with("$2") || text[3] != '$' || text[6] != '$')
    return false;
  const bool minor = std::string_view("abxy").find(text[2]) != std::string_view::npos;
  const bool digits = text[4] >= '0' && text[4] <= '3' && text[5] >= '0' && text[5] <= '9';
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  const auto rest = text.substr(7);
  return minor && digits && cost >= 4 && cost <= 31 &&
         std::all_of(rest.begin(), rest.end(), is_base64_of_bcrypt);
}

bool bcrypt_matches(const std::string& hash, const std::string& password) {
  if (!is_bcrypt_hash(hash) || password.find('\0') != std::string::npos) return false;
  std::string standard = hash;
  standard[2] = 'b';
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const auto scratch = std::make_unique<crypt_data>();
  const char* computed = crypt_r(password.c_str(), standard.c_str(), scratch.get());
  const bool same = computed != nullptr && std::string_view(computed).size() == kHashBytes &&
                    CRYPTO_memcmp(computed, standard.data(), kHashBytes) == 0;
  OPENSSL_cleanse(scratch.get(), sizeof *scratch);
  return same;
}

std::optional<bool> VerdictCache::find(const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = verdicts_.find(digest);
  if (found == verdicts_.end()) return std::nullopt;
  return found->second;
}

void VerdictCache::put(const std::string& digest, bool granted) {
  const std::lock_guard lock(mutex_);
  if (verdicts_.size() >= capacity_ && verdicts_.find(digest) == verdicts_.end()) forget();
  verdicts_[digest] = granted;
}

std::size_t VerdictCache::size() const {
  const std::lock_guard lock(mutex_);
  return verdicts_.size();
}

void VerdictCache::forget() {
  std::vector<std::string> candidates, granted;
  for (const auto& [digest, verdict] : verdicts_) {
    (verdict ? granted : candidates).push_back(digest);
  }
  if (candidates.empty()) candidates.swap(granted);
  std::shuffle(candidates.begin(), candidates.end(), random_);
  candidates.resize(std::min(candidates.size(), std::max<std::size_t>(capacity_ / 10, 1)));
  for (const auto& digest : candidates) verdicts_.erase(digest);
}

BasicAuthenticator::Verdict BasicAuthenticator::recall(const BasicAuthUsers& users,
                                                       std::string_view header) const {
  const auto given = parse_basic_credentials(header);
  if (!given) return Verdict::denied;
  const auto* hash = hash_of(users, given->user);
  const auto known =
      cache_.find(digest_of(given->user, hash == nullptr ? kNobody : *hash, given->password));
  if (!known) return Verdict::unknown;
  return *known && hash != nullptr ? Verdict::granted : Verdict::denied;
}

BasicAuthenticator::Verdict BasicAuthenticator::verify(const BasicAuthUsers& users,
                                                       std::string_view header) {
  // Another request with the same credentials may have been faster.
  if (const auto known = recall(users, header); known != Verdict::unknown) return known;
  const auto given = parse_basic_credentials(header);
  if (!given) return Verdict::denied;
  const auto* hash = hash_of(users, given->user);
  const bool same = bcrypt_matches(hash == nullptr ? kNobody : *hash, given->password);
  const bool granted = same && hash != nullptr;
  cache_.put(digest_of(given->user, hash == nullptr ? kNobody : *hash, given->password), granted);
  return granted ? Verdict::granted : Verdict::denied;
}

}  // namespace exporter
