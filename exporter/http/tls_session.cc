#include "exporter/http/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

namespace exporter {

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int fd)
    : context_(std::move(context)), session_(SSL_new(context_->get())) {
  broken_ = session_ == nullptr || SSL_set_fd(session_, fd) != 1;
  if (!broken_) SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() {
  end();
  SSL_free(session_);
}

TlsSession::State TlsSession::state_of(int result) {
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_NONE: return State::done;
    case SSL_ERROR_WANT_READ: return State::want_read;
    case SSL_ERROR_WANT_WRITE: return State::want_write;
    case SSL_ERROR_ZERO_RETURN: return State::ended;
    default: broken_ = true; return State::failed;
  }
}

TlsSession::State TlsSession::handshake() {
  if (broken_) return State::failed;
  ERR_clear_error();
  return state_of(SSL_do_handshake(session_));
}

TlsSession::Step TlsSession::read(std::span<char> into) {
  if (broken_) return {};
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(session_, into.data(), into.size(), &got);
  return {state_of(result), got};
}

TlsSession::Step TlsSession::write(std::string_view bytes) {
  if (broken_) return {};
  ERR_clear_error();
  std::size_t put = 0;
  const int result =
      SSL_write_ex(session_, bytes.data(), std::min(bytes.size(), kRecordBytes), &put);
  return {state_of(result), put};
}

void TlsSession::end() {
  if (broken_ || SSL_in_init(session_) != 0) return;
  ERR_clear_error();
  if (SSL_shutdown(session_) < 0) broken_ = true;
}

}  // namespace exporter
