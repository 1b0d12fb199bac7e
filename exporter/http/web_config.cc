#include "exporter/http/web_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "exporter/config/reader.h"
#include "exporter/config/tree.h"
#include "exporter/http/go_duration.h"
#include "exporter/http/tls_context.h"
#include "exporter/log.h"

namespace exporter {
namespace {

using config::MapReader;
using config::Node;
using config::Problems;
using config::shown;
using forest::Error;
using forest::ErrorKind;
using forest::Result;
using forest::Status;
using ClientAuth = TlsServerConfig::ClientAuth;

constexpr std::array<std::pair<std::string_view, ClientAuth>, 6> kClientAuth{
    {{"NoClientCert", ClientAuth::none},
     {"RequestClientCert", ClientAuth::request},
     {"RequireAnyClientCert", ClientAuth::require_any},
     {"RequireClientCert", ClientAuth::require_any},
     {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
     {"RequireAndVerifyClientCert", ClientAuth::require_and_verify}}};
constexpr std::array<std::string_view, 4> kVersions{"TLS10", "TLS11", "TLS12", "TLS13"};
constexpr std::array<std::string_view, 5> kHeaders{"Strict-Transport-Security",
                                                   "X-Content-Type-Options", "X-Frame-Options",
                                                   "X-XSS-Protection", "Content-Security-Policy"};

template <typename Words>
std::string listed(const Words& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

/// Reads text of any number of lines, a secret or not: no message repeats it. Absent, empty and
/// null are the same here, as in Go.
void read_text(MapReader& reader, std::string_view key, std::string& out) {
  const Node* node = reader.find(key);
  if (node == nullptr || node->kind == Node::Kind::null) return;
  if (node->kind != Node::Kind::scalar) {
    reader.wrong(key, fmt::format("want text, got {}", config::word_of(*node)));
  } else {
    out = node->text;
  }
}

void read_path(MapReader& reader, std::string_view key, const std::filesystem::path& folder,
               std::string& out) {
  std::string given;
  read_text(reader, key, given);
  if (!given.empty()) out = (folder / given).lexically_normal().string();
}

/// Booleans as YAML 1.1 has them, which is what exporter-toolkit reads.
void read_flag(MapReader& reader, std::string_view key, bool& out) {
  const Node* node = reader.find(key);
  if (node == nullptr || node->kind == Node::Kind::null) return;
  constexpr std::array<std::string_view, 9> kTrue{"true", "True", "TRUE", "yes", "Yes",
                                                  "YES",  "on",   "On",   "ON"};
  constexpr std::array<std::string_view, 9> kFalse{"false", "False", "FALSE", "no", "No",
                                                   "NO",    "off",   "Off",   "OFF"};
  const bool plain = node->kind == Node::Kind::scalar && !node->quoted;
  if (plain && std::find(kTrue.begin(), kTrue.end(), node->text) != kTrue.end()) {
    out = true;
  } else if (plain && std::find(kFalse.begin(), kFalse.end(), node->text) != kFalse.end()) {
    out = false;
  } else {
    reader.wrong(key, "want true or false");
  }
}

/// Reads a list of texts; `known` tells what each may be.
template <typename Known>
void read_words(MapReader& reader, std::string_view key, std::string_view example,
                const Known& known, std::string_view what, std::vector<std::string>& out) {
  const Node* list = reader.find(key);
  if (list == nullptr || list->kind == Node::Kind::null) return;
  for (const Node* item : reader.texts(key, example)) {
    if (!known(item->text)) {
      reader.problems().add(item->line, reader.path_of(key),
                            fmt::format("unknown {}: {}", what, shown(item->text)));
      return;
    }
    out.push_back(item->text);
  }
}

void read_version(MapReader& reader, std::string_view key, int& out) {
  std::string text;
  read_text(reader, key, text);
  if (text.empty()) return;
  const auto found = std::find(kVersions.begin(), kVersions.end(), text);
  if (found == kVersions.end()) {
    reader.wrong(
        key, fmt::format("unknown TLS version: {}; allowed: {}", shown(text), listed(kVersions)));
  } else {
    out = 10 + static_cast<int>(found - kVersions.begin());
  }
}

/// What the fields mean together.
void check_tls(const TlsServerConfig& tls, MapReader& reader) {
  const bool known_auth =
      tls.client_auth_type.empty() ||
      std::any_of(kClientAuth.begin(), kClientAuth.end(),
                  [&](const auto& entry) { return entry.first == tls.client_auth_type; });
  if (!known_auth) {
    std::vector<std::string_view> names;
    for (const auto& entry : kClientAuth) names.push_back(entry.first);
    reader.wrong("client_auth_type", fmt::format("unknown policy: {}; allowed: {}",
                                                 shown(tls.client_auth_type), listed(names)));
  }
  if (!tls.enabled()) return;
  const auto missing = [&](std::string_view what) {
    reader.problems().add(reader.line(), "tls_server_config", what);
  };
  if (tls.cert.empty() && tls.cert_file.empty()) return missing("missing one of cert or cert_file");
  if (tls.key.empty() && tls.key_file.empty()) return missing("missing one of key or key_file");
  if (!known_auth) return;
  const auto auth = tls.client_auth();
  if ((!tls.client_ca.empty() || !tls.client_ca_file.empty()) && auth == ClientAuth::none) {
    missing("a client CA without a client_auth_type that asks for certificates");
  }
  if (tls.checks_sans && auth != ClientAuth::require_any &&
      auth != ClientAuth::require_and_verify) {
    missing(
        "client_allowed_sans needs client_auth_type RequireAndVerifyClientCert or "
        "RequireAnyClientCert");
  }
  if (tls.max_version < 12) {
    reader.wrong("max_version", "TLS 1.2 is the least that is served; allowed: TLS12, TLS13");
  } else if (tls.min_version > tls.max_version) {
    reader.wrong("min_version", "above max_version");
  }
}

TlsServerConfig read_tls(const Node* node, const std::filesystem::path& folder,
                         Problems& problems) {
  TlsServerConfig tls;
  MapReader reader(node, "tls_server_config", problems);
  read_text(reader, "cert", tls.cert);
  read_path(reader, "cert_file", folder, tls.cert_file);
  read_text(reader, "key", tls.key);
  read_path(reader, "key_file", folder, tls.key_file);
  read_text(reader, "client_ca", tls.client_ca);
  read_path(reader, "client_ca_file", folder, tls.client_ca_file);
  read_text(reader, "client_auth_type", tls.client_auth_type);
  const Node* sans = reader.find("client_allowed_sans");
  tls.checks_sans = sans != nullptr && sans->kind != Node::Kind::null;
  const auto any = [](const std::string&) { return true; };
  read_words(reader, "client_allowed_sans", "[prometheus.example.org]", any, "name",
             tls.client_allowed_sans);
  read_version(reader, "min_version", tls.min_version);
  read_version(reader, "max_version", tls.max_version);
  read_words(reader, "cipher_suites", "[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
             is_known_cipher_suite, "cipher", tls.cipher_suites);
  read_flag(reader, "prefer_server_cipher_suites", tls.prefer_server_cipher_suites);
  read_words(reader, "curve_preferences", "[X25519, CurveP256]", is_known_curve, "curve",
             tls.curve_preferences);
  reader.finish();
  check_tls(tls, reader);
  return tls;
}

void read_header(const Node& item, Problems& problems, WebConfig& config) {
  const std::string place = "http_server_config.headers." + shown(item.key);
  if (std::find(kHeaders.begin(), kHeaders.end(), item.key) == kHeaders.end()) {
    return problems.add(item.key_line, place,
                        "this header cannot be configured; allowed: " + listed(kHeaders));
  }
  if (item.kind != Node::Kind::scalar && item.kind != Node::Kind::null) {
    return problems.add(item.line, place, fmt::format("want text, got {}", config::word_of(item)));
  }
  if (item.text.find('\n') != std::string::npos) {
    return problems.add(item.line, place, "want one line");
  }
  if (item.key == "X-Content-Type-Options" && item.text != "nosniff") {
    return problems.add(item.line, place,
                        fmt::format("want nosniff, got \"{}\"", shown(item.text)));
  }
  if (item.key == "X-Frame-Options" && item.text != "deny" && item.text != "sameorigin") {
    return problems.add(
        item.line, place,
        fmt::format("want deny or sameorigin (lower case), got \"{}\"", shown(item.text)));
  }
  config.headers.emplace_back(item.key, item.text);
}

void read_http(const Node* node, Problems& problems, WebConfig& config) {
  MapReader reader(node, "http_server_config", problems);
  read_flag(reader, "http2", config.http2);
  if (const Node* headers = reader.find("headers"); headers != nullptr) {
    const MapReader only_a_map(headers, "http_server_config.headers", problems);
    if (headers->kind == Node::Kind::map) {
      for (const Node& item : headers->items) read_header(item, problems, config);
    }
  }
  reader.finish();
}

void read_users(const Node* node, Problems& problems, WebConfig& config) {
  const MapReader only_a_map(node, "basic_auth_users", problems);
  if (node == nullptr || node->kind != Node::Kind::map) return;
  for (const Node& item : node->items) {
    if (item.kind == Node::Kind::scalar && is_bcrypt_hash(item.text)) {
      config.users[item.key] = item.text;
    } else {
      problems.add(item.key_line, "basic_auth_users." + shown(item.key),
                   "want a bcrypt hash: $2y$, a cost from 04 to 31, $ and 53 characters, as "
                   "`htpasswd -nBC 10 USER` makes");
    }
  }
}

void read_rate_limit(const Node* node, Problems& problems, WebConfig& config) {
  MapReader reader(node, "rate_limit", problems);
  const auto read_whole = [&](const Node& from, long long& out) {
    const char* end = from.text.data() + from.text.size();
    const auto [stop, error] = std::from_chars(from.text.data(), end, out);
    return from.kind == Node::Kind::scalar && !from.quoted && error == std::errc() && stop == end;
  };
  if (const Node* burst = reader.find("burst"); burst != nullptr &&
                                                burst->kind != Node::Kind::null &&
                                                !read_whole(*burst, config.rate_burst)) {
    reader.wrong("burst", "want a whole number of requests");
  }
  const Node* interval = reader.find("interval");
  if (interval != nullptr && interval->kind != Node::Kind::null) {
    long long plain = 0;
    if (const auto duration = parse_go_duration(interval->text); duration) {
      config.rate_interval = *duration;
    } else if (read_whole(*interval, plain)) {
      config.rate_interval = std::chrono::nanoseconds(plain);
    } else {
      reader.wrong("interval",
                   "want a duration as Go writes it: 1.5s, 250ms, 1h30m (no d); 0 for no limit");
    }
  }
  reader.finish();
}

}  // namespace

bool TlsServerConfig::enabled() const {
  return !cert.empty() || !cert_file.empty() || !key.empty() || !key_file.empty() ||
         !client_ca.empty() || !client_ca_file.empty() || !client_auth_type.empty();
}

TlsServerConfig::ClientAuth TlsServerConfig::client_auth() const {
  for (const auto& [name, meaning] : kClientAuth) {
    if (name == client_auth_type) return meaning;
  }
  return ClientAuth::none;
}

Result<WebConfig> parse_web_config(std::string_view text, const std::string& path) {
  const auto tree = config::parse_tree(text, path);
  if (!tree) return tree.error();
  std::error_code failed;
  auto folder = std::filesystem::absolute(path, failed).parent_path();
  if (failed) folder = std::filesystem::path(path).parent_path();

  Problems problems;
  WebConfig config;
  MapReader reader(&*tree, "", problems);
  config.tls = read_tls(reader.find("tls_server_config"), folder, problems);
  read_http(reader.find("http_server_config"), problems, config);
  read_users(reader.find("basic_auth_users"), problems, config);
  read_rate_limit(reader.find("rate_limit"), problems, config);
  reader.finish();
  if (auto error = problems.first(path)) return *std::move(error);
  return config;
}

Result<WebConfig> load_web_config(const std::string& path) {
  const auto text = read_small_file(path);
  if (!text) return text.error();
  return parse_web_config(*text, path);
}

Status check_web_config(const std::string& path) {
  const auto config = load_web_config(path);
  if (!config) return config.error();
  if (!config->tls.enabled()) return forest::Done{};
  if (auto context = TlsContext::make(config->tls); !context) {
    return std::move(context).error().in(config::shown_path(path) + ": tls_server_config");
  }
  return forest::Done{};
}

Status WebConfigFile::read() {
  signature_ = FileSignature::of(path_);
  const auto text = read_small_file(path_);
  const std::size_t hash = text ? std::hash<std::string>{}(*text) : 0;
  if (config_ != nullptr && text && hash == content_hash_) return forest::Done{};
  content_hash_ = hash;
  auto config = text ? parse_web_config(*text, path_) : Result<WebConfig>(text.error());
  config_ = config ? std::make_shared<const WebConfig>(*std::move(config)) : nullptr;
  if (!config) return std::move(config).error();
  return forest::Done{};
}

Status WebConfigFile::load() {
  const std::lock_guard lock(mutex_);
  return read();
}

std::shared_ptr<const WebConfig> WebConfigFile::current() {
  const auto now = FileSignature::of(path_);
  const std::lock_guard lock(mutex_);
  if (signature_.same_content(now)) return config_;
  const auto done = read();
  const std::string problem = done ? "" : done.error().message;
  if (!problem.empty() && problem != problem_) {
    log::error("Unable to parse web configuration; requests get 500 until it is right",
               {{"err", problem}});
  }
  problem_ = problem;
  return config_;
}

}  // namespace exporter
