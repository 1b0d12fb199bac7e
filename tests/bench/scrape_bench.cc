// Measures /metrics with 100,000 results: writing them down once per cycle, serving them, and the
// memory for it; beside prometheus-cpp's Registry and TextSerializer, which write every scrape
// anew. Prints lines of measure, side (ours or theirs) and value; CPU time in seconds, memory in
// bodies.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "exporter/http/metrics_route.h"
#include "exporter/http/server.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/process.h"
#include "exporter/metrics/self_metrics.h"
#include "tests/bench/heap_count.h"
#include "tests/bench/stopwatch.h"

namespace {

using namespace exporter;

constexpr std::size_t kDetectors = 2;
constexpr std::size_t kEntities = 8'333;  // x 2 x 6 families: 100,000 series
constexpr int kScrapes = 20;              // of one measurement

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "scrape_bench: %s\n", what);
  std::exit(1);
}

void print(const char* measure, const char* side, double value) {
  std::printf("%s %s %.9g\n", measure, side, value);
  std::fflush(stdout);
}

/// CPU seconds of `who`: RUSAGE_SELF, the whole process; RUSAGE_THREAD, the caller.
double cpu_of(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string detector_name(std::size_t detector) { return "fleet_" + std::to_string(detector); }

std::vector<ScoreBatch> make_batches() {
  std::mt19937_64 draw(16);
  std::uniform_real_distribution<double> uniform(0.3, 0.8);
  std::vector<ScoreBatch> batches(kDetectors);
  for (auto& batch : batches) {
    for (std::size_t i = 0; i < kEntities; ++i) {
      std::array<char, 64> host{};
      std::snprintf(host.data(), host.size(), "host-%05zu.dc%zu.example.org:9100", i, i % 7);
      EntityScore each;
      each.entity = Labels(std::vector<Labels::Pair>{{"instance", host.data()}, {"job", "node"}});
      each.score = uniform(draw);
      each.threshold = uniform(draw);
      each.coverage = 1;
      each.detected = each.active = i % 100 == 0;
      batch.scores.push_back(std::move(each));
    }
    batch.entities = kEntities;
  }
  return batches;
}

using Results = std::vector<std::shared_ptr<const RenderedScores>>;

Results render_all(const std::vector<ScoreBatch>& batches) {
  Results results;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    results.push_back(
        std::make_shared<const RenderedScores>(render_scores(detector_name(i), batches[i])));
  }
  return results;
}

/// What packing takes of the work of render_all().
double seconds_to_pack(const Results& results) {
  PieceMaker maker;
  const double begin = bench::cpu_seconds();
  for (const auto& rendered : results) {
    for (const auto& family : rendered->families) {
      for (const auto& piece : family) bench::keep(maker.make(*piece.text));
    }
  }
  return bench::cpu_seconds() - begin;
}

/// The peer: long-lived gauges of a registry, collected and serialized by each scrape.
struct Peer {
  explicit Peer(const std::vector<ScoreBatch>& batches) {
    for (const auto& family : result_families()) {
      if (family.of_feature != nullptr) continue;  // the batches here have none
      auto& gauges = prometheus::BuildGauge()
                         .Name(std::string(family.name))
                         .Help(std::string(family.help))
                         .Register(registry);
      for (std::size_t i = 0; i < batches.size(); ++i) {
        if (family.of_batch != nullptr) {
          gauges.Add({{"detector", detector_name(i)}}).Set(family.of_batch(batches[i]));
          continue;
        }
        for (const auto& each : batches[i].scores) {
          gauges
              .Add({{"detector", detector_name(i)},
                    {"instance", std::string(each.entity.get("instance"))},
                    {"job", std::string(each.entity.get("job"))}})
              .Set(family.of_entity(each));
        }
      }
    }
  }
  std::string scrape() const { return prometheus::TextSerializer().Serialize(registry.Collect()); }

  prometheus::Registry registry;
};

/// As prometheus-cpp's Exposer does.
std::string gzip_of(const std::string& plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    fail("no memory for zlib");
  std::string in = plain, out(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A client that reads answers as fast as it can.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      fail("cannot connect");
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(fd_); }

  void send(std::string_view bytes) const {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      fail("cannot send");
    }
  }
  void read(std::size_t bytes) {
    while (bytes > 0) bytes -= std::min(bytes, receive().size());
  }
  /// Reads an answer and returns the size of its body.
  std::size_t read_answer() {
    std::string head;
    std::size_t end = 0;
    while ((end = head.find("\r\n\r\n")) == std::string::npos) head += receive();
    constexpr std::string_view kLength = "Content-Length: ";
    const auto at = head.find(kLength);
    if (!head.starts_with("HTTP/1.1 200") || at == std::string::npos || at > end)
      fail("a scrape was not answered");
    const std::size_t size = std::stoul(head.substr(at + kLength.size()));
    read(size - (head.size() - end - 4));
    return size;
  }

 private:
  std::string_view receive() {
    const auto got = recv(fd_, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) fail("the connection was closed");
    return {buffer_.data(), static_cast<std::size_t>(got)};
  }

  int fd_;
  std::vector<char> buffer_ = std::vector<char>(1 << 20);
};

/// CPU seconds that the whole server takes for a scrape, and the size of the body.
std::pair<double, std::size_t> served(std::uint16_t port, bool gzip) {
  Client client(port);
  const std::string request = std::string("GET /metrics HTTP/1.1\r\nHost: x\r\n") +
                              (gzip ? "Accept-Encoding: gzip\r\n\r\n" : "\r\n");
  client.send(request);
  std::size_t size = client.read_answer();
  const double begin = cpu_of(RUSAGE_SELF) - cpu_of(RUSAGE_THREAD);
  for (int i = 0; i < kScrapes; ++i) {
    client.send(request);
    size = client.read_answer();
  }
  return {(cpu_of(RUSAGE_SELF) - cpu_of(RUSAGE_THREAD) - begin) / kScrapes, size};
}

/// CPU seconds that writing these bytes to a socket takes by itself.
double written(const std::vector<std::shared_ptr<const std::string>>& blocks) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, 1) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    fail("cannot listen");
  }
  std::size_t size = 0;
  for (const auto& block : blocks) size += block->size();
  double seconds = 0;
  std::thread writer([&] {
    const int peer = accept(listener, nullptr, nullptr);
    for (int i = -1; i < kScrapes; ++i) {
      const double begin = bench::cpu_seconds();
      for (const auto& block : blocks) {
        for (std::size_t sent = 0; sent < block->size();) {
          const auto put = ::send(peer, block->data() + sent, block->size() - sent, MSG_NOSIGNAL);
          if (put <= 0) fail("cannot write");
          sent += static_cast<std::size_t>(put);
        }
      }
      if (i >= 0) seconds += bench::cpu_seconds() - begin;
    }
    close(peer);
  });
  Client client(ntohs(address.sin_port));
  client.read(size * (kScrapes + 1));
  writer.join();
  close(listener);
  return seconds / kScrapes;
}

void measure_memory(const std::vector<ScoreBatch>& batches, double body) {
  bench::start_heap_count();
  {
    const auto first = render_all(batches);
    bench::keep(first);
  }
  print("memory_one", "ours", static_cast<double>(bench::stop_heap_count()) / body);
  bench::start_heap_count();
  {
    const auto old = render_all(batches);
    const auto next = render_all(batches);  // while the old ones are still being served
    bench::keep(next);
  }
  print("memory_swap", "ours", static_cast<double>(bench::stop_heap_count()) / body);
  bench::start_heap_count();
  {
    const Peer peer(batches);
    bench::keep(peer.scrape());
  }
  const auto theirs = static_cast<double>(bench::stop_heap_count()) / body;
  print("memory_one", "theirs", theirs);
  print("memory_swap", "theirs", theirs);
}

}  // namespace

int main(int argc, char** argv) {
  int repeats = 7;
  if (argc > 1) repeats = std::atoi(argv[1]);
  const auto batches = make_batches();
  auto results = render_all(batches);
  const Peer peer(batches);

  std::vector<DetectorSpec> specs(kDetectors);
  for (std::size_t i = 0; i < kDetectors; ++i) {
    specs[i].name = detector_name(i);
    specs[i].features = {{"cpu", "cpu", MissingPolicy::gap}, {"load", "load", MissingPolicy::gap}};
  }
  SelfMetrics self;
  self.set_detectors(specs, "http://localhost:9090", {});
  Services services;
  services.ready = [] { return true; };
  services.collect = [&self] {
    auto families = self.collect();
    for (auto& family : process_metrics()) families.push_back(std::move(family));
    return families;
  };
  services.results = [&results] { return results; };
  HttpOptions options;
  options.listen = {"127.0.0.1:0"};
  options.threads = 2;
  HttpServer server(options, services);
  if (const auto started = server.start(); !started) fail(started.error().message.c_str());
  const std::string address = server.addresses().front();
  const auto port = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));

  HttpRequest plain, packed;
  packed.headers.emplace("accept-encoding", "gzip");
  const auto blocks_of = [&](const HttpRequest& request) {
    return metrics_response(request, services.collect(), results).blocks;
  };
  const auto handled = [&](const HttpRequest& request) {
    const double start = bench::cpu_seconds();
    for (int i = 0; i < kScrapes; ++i) bench::keep(blocks_of(request));
    return (bench::cpu_seconds() - start) / kScrapes;
  };
  const std::string theirs = peer.scrape();
  const std::string theirs_packed = gzip_of(theirs);
  const auto shared = [](const std::string& text) {
    return std::vector<std::shared_ptr<const std::string>>{
        std::make_shared<const std::string>(text)};
  };
  for (int i = 0; i < repeats; ++i) {
    double begin = bench::cpu_seconds();
    const auto fresh = render_all(batches);
    const double build = bench::cpu_seconds() - begin;
    print("build_identity", "ours", build - seconds_to_pack(fresh));
    print("build_gzip", "ours", build);

    begin = bench::cpu_seconds();
    const std::string text = peer.scrape();
    const double serialize = bench::cpu_seconds() - begin;
    begin = bench::cpu_seconds();
    bench::keep(gzip_of(text));
    const double zip = bench::cpu_seconds() - begin;
    print("build_identity", "theirs", serialize);
    print("build_gzip", "theirs", serialize + zip);

    const auto [identity, size] = served(port, false);
    const auto [gzip, packed_size] = served(port, true);
    const double write_identity = written(blocks_of(plain));
    const double write_gzip = written(blocks_of(packed));
    // A difference of two measurements: the handler's own work is the least that it can be.
    print("scrape_identity", "ours", std::max(handled(plain), identity - write_identity));
    print("scrape_gzip", "ours", std::max(handled(packed), gzip - write_gzip));
    print("served_identity", "ours", identity);
    print("served_gzip", "ours", gzip);
    // Theirs is at least the work of writing the body down anew, and the socket's.
    print("scrape_identity", "theirs", serialize);
    print("scrape_gzip", "theirs", serialize + zip);
    print("served_identity", "theirs", serialize + written(shared(theirs)));
    print("served_gzip", "theirs", serialize + zip + written(shared(theirs_packed)));
    if (i == 0) {
      print("body_identity", "ours", static_cast<double>(size));
      print("body_identity", "theirs", static_cast<double>(theirs.size()));
      print("body_gzip", "ours", static_cast<double>(packed_size));
      print("body_gzip", "theirs", static_cast<double>(theirs_packed.size()));
      measure_memory(batches, static_cast<double>(size));
    }
  }
  server.stop();
  return 0;
}
