#include "exporter/http/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "exporter/log.h"

namespace exporter {
namespace {

using forest::Error;
using forest::ErrorKind;
using forest::Result;
using forest::Status;
using ClientAuth = TlsServerConfig::ClientAuth;

constexpr std::size_t kMaxFileBytes = 4 << 20;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

constexpr std::array<std::string_view, 10> kSuites{
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",          "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",     "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",       "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"};
/// Known, but as in Go the list does not choose among them.
constexpr std::array<std::string_view, 3> kSuites13{
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCurves{
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};

template <typename List>
bool contains(const List& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

/// Returns the library's last reason, and forgets the others.
std::string last_reason() {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

Error wrong(std::string what) { return Error{ErrorKind::config, std::move(what), "web_config"}; }

/// What a field holds, and how messages call it.
struct Pem {
  std::string name, text;
};

Result<Pem> pem_of(std::string_view key, const std::string& text, const std::string& file) {
  if (file.empty()) return Pem{std::string(key), text};
  auto content = read_small_file(file);
  if (!content) return std::move(content).error().in(std::string(key) + "_file");
  return Pem{std::string(key) + "_file " + file, *std::move(content)};
}

Bio reader_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_passphrase(char*, int, int, void*) { return -1; }

std::vector<Certificate> certificates_in(const std::string& text) {
  std::vector<Certificate> found;
  const auto bio = reader_of(text);
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    found.push_back(std::move(next));
  }
  ERR_clear_error();
  return found;
}

Status use_certificate(SSL_CTX* context, const TlsServerConfig& config) {
  const auto cert = pem_of("cert", config.cert, config.cert_file);
  if (!cert) return cert.error();
  const auto key = pem_of("key", config.key, config.key_file);
  if (!key) return key.error();
  const auto chain = certificates_in(cert->text);
  if (chain.empty()) return wrong(cert->name + ": no PEM certificate in it");
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return wrong(cert->name + ": " + last_reason());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return wrong(cert->name + ": " + last_reason());
  }
  const auto bio = reader_of(key->text);
  const Key pkey{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
  if (!pkey) {
    ERR_clear_error();
    return wrong(key->name + ": no PEM private key without a passphrase in it");
  }
  if (SSL_CTX_use_PrivateKey(context, pkey.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return wrong(key->name + ": does not belong to the certificate: " + last_reason());
  }
  return forest::Done{};
}

/// Client CAs, or the system's when none are given.
Status use_client_authorities(SSL_CTX* context, const TlsServerConfig& config) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  // As in Go: whatever the pool holds is trusted, a root or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (config.client_ca.empty() && config.client_ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
    return forest::Done{};
  }
  const auto pem = pem_of("client_ca", config.client_ca, config.client_ca_file);
  if (!pem) return pem.error();
  for (const auto& authority : certificates_in(pem->text)) {
    X509_STORE_add_cert(store, authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
  }
  ERR_clear_error();
  return forest::Done{};
}

bool set_ciphers(SSL_CTX* context, const TlsServerConfig& config) {
  if (config.cipher_suites.empty()) return true;
  std::string names;
  for (const auto& name : config.cipher_suites) {
    if (!contains(kSuites, name)) continue;
    names.append(names.empty() ? "" : ":").append(OPENSSL_cipher_name(name.c_str()));
  }
  if (names.empty()) return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1;
  return SSL_CTX_set_cipher_list(context, names.c_str()) == 1;
}

bool set_curves(SSL_CTX* context, const TlsServerConfig& config) {
  if (config.curve_preferences.empty()) return true;
  std::string names;
  for (const auto& name : config.curve_preferences) {
    for (const auto& [ours, theirs] : kCurves) {
      if (name == ours) names.append(names.empty() ? "" : ":").append(theirs);
    }
  }
  return SSL_CTX_set1_groups_list(context, names.c_str()) == 1;
}

/// Chooses HTTP/1.1 where a client offers it; else the handshake goes on without a choice.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

std::string text_of(const ASN1_STRING* string) {
  const auto* data = ASN1_STRING_get0_data(string);
  return {data, data + ASN1_STRING_length(string)};
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return {};
  const char* made = inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return made == nullptr ? "" : made;
}

/// DNS names, e-mail addresses, IP addresses and URIs of a certificate.
std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  const auto free_all = [](GENERAL_NAMES* all) { GENERAL_NAMES_free(all); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_all)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      free_all);
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    switch (name->type) {
      case GEN_DNS: names.push_back(text_of(name->d.dNSName)); break;
      case GEN_EMAIL: names.push_back(text_of(name->d.rfc822Name)); break;
      case GEN_URI: names.push_back(text_of(name->d.uniformResourceIdentifier)); break;
      case GEN_IPADD: names.push_back(address_of(name->d.iPAddress)); break;
      default: break;
    }
  }
  return names;
}

/// Decides over a client's certificate, in place of the library's own check.
int judge_client(X509_STORE_CTX* store, void* context) {
  const auto& rules = *static_cast<const TlsContext*>(context);
  if (rules.verifies() && X509_verify_cert(store) != 1) return 0;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  if (!rules.checks_sans()) return 1;
  const auto names = alternative_names(X509_STORE_CTX_get0_cert(store));
  const bool allowed = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return contains(rules.allowed_sans(), name);
  });
  if (!allowed) X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return allowed ? 1 : 0;
}

int verify_mode(ClientAuth auth) {
  switch (auth) {
    case ClientAuth::none: return SSL_VERIFY_NONE;
    case ClientAuth::request:
    case ClientAuth::verify_if_given: return SSL_VERIFY_PEER;
    case ClientAuth::require_any:
    case ClientAuth::require_and_verify: return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

}  // namespace

bool is_known_cipher_suite(const std::string& name) {
  return contains(kSuites, name) || contains(kSuites13, name);
}

bool is_known_curve(const std::string& name) {
  return std::any_of(kCurves.begin(), kCurves.end(),
                     [&](const auto& curve) { return curve.first == name; });
}

Result<std::string> read_small_file(const std::string& path) {
  const auto unreadable = [&](const std::string& why) {
    return wrong(path + ": cannot read the file: " + why);
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(std::generic_category().message(errno));
  std::string text;
  std::array<char, 16 * 1024> block;
  while (text.size() <= kMaxFileBytes) {
    file.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (file.bad() || (!file && !file.eof()))
      return unreadable(std::generic_category().message(errno == 0 ? EIO : errno));
    if (file.eof()) return text;
  }
  return unreadable("larger than 4 MiB");
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsServerConfig& config) {
  ERR_clear_error();
  const std::shared_ptr<TlsContext> made(new TlsContext);
  made->context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX* context = made->context_;
  if (context == nullptr) return wrong("TLS cannot be set up: " + last_reason());
  const auto auth = config.client_auth();
  made->verifies_ = auth == ClientAuth::verify_if_given || auth == ClientAuth::require_and_verify;
  made->checks_sans_ = config.checks_sans;
  made->allowed_sans_ = config.client_allowed_sans;

  SSL_CTX_set_min_proto_version(context,
                                config.min_version >= 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context,
                                config.max_version >= 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                          (config.prefer_server_cipher_suites ? SSL_OP_CIPHER_SERVER_PREFERENCE
                                                              : static_cast<std::uint64_t>(0)));
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kName[] = "anomaly_exporter";
  SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (!set_ciphers(context, config)) return wrong("cipher_suites: " + last_reason());
  if (!set_curves(context, config)) return wrong("curve_preferences: " + last_reason());
  if (auto done = use_certificate(context, config); !done) return std::move(done).error();
  SSL_CTX_set_verify(context, verify_mode(auth), nullptr);
  if (auth != ClientAuth::none) {
    SSL_CTX_set_cert_verify_callback(context, judge_client, made.get());
    if (auto done = use_client_authorities(context, config); !done) return std::move(done).error();
  }
  return std::shared_ptr<const TlsContext>(made);
}

Status LiveTls::make(std::shared_ptr<const WebConfig> config) {
  const auto& tls = config->tls;
  signatures_ = {FileSignature::of(tls.cert_file), FileSignature::of(tls.key_file),
                 FileSignature::of(tls.client_ca_file)};
  config_ = std::move(config);
  context_ = nullptr;
  if (!tls.enabled()) return wrong(file_.path() + ": TLS was taken out; restart to serve without");
  auto made = TlsContext::make(config_->tls);
  if (!made) return std::move(made).error().in(file_.path() + ": tls_server_config");
  context_ = *std::move(made);
  return forest::Done{};
}

Status LiveTls::load() {
  auto config = file_.current();
  const std::lock_guard lock(mutex_);
  if (config == nullptr) return wrong(file_.path() + ": cannot be read any more");
  return make(std::move(config));
}

std::shared_ptr<const TlsContext> LiveTls::current() {
  auto config = file_.current();
  if (config == nullptr) return nullptr;
  const std::array<FileSignature, 3> now{FileSignature::of(config->tls.cert_file),
                                         FileSignature::of(config->tls.key_file),
                                         FileSignature::of(config->tls.client_ca_file)};
  const std::lock_guard lock(mutex_);
  bool same = config == config_;
  for (std::size_t i = 0; i < now.size(); ++i) same = same && signatures_[i].same_content(now[i]);
  if (same) return context_;
  const auto done = make(std::move(config));
  const std::string problem = done ? "" : done.error().message;
  if (!problem.empty() && problem != problem_) {
    log::error("Unable to load TLS certificates; handshakes fail until they are right",
               {{"err", problem}});
  }
  problem_ = problem;
  return context_;
}

}  // namespace exporter
