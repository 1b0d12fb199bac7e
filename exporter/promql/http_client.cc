#include "exporter/promql/http_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "exporter/version.h"

namespace exporter {

namespace {

using forest::Error;
using forest::ErrorKind;
using forest::Result;

constexpr int kMaxRedirects = 5;
constexpr std::size_t kMaxErrorBody = std::size_t{1} << 20;
constexpr std::size_t kParserPadding = 64;
constexpr std::chrono::seconds kMaxIdle{60};

bool refuses_post(int status) { return status == 403 || status == 405 || status == 501; }
bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The library writes without MSG_NOSIGNAL: a connection that the server closes would end the
/// process.
void ignore_sigpipe() {
  struct sigaction current {};
  if (::sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
}

std::optional<Duration> parse_retry_after(const std::string& text) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

Error transport_error(httplib::Error error, const Connection& connection) {
  const auto upstream = [](std::string message, const char* reason) {
    return Error{ErrorKind::upstream, std::move(message), reason};
  };
  switch (error) {
    case httplib::Error::ConnectionTimeout: return upstream("timeout while connecting", "timeout");
    case httplib::Error::Connection: return upstream("cannot connect", "connection");
    case httplib::Error::Read:
      return upstream("connection closed before the answer was complete", "connection");
    case httplib::Error::SSLConnection:
      if (connection.peer.verify_error != 0) {
        return upstream(fmt::format("certificate refused: {}",
                                    X509_verify_cert_error_string(connection.peer.verify_error)),
                        "connection");
      }
      return upstream("TLS handshake failed", "connection");
    default: return upstream("connection failed: " + httplib::to_string(error), "connection");
  }
}

}  // namespace

/// One request and its limits.
struct HttpClient::Job {
  std::string method;
  Url url;
  std::string body;
  bool trusted = true;  // still the server that the credentials are for
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop;

  std::string target() const {
    return (url.path.empty() ? "/" : url.path) + (url.query.empty() ? "" : "?" + url.query);
  }
  void turn_into_get(const std::string& form) {
    method = "GET";
    body.clear();
    url.query += (url.query.empty() ? "" : "&") + form;
  }
};

HttpClient::HttpClient(PrometheusConfig config, AnswerLimits limits)
    : config_(std::move(config)),
      limits_(limits),
      base_(parse_url(config_.url)),
      get_only_(config_.http_method == "GET") {
  ignore_sigpipe();
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::call(std::string_view endpoint, const std::string& form,
                                    Duration budget, std::stop_token stop) const {
  if (!base_) return Error(base_.error()).in("prometheus.url");
  Job post{"POST", *base_, form, true, std::chrono::steady_clock::now() + budget, std::move(stop)};
  post.url.path = join_path(base_->path, endpoint);
  if (!get_only_) {
    auto answer = follow(post, form);
    if (!answer || !refuses_post(answer->status)) return answer;
  }
  Job get = std::move(post);
  get.turn_into_get(form);
  auto answer = follow(std::move(get), form);
  if (answer && !refuses_post(answer->status)) get_only_ = true;
  return answer;
}

Result<HttpAnswer> HttpClient::follow(Job job, const std::string& form) const {
  const Url first = job.url;
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    auto answer = exchange(job);
    if (!answer) return std::move(answer).error().in(job.url.display());
    if (!is_redirect(answer->status)) return answer;
    if (!config_.follow_redirects || answer->location.empty()) return answer;
    auto next = resolve_location(job.url, answer->location);
    if (!next) return std::move(next).error().in(job.url.display());
    job.url = *std::move(next);
    job.trusted = job.trusted && job.url.host == first.host && (job.url.tls || !first.tls);
    if (answer->status == 303 && job.method == "POST") job.turn_into_get(form);
  }
  return Error{ErrorKind::upstream,
               fmt::format("{}: more than {} redirects", first.display(), kMaxRedirects), "http"};
}

Result<HttpAnswer> HttpClient::exchange(const Job& job) const {
  for (;;) {
    auto connection = acquire(job.url);
    if (!connection) return std::move(connection).error();
    const bool reused = (*connection)->reused;
    bool answered = false;
    auto answer = send(**connection, job, answered);
    if (answer) {
      release(*std::move(connection));
      return answer;
    }
    // The server may close an idle connection just when it is used again: that says nothing about
    // the server, so a fresh one is tried at once.
    if (!reused || answered || answer.error().reason != "connection") return answer;
  }
}

Result<HttpAnswer> HttpClient::send(Connection& connection, const Job& job, bool& answered) const {
  const auto remaining =
      std::chrono::duration_cast<Duration>(job.deadline - std::chrono::steady_clock::now());
  const Error timeout{ErrorKind::upstream, "timeout: no complete answer before the deadline",
                      "timeout"};
  const Error stopped{ErrorKind::upstream, "canceled: stopping", "canceled"};
  if (job.stop.stop_requested()) return stopped;
  if (remaining <= Duration::zero()) return timeout;
  httplib::Request request;
  request.method = job.method;
  request.path = job.target();
  request.body = job.body;
  request.headers = {{"User-Agent", std::string("anomaly_exporter/") + kVersion},
                     {"Accept", "application/json"},
                     {"Accept-Encoding", "identity"}};
  if (job.method == "POST") {
    request.headers.emplace("Content-Type", "application/x-www-form-urlencoded");
  }
  if (job.trusted) {
    auto credentials = credential_headers(config_, *base_);
    if (!credentials) return std::move(credentials).error();
    request.headers.insert(credentials->begin(), credentials->end());
  }
  HttpAnswer answer;
  bool too_large = false;
  request.response_handler = [&](const httplib::Response& head) {
    answer.status = head.status;
    answer.location = head.get_header_value("Location");
    answer.retry_after = parse_retry_after(head.get_header_value("Retry-After"));
    const auto announced = head.get_header_value<std::uint64_t>("Content-Length");
    answer.body.reserve(std::min<std::uint64_t>(announced, limits_.body_bytes) + kParserPadding);
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    const std::size_t most = answer.status == 200 ? limits_.body_bytes : kMaxErrorBody;
    too_large = answer.body.size() + size > most;
    if (!too_large) answer.body.append(data, size);
    return !too_large;
  };
  httplib::ClientImpl& client = *connection.client;
  client.set_connection_timeout(std::min(limits_.connect, remaining));
  client.set_read_timeout(remaining + std::chrono::seconds(1));
  client.set_write_timeout(remaining + std::chrono::seconds(1));
  connection.peer.verify_error = 0;
  connection.reused = true;

  const Watchdog::Watch watch(watchdog_, connection.socket, job.deadline, job.stop);
  httplib::Error error = httplib::Error::Unknown;
  try {
    error = client.send(request).error();
  } catch (const std::exception& failure) {
    return Error{ErrorKind::upstream, fmt::format("connection failed: {}", failure.what()),
                 "connection"};
  }
  answered = answer.status != 0;
  // A connection cut by the watchdog can look like the regular end of a body.
  if (watch.cause() == Watchdog::Cause::stopped) return stopped;
  if (watch.cause() == Watchdog::Cause::deadline) return timeout;
  if (too_large) {
    return Error{ErrorKind::data, fmt::format("answer is larger than {} bytes", limits_.body_bytes),
                 "too_large"};
  }
  if (error != httplib::Error::Success) {
    // The library's own wait for a connection ends with the deadline too, up to a millisecond
    // before.
    const auto now = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    return now >= job.deadline ? timeout : transport_error(error, connection);
  }
  return answer;
}

Result<std::unique_ptr<Connection>> HttpClient::acquire(const Url& url) const {
  {
    const std::string origin = url.origin();
    const auto oldest = std::chrono::steady_clock::now() - kMaxIdle;
    const std::lock_guard lock(mutex_);
    std::erase_if(idle_, [&](const auto& kept) { return kept->idle_since < oldest; });
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                    [&](const auto& kept) { return kept->origin == origin; });
    if (found != idle_.rend()) {
      auto connection = std::move(*found);
      idle_.erase(std::next(found).base());
      return connection;
    }
  }
  return open_connection(config_, url);
}

void HttpClient::release(std::unique_ptr<Connection> connection) const {
  connection->idle_since = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < limits_.idle_connections) idle_.push_back(std::move(connection));
}

}  // namespace exporter
