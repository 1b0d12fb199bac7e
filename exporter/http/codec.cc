#include "exporter/http/codec.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "exporter/http/compression.h"
#include "exporter/http/text.h"
#include "exporter/http/web_gate.h"
#include "exporter/log.h"

namespace exporter {
namespace {

/// What the library's callbacks need of the request that runs on this thread.
struct Exchange {
  RequestFrame* frame = nullptr;
  const HttpCodec::Handler* handler = nullptr;
  std::size_t body_limit = 0;
  const WebConfig* web = nullptr;
  HttpResponse response;
  bool answered = false;
};

thread_local Exchange* current = nullptr;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 408: return "Request Timeout";
    case 413: return "Payload Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(const std::string& in, std::string& out) : in_(in), out_(out) {}
  bool is_readable() const override { return position_ < in_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* ptr, std::size_t size) override {
    const auto taken = std::min(size, in_.size() - position_);
    std::memcpy(ptr, in_.data() + position_, taken);
    position_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* ptr, std::size_t size) override {
    out_.append(ptr, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  socket_t socket() const override { return 0; }

 private:
  const std::string& in_;
  std::string& out_;
  std::size_t position_ = 0;
};

HttpRequest to_request(const httplib::Request& from) {
  HttpRequest request;
  request.method = from.method;
  request.path = from.path;
  request.query.insert(from.params.begin(), from.params.end());
  for (const auto& [name, value] : from.headers) request.headers.emplace(lower_case(name), value);
  return request;
}

HttpResponse handle(HttpRequest request, Exchange& exchange) {
  const auto& encoding = exchange.frame->content_encoding();
  if (encoding.empty() || encoding == "identity") {
    request.body = std::move(exchange.frame->body());
  } else if (encoding == "gzip" || encoding == "x-gzip" || encoding == "deflate") {
    const auto wrong = inflate_body(exchange.frame->body(), exchange.body_limit, request.body);
    if (wrong == InflateError::too_large) {
      return error_response(
          413, "body unpacks to more than " + std::to_string(exchange.body_limit) + " bytes");
    }
    if (wrong) return error_response(400, "body is not valid " + encoding);
  } else {
    return error_response(415, "Content-Encoding is not known: " + encoding.substr(0, 40) +
                                   "; allowed: gzip, deflate");
  }
  try {
    return (*exchange.handler)(request);
  } catch (const std::exception& problem) {
    log::error("Request failed", {{"path", request.path}, {"err", problem.what()}});
    return error_response(500, "internal error");
  }
}

/// Gives the library a response of which it shall write the head alone.
void put_head(const HttpResponse& from, httplib::Response& to) {
  to.status = from.status;
  to.set_header("Content-Type", from.content_type);
  // A 304 may only give the length of the answer left out (RFC 9110, 8.6), which its maker knows.
  if (from.status != 304) to.set_header("Content-Length", std::to_string(from.size()));
  for (const auto& [name, value] : from.headers) to.set_header(name, value);
}

}  // namespace

class HttpCodec::Library final : public httplib::Server {
 public:
  explicit Library(const ServerLimits& limits) : body_limit_(limits.body_bytes) {
    const auto idle = std::chrono::duration_cast<std::chrono::seconds>(limits.idle).count();
    set_keep_alive_timeout(std::max<time_t>(static_cast<time_t>(idle), 1));
    set_keep_alive_max_count(1'000'000);
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      auto& exchange = *current;
      exchange.response = handle(to_request(request), exchange);
      exchange.answered = true;
      WebGate::decorate(exchange.web, exchange.response);
      put_head(exchange.response, response);
      // Else the library promises byte ranges to HEAD.
      if (request.method == "HEAD") response.set_header("Accept-Ranges", "none");
      return HandlerResponse::Handled;
    });
    // What the library refuses by itself gets the same envelope.
    set_error_handler([](const httplib::Request& /*request*/, httplib::Response& response) -> void {
      auto& exchange = *current;
      if (exchange.answered) return;
      exchange.response = error_response(response.status, "malformed request");
      exchange.answered = true;
      WebGate::decorate(exchange.web, exchange.response);
      put_head(exchange.response, response);
    });
  }

  int run(RequestFrame& frame, bool close, const HttpCodec::Handler& handler, Outgoing& out,
          const WebConfig* web) {
    Exchange exchange{&frame, &handler, body_limit_, web, {}, false};
    MemoryStream stream(frame.head(), out.own());
    bool closed = false;
    current = &exchange;
    process_request(stream, close, closed, nullptr);
    current = nullptr;
    if (!exchange.answered) {
      out.own() += plain_answer(exchange.response = error_response(400, "malformed request"));
    } else if (frame.method() != "HEAD") {
      out.own() += exchange.response.body;
      for (auto& block : exchange.response.blocks) out.add(std::move(block));
    }
    return exchange.response.status;
  }

 private:
  std::size_t body_limit_;
};

HttpCodec::HttpCodec(const ServerLimits& limits) : library_(std::make_unique<Library>(limits)) {}
HttpCodec::~HttpCodec() = default;

int HttpCodec::answer(RequestFrame& frame, bool close, const Handler& handler, Outgoing& out,
                      const WebConfig* web) const {
  return library_->run(frame, close, handler, out, web);
}

std::string HttpCodec::plain_answer(const HttpResponse& response) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason_phrase(response.status))
      .append("\r\nContent-Type: ")
      .append(response.content_type);
  out += "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  return out + "Connection: close\r\n\r\n" + response.body;
}

}  // namespace exporter
