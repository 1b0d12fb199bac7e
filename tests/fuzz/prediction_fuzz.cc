// Any body is safe to parse: it is readable, or each error names a place and a message. What is
// readable is finite or missing, the short way reads what the long one does, and the framing of a
// request ends the same whether its bytes come at once or one by one.
#include <algorithm>
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

bool equal(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check_short_way(const std::string& bytes) {
  const auto usual = exporter::read_usual_prediction(bytes);
  if (!usual) return;
  const auto parsed = exporter::read_any_prediction(bytes);
  const auto* any = std::get_if<exporter::PredictionBody>(&parsed);
  require(any != nullptr);
  const auto& a = usual->request;
  const auto& b = any->request;
  require(usual->score == any->score && a.explain == b.explain && a.batch == b.batch &&
          a.model == b.model && a.entity == b.entity && a.time == b.time);
  require(a.rows.size() == b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    require(a.rows[i].size() == b.rows[i].size());
    require(std::equal(a.rows[i].begin(), a.rows[i].end(), b.rows[i].begin(), equal));
  }
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
  check_short_way(bytes);
  if (size <= 4096) check_frame(bytes);
  return 0;
}
