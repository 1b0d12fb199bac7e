#include "exporter/http/server.h"

#include <poll.h>

#include <atomic>
#include <map>
#include <optional>
#include <semaphore>
#include <utility>

#include "exporter/http/codec.h"
#include "exporter/http/event_loop.h"
#include "exporter/http/handlers.h"
#include "exporter/http/listener.h"
#include "exporter/http/routes.h"
#include "exporter/http/web_gate.h"
#include "exporter/http/worker_pool.h"

namespace exporter {
namespace {

constexpr std::size_t kScrapeThreads = 4;
constexpr std::size_t kProbeThreads = 2;
/// Scores for thousands of rows take long: they give way to the scrapes, the probes and the loop.
constexpr int kRestNiceness = 5;
/// How many of them run at a time; the others hold no more than their body. Most take microseconds.
constexpr std::ptrdiff_t kComputing = 8;
constexpr std::size_t kHandshakeThreads = 2;
/// Requests that wait for a bcrypt, 60 ms each, and those of one address among them: who guesses
/// passwords holds up himself first.
constexpr std::size_t kHashQueue = 32;
constexpr std::size_t kHashesPerPeer = 8;
/// A worker waits this long for its client's next request before the event loop takes over: a busy
/// client is then served without a change of threads.
constexpr int kLingerMilliseconds = 1;

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

HttpResponse busy(std::string_view what) {
  auto response = error_response(503, what);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions given, Services services, RequestObserver told)
      : options(std::move(given)),
        observer(std::move(told)),
        routes(make_routes(options, std::move(services))),
        codec(options.limits),
        gate(options.web_config_file),
        rest(std::max<std::size_t>(options.threads, 1), options.limits.queue, worker(true),
             kRestNiceness),
        scrapes(kScrapeThreads, options.limits.queue, worker(false)),
        probes(kProbeThreads, options.limits.queue, worker(false)) {}

  WorkerPool::Work worker(bool rest_lane) {
    return [this, rest_lane](std::unique_ptr<ServerConnection> connection) {
      serve(std::move(connection), rest_lane);
    };
  }

  Lane lane(const ServerConnection& connection) const {
    const auto* route = routes.find(connection.frame.raw_path());
    return route == nullptr ? Lane::rest : route->lane;
  }

  void observe(std::string_view path, int status, SteadyTime since) const {
    if (observer)
      observer(routes.label(path), status,
               std::chrono::duration<double>(steady_now() - since).count());
  }

  void start_own_lanes() {
    if (!options.web_config_file.empty()) {
      hashes = std::make_unique<WorkerPool>(1, kHashQueue, [this](auto connection) {
        verify(*connection);
        loop->give_back(std::move(connection));
      });
    }
    if (!gate.tls_enabled()) return;
    handshakes = std::make_unique<WorkerPool>(
        kHandshakeThreads, options.limits.queue, [this](auto connection) {
          connection->shake_hands(connection->tls == nullptr ? gate.tls() : nullptr);
          loop->give_back(std::move(connection));
        });
  }

  /// Answers in the handler's place.
  void refuse(ServerConnection& connection, const HttpResponse& response) {
    connection.answer_and_close(HttpCodec::plain_answer(response),
                                steady_now() + options.limits.send);
    observe(connection.frame.raw_path(), response.status, connection.complete);
  }

  /// Asks the gate, without waiting. Nothing: go on by `entry`.
  std::optional<HttpResponse> enter(ServerConnection& connection) {
    auto decision = gate.enter(connection.frame.authorization());
    if (decision.kind == WebGate::Decision::Kind::refused) return std::move(decision.response);
    connection.web = std::move(decision.config);
    connection.entry = decision.kind == WebGate::Decision::Kind::granted
                           ? ServerConnection::Entry::granted
                           : ServerConnection::Entry::needs_hash;
    return std::nullopt;
  }

  /// On the thread of `hashes`.
  void verify(ServerConnection& connection) {
    auto decision = gate.verify(connection.web, connection.frame.authorization());
    connection.entry = ServerConnection::Entry::granted;
    if (decision.kind != WebGate::Decision::Kind::granted) refuse(connection, decision.response);
  }

  /// On the loop's thread.
  void forget_hash(ServerConnection& connection) {
    if (!std::exchange(connection.waits_for_hash, false)) return;
    const auto found = hashes_of.find(connection.peer);
    if (--found->second == 0) hashes_of.erase(found);
  }

  /// On the loop's thread.
  HttpResponse wait_for_hash(std::unique_ptr<ServerConnection>& connection) {
    if (hashes_of[connection->peer]++ < kHashesPerPeer) {
      connection->waits_for_hash = true;
      if (hashes->submit(connection)) return {};
      connection->waits_for_hash = false;
    }
    if (--hashes_of[connection->peer] == 0) hashes_of.erase(connection->peer);
    auto response = busy("too many passwords to check");
    WebGate::decorate(connection->web.get(), response);
    return response;
  }

  /// On the loop's thread.
  HttpResponse dispatch(std::unique_ptr<ServerConnection>& connection) {
    forget_hash(*connection);
    if (connection->entry == ServerConnection::Entry::outside) {
      if (auto response = enter(*connection)) return *std::move(response);
    }
    if (connection->entry == ServerConnection::Entry::needs_hash) return wait_for_hash(connection);
    switch (lane(*connection)) {
      case Lane::probe:
        if (!probes.submit(connection)) return busy("too many requests");
        return {};
      case Lane::scrape:
        if (options.max_requests > 0 && scrapes_now >= options.max_requests) {
          return busy("limit of concurrent scrapes reached (" +
                      std::to_string(options.max_requests) + ")");
        }
        connection->scrape = true;
        ++scrapes_now;
        if (!scrapes.submit(connection)) return busy("too many requests");
        return {};
      case Lane::rest: break;
    }
    if (!rest.submit(connection)) return busy("every worker is busy");
    return {};
  }

  /// @param bounded  waits while as many others compute: each holds a body, its values and its
  /// answer
  void answer(ServerConnection& connection, bool bounded) {
    if (bounded) computing.acquire();
    auto& frame = connection.frame;
    const std::string path = frame.raw_path();
    const auto handler = [this](const HttpRequest& request) { return routes.dispatch(request); };
    const int status =
        codec.answer(frame, connection.close_after, handler, connection.out, connection.web.get());
    if (bounded) computing.release();
    connection.phase = ServerConnection::Phase::writing;
    connection.deadline = steady_now() + options.limits.send;
    observe(path, status, connection.complete);
  }

  /// A scrape counts until its answer is built: who reads it slowly costs shared blocks only, and
  /// must not keep others out.
  void end_scrape(ServerConnection& connection) {
    if (std::exchange(connection.scrape, false)) --scrapes_now;
  }

  /// On a worker's thread. @param rest_lane  of those who compute, and linger
  void serve(std::unique_ptr<ServerConnection> connection, bool rest_lane) {
    do {
      answer(*connection, rest_lane);
      end_scrape(*connection);
    } while (rest_lane && next_here(*connection));
    loop->give_back(std::move(connection));
  }

  /// Waits a moment for the next request; false when the event loop has to go on with the
  /// connection.
  bool next_here(ServerConnection& connection) {
    if (!connection.flush() || !connection.flushed() || connection.close_after ||
        loop->stopping() || !rest.relaxed()) {
      return false;
    }
    connection.next_request(options.limits);
    pollfd waiting{connection.fd.get(), POLLIN, 0};
    const bool more = !connection.in.empty() || poll(&waiting, 1, kLingerMilliseconds) > 0;
    if (more && connection.in.empty()) connection.receive();
    connection.since = steady_now();
    connection.deadline =
        connection.since + (connection.in.empty() ? options.limits.idle : options.limits.receive);
    if (!more || connection.frame.advance(connection.in) != RequestFrame::State::complete)
      return false;
    if (lane(connection) != Lane::rest) return false;
    connection.complete = connection.since;
    connection.close_after = !connection.frame.keep_alive() || connection.peer_ended;
    if (const auto response = enter(connection)) refuse(connection, *response);
    return connection.entry == ServerConnection::Entry::granted;
  }

  const HttpOptions options;
  const RequestObserver observer;
  const Routes routes;
  const HttpCodec codec;
  WebGate gate;
  std::vector<std::string> addresses;
  std::atomic<std::size_t> scrapes_now = 0;    // raised by the loop's thread alone
  std::map<PeerGroup, std::size_t> hashes_of;  // the loop's thread alone
  std::counting_semaphore<> computing{kComputing};
  std::unique_ptr<EventLoop> loop;
  WorkerPool rest, scrapes, probes;
  std::unique_ptr<WorkerPool> hashes, handshakes;
};

HttpServer::HttpServer(HttpOptions options, Services services, RequestObserver observer)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(services), std::move(observer))) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

forest::Status HttpServer::start() {
  if (auto loaded = impl_->gate.load(); !loaded) return loaded;
  std::vector<Descriptor> listeners;
  if (impl_->options.systemd_socket) {
    auto inherited = inherited_listeners();
    if (!inherited) return std::move(inherited).error();
    listeners = *std::move(inherited);
  } else {
    for (const auto& text : impl_->options.listen) {
      auto listener = listen_on(text);
      if (!listener) return std::move(listener).error();
      listeners.push_back(std::move(*listener));
    }
  }
  for (const auto& listener : listeners) {
    impl_->addresses.push_back(bound_address(listener.get()));
  }
  auto* impl = impl_.get();
  impl->start_own_lanes();
  EventLoop::Handshake handshake;
  if (impl->gate.tls_enabled()) {
    handshake = [impl](std::unique_ptr<ServerConnection>& connection) {
      return impl->handshakes->submit(connection);
    };
  }
  impl_->loop = std::make_unique<EventLoop>(
      impl_->options.limits, std::move(listeners),
      [impl](std::unique_ptr<ServerConnection>& connection) { return impl->dispatch(connection); },
      [impl](const ServerConnection& connection, int status) {
        impl->observe(connection.frame.raw_path(), status, steady_now());
      },
      [impl](ServerConnection& connection) {
        impl->end_scrape(connection);
        impl->forget_hash(connection);
      },
      std::move(handshake));
  return impl_->loop->start();
}

bool HttpServer::tls_enabled() const { return impl_->gate.tls_enabled(); }

std::vector<std::string> HttpServer::addresses() const { return impl_->addresses; }

void HttpServer::stop(std::chrono::milliseconds drain) {
  if (impl_->loop) impl_->loop->stop(drain);
  impl_->rest.stop();
  impl_->scrapes.stop();
  impl_->probes.stop();
  if (impl_->hashes) impl_->hashes->stop();
  if (impl_->handshakes) impl_->handshakes->stop();
}

}  // namespace exporter
