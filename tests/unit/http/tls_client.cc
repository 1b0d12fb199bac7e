#include "tls_client.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace {

// The library writes to sockets with write(2).
[[maybe_unused]] const auto kIgnored = std::signal(SIGPIPE, SIG_IGN);

}  // namespace

TlsClient::TlsClient(const std::string& address, const Options& options)
    : context_(SSL_CTX_new(TLS_client_method())), session_(nullptr) {
  if (!options.certificate.empty()) {
    SSL_CTX_use_certificate_file(context_, options.certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM);
  }
  if (options.least != 0) SSL_CTX_set_min_proto_version(context_, options.least);
  if (options.most != 0) SSL_CTX_set_max_proto_version(context_, options.most);
  session_ = SSL_new(context_);
  if (!options.protocols.empty()) {
    SSL_set_alpn_protos(session_, reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned>(options.protocols.size()));
  }
  fd_ = connect_to(address);
  if (fd_ < 0) return;
  const timeval timeout{5, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  SSL_set_fd(session_, fd_);
  connected_ = SSL_connect(session_) == 1;
}

TlsClient::~TlsClient() {
  SSL_free(session_);
  SSL_CTX_free(context_);
  if (fd_ >= 0) close(fd_);
}

bool TlsClient::send(const std::string& bytes) {
  return connected_ && SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())) ==
                           static_cast<int>(bytes.size());
}

std::string TlsClient::read() {
  std::array<char, 16384> buffer;
  if (!connected_) return {};
  const int got = SSL_read(session_, buffer.data(), static_cast<int>(buffer.size()));
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

std::string TlsClient::ask(const std::string& request) {
  std::string answer;
  if (!send(request)) return answer;
  for (auto some = read(); !some.empty(); some = read()) answer += some;
  return answer;
}

std::string TlsClient::certificate() const {
  X509* peer = SSL_get1_peer_certificate(session_);
  if (peer == nullptr) return {};
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, peer);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_free(peer);
  return text;
}

int TlsClient::version() const { return SSL_version(session_); }

std::string TlsClient::protocol() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_, &chosen, &size);
  return chosen == nullptr ? std::string() : std::string(chosen, chosen + size);
}

bool TlsClient::renegotiate() {
  return SSL_renegotiate(session_) == 1 && SSL_do_handshake(session_) == 1;
}
