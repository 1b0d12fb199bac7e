#include "fake_server.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

using namespace exporter;

Services fake_services() {
  Services services;
  services.ready = [] { return true; };
  services.reload = []() -> forest::Status { return forest::Done{}; };
  services.config_yaml = [] { return std::string("prometheus:\n  url: http://localhost:9090\n"); };
  services.collect = [] {
    prometheus::ClientMetric metric;
    metric.label = {{"detector", "node"}, {"instance", "a"}};
    metric.gauge.value = 0.5;
    prometheus::ClientMetric counter;
    counter.counter.value = 3;
    return std::vector<prometheus::MetricFamily>{
        {"anomaly_score", "Score of an entity.", prometheus::MetricType::Gauge, {metric}},
        {"requests_total", "Requests.", prometheus::MetricType::Counter, {counter}}};
  };
  services.predict = [](const PredictionRequest& request, PredictionSink& sink) -> forest::Status {
    using forest::Error;
    using forest::ErrorKind;
    if (!request.model.empty() && request.model != "node") {
      return Error{ErrorKind::request, "no detector named " + request.model, "model_not_found"};
    }
    sink.model = "node";
    for (std::size_t i = 0; i < request.rows.size(); ++i) {
      const auto row = request.rows[i];
      sink.row = i;
      if (row.size() != 2) return Error{ErrorKind::request, "2 features expected", "length"};
      std::vector<FeatureReason> reasons;
      if (request.explain) {
        reasons = {{"cpu", row[0], 0.25, 0.75},
                   {"load", row[1], std::numeric_limits<double>::quiet_NaN(), 0.25}};
      }
      if (!sink.take({0.25 + row[0], row[0] < 0.5, reasons})) break;
    }
    return forest::Done{};
  };
  services.model_information = [](const std::string& model) -> forest::Result<ModelInformation> {
    if (model == "young")
      return forest::Error{forest::ErrorKind::data, "young is not trained yet", "not_trained"};
    if (!model.empty() && model != "node") {
      return forest::Error{forest::ErrorKind::request, "no detector named " + model,
                           "model_not_found"};
    }
    ModelInformation info;
    info.model = "node";
    info.parameters = {{"max_samples", std::int64_t{256}}, {"random_state", std::int64_t{16}}};
    info.trees = 100;
    info.features = {"cpu", "load"};
    info.threshold = 0.6;
    info.rows = 4320;
    info.detector = {.by = {"instance"},
                     .sensitivity = 0.2,
                     .training_first = TimePoint(std::chrono::seconds(1'700'000'000)),
                     .training_last = TimePoint(std::chrono::seconds(1'700'086'400)),
                     .trained_at = TimePoint(std::chrono::seconds(1'700'086'401)),
                     .entities = 3};
    return info;
  };
  services.detectors = [] { return std::vector<DetectorStatus>{{"node", "ready", 3, 1}}; };
  return services;
}

int connect_to(const std::string& address) {
  const auto colon = address.rfind(':');
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints,
                  &found) != 0) {
    return -1;
  }
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (connected) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

RawClient::RawClient(const std::string& address) : fd_(connect_to(address)) {
  if (fd_ < 0) throw std::runtime_error("cannot connect to " + address);
}

RawClient::~RawClient() {
  if (fd_ >= 0) close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

void RawClient::end_sending() { shutdown(fd_, SHUT_WR); }

bool RawClient::receive() {
  pollfd waiting{fd_, POLLIN, 0};
  if (poll(&waiting, 1, 5000) <= 0) return false;
  std::array<char, 65536> buffer;
  const auto got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  buffer_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

Answer RawClient::read(bool head) {
  Answer answer;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return {};
  }
  answer.status = std::stoi(buffer_.substr(9, 3));
  for (std::size_t at = buffer_.find("\r\n") + 2; at < end;) {
    const auto line_end = buffer_.find("\r\n", at);
    const auto colon = buffer_.find(": ", at);
    std::string name = buffer_.substr(at, colon - at);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    answer.headers[name] = buffer_.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  buffer_.erase(0, end + 4);
  const auto length = answer.headers.find("content-length");
  const std::size_t bytes = head || length == answer.headers.end() ? 0 : std::stoul(length->second);
  while (buffer_.size() < bytes) {
    if (!receive()) return {};
  }
  answer.body = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return answer;
}

bool RawClient::closed() {
  pollfd waiting{fd_, POLLIN, 0};
  std::array<char, 65536> buffer;
  while (poll(&waiting, 1, 5000) > 0) {
    if (recv(fd_, buffer.data(), buffer.size(), 0) <= 0) return true;
  }
  return false;
}

namespace {

HttpOptions on_loopback(HttpOptions options) {
  options.listen = {"127.0.0.1:0"};
  if (options.threads == HttpOptions{}.threads) options.threads = 2;
  return options;
}

}  // namespace

FakeServer::FakeServer(Services services, HttpOptions options)
    : server_(on_loopback(std::move(options)), std::move(services),
              [this](std::string_view route, int code, double) {
                const std::lock_guard lock(mutex_);
                observed_.emplace_back(route, code);
              }) {
  const auto started = server_.start();
  if (!started) throw std::runtime_error(started.error().message);
  address_ = server_.addresses().at(0);
}

Answer FakeServer::get(const std::string& path, const std::string& headers,
                       const std::string& method) const {
  RawClient client(address_);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  return client.read(method == "HEAD");
}

Answer FakeServer::post(const std::string& path, const std::string& body,
                        const std::string& headers) const {
  RawClient client(address_);
  client.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  return client.read();
}

std::vector<std::pair<std::string, int>> FakeServer::observed() const {
  const std::lock_guard lock(mutex_);
  return observed_;
}
