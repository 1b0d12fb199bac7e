#include <catch2/catch.hpp>
#include <string>

#include "exporter/http/basic_auth.h"

using namespace exporter;
using Verdict = BasicAuthenticator::Verdict;

namespace {

/// "secret" at cost 4, which takes a millisecond; made by another implementation of bcrypt.
const std::string kSecret = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
const std::string kAlice = "Basic YWxpY2U6c2VjcmV0";        // alice:secret
const std::string kAliceWrong = "Basic YWxpY2U6d3Jvbmc=";   // alice:wrong
const std::string kMallory = "Basic bWFsbG9yeTpzZWNyZXQ=";  // mallory:secret

}  // namespace

TEST_CASE("user and password are read from an Authorization header", "[http]") {
  const auto alice = parse_basic_credentials(kAlice);
  REQUIRE(alice);
  CHECK(alice->user == "alice");
  CHECK(alice->password == "secret");
  CHECK(parse_basic_credentials("bAsIc YWxpY2U6c2VjcmV0"));
  const auto colons = parse_basic_credentials("Basic YTpiOmM=");
  REQUIRE(colons);
  CHECK(colons->user == "a");
  CHECK(colons->password == "b:c");
  const auto empty = parse_basic_credentials("Basic Og==");
  REQUIRE(empty);
  CHECK(empty->user.empty());
}

TEST_CASE("other Authorization headers name nobody", "[http]") {
  for (const auto* header :
       {"", "Basic", "Basic ", "Bearer YWxpY2U6c2VjcmV0", "Basic YWxpY2U", "Basic !!!!",
        "Basic YWxpY2U=", "Basic ====", "Basic YW=pY2U6", "Basicx YTpi"}) {
    INFO(header);
    CHECK_FALSE(parse_basic_credentials(header));
  }
}

TEST_CASE("bcrypt hashes are told from other text", "[http]") {
  for (const char minor : {'a', 'b', 'x', 'y'}) {
    std::string hash = kSecret;
    hash[2] = minor;
    CHECK(is_bcrypt_hash(hash));
  }
  for (const std::string& wrong :
       {std::string(), std::string("secret"), kSecret + ".", kSecret.substr(1),
        "$3b" + kSecret.substr(3), "$2c" + kSecret.substr(3), "$2b$03" + kSecret.substr(6),
        "$2b$32" + kSecret.substr(6), "$2b$0x" + kSecret.substr(6), kSecret.substr(0, 59) + "!"}) {
    INFO(wrong);
    CHECK_FALSE(is_bcrypt_hash(wrong));
  }
}

TEST_CASE("a password belongs to its hash, however the hash's minor is written", "[http]") {
  CHECK(bcrypt_matches(kSecret, "secret"));
  std::string apache = kSecret;
  apache[2] = 'y';
  CHECK(bcrypt_matches(apache, "secret"));
  CHECK_FALSE(bcrypt_matches(kSecret, "Secret"));
  CHECK_FALSE(bcrypt_matches(kSecret, ""));
  CHECK_FALSE(bcrypt_matches(kSecret, std::string("secret\0more", 11)));
  CHECK_FALSE(bcrypt_matches("no hash", "secret"));
}

TEST_CASE("verdicts are forgotten a tenth at a time, and refusals before grants", "[http]") {
  VerdictCache cache(100);
  for (int i = 0; i < 20; ++i) cache.put("friend " + std::to_string(i), true);
  for (int i = 0; i < 1000; ++i) {
    cache.put("guess " + std::to_string(i), false);
    REQUIRE(cache.size() <= 100);
  }
  CHECK(cache.size() > 80);
  for (int i = 0; i < 20; ++i) CHECK(cache.find("friend " + std::to_string(i)) == true);
  CHECK(cache.find("guess 999") == false);
  CHECK_FALSE(cache.find("nobody"));
}

TEST_CASE("a cache full of grants makes room too", "[http]") {
  VerdictCache cache(10);
  for (int i = 0; i < 50; ++i) cache.put(std::to_string(i), true);
  CHECK(cache.size() == 10);
  CHECK(cache.find("49") == true);
}

TEST_CASE("a verdict is computed once and then recalled", "[http]") {
  const BasicAuthUsers users{{"alice", kSecret}};
  BasicAuthenticator authenticator;
  CHECK(authenticator.recall(users, kAlice) == Verdict::unknown);
  CHECK(authenticator.verify(users, kAlice) == Verdict::granted);
  CHECK(authenticator.recall(users, kAlice) == Verdict::granted);
  CHECK(authenticator.recall(users, kAliceWrong) == Verdict::unknown);
  CHECK(authenticator.verify(users, kAliceWrong) == Verdict::denied);
  CHECK(authenticator.recall(users, kAliceWrong) == Verdict::denied);
  CHECK(authenticator.recall(users, "") == Verdict::denied);
}

TEST_CASE("an unknown user costs a hash as a known one does, and stays out", "[http]") {
  const BasicAuthUsers users{{"alice", kSecret}};
  BasicAuthenticator authenticator;
  CHECK(authenticator.recall(users, kMallory) == Verdict::unknown);
  CHECK(authenticator.verify(users, kMallory) == Verdict::denied);
  CHECK(authenticator.recall(users, kMallory) == Verdict::denied);
}

TEST_CASE("a new hash makes an old verdict void", "[http]") {
  BasicAuthenticator authenticator;
  CHECK(authenticator.verify({{"alice", kSecret}}, kAlice) == Verdict::granted);
  std::string other = kSecret;
  other.back() = 'X';
  CHECK(authenticator.recall({{"alice", other}}, kAlice) == Verdict::unknown);
  CHECK(authenticator.verify({{"alice", other}}, kAlice) == Verdict::denied);
  CHECK(authenticator.recall({}, kAlice) == Verdict::unknown);
}
