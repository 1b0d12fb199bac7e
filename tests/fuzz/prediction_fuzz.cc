// Any body is safe to parse: it is readable, or each error names a place and a message. What is
// readable is finite or missing, and the framing of a request ends the same whether its bytes come
// at once or one by one.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "exporter/http/prediction_body.h"
#include "exporter/http/request_frame.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_body(const std::string& bytes) {
  const auto parsed = exporter::parse_prediction(bytes);
  if (const auto* errors = std::get_if<exporter::BodyErrors>(&parsed)) {
    require(!errors->empty());
    for (const auto& error : *errors) {
      require(!error.location.empty() && error.location.front() == "body" &&
              !error.message.empty());
    }
    return;
  }
  const auto& body = std::get<exporter::PredictionBody>(parsed);
  require(!body.request.rows.empty());
  require(body.request.batch || body.request.rows.size() == 1);
  for (const double value : body.request.rows.values())
    require(std::isnan(value) || std::isfinite(value));
}

void check_frame(const std::string& bytes) {
  using State = exporter::RequestFrame::State;
  exporter::ServerLimits limits;
  limits.head_bytes = limits.body_bytes = 512;
  limits.line_bytes = 256;
  limits.headers = 8;
  exporter::RequestFrame whole(limits), slow(limits);
  const auto expected = whole.advance(bytes);
  auto state = State::incomplete;
  for (std::size_t size = 1; size <= bytes.size() && state == State::incomplete; ++size) {
    state = slow.advance(bytes.substr(0, size));
  }
  require(state == expected || bytes.empty());
  require(whole.body().size() <= limits.body_bytes);
  if (expected != State::complete) return;
  require(whole.head() == slow.head() && whole.body() == slow.body() &&
          whole.consumed() == slow.consumed());
  require(whole.consumed() <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  check_body(bytes);
  if (size <= 4096) check_frame(bytes);
  return 0;
}
