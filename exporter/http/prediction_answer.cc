#include "exporter/http/prediction_answer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace exporter {

void append_json_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"+Inf\"" : "\"-Inf\"";
    return;
  }
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  static_cast<void>(error);  // no double needs 32 characters
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20) {
      out += "\\u00";
      out += kHex[code >> 4U];
      out += kHex[code & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

PredictionAnswer::PredictionAnswer(bool batch, bool score, bool explain)
    : batch_(batch), score_(score), explain_(explain) {
  if (batch_) {
    out_ = R"({"predictions":[)";
  } else {
    out_.reserve(explain_ ? 512 : 128);
  }
}

void PredictionAnswer::add(const Prediction& prediction) {
  if (count_++ != 0) out_ += ',';
  out_ += prediction.is_inlier ? R"({"is_inlier":1)" : R"({"is_inlier":-1)";
  if (score_) {
    out_ += R"(,"anomaly_score":)";
    const std::size_t begin = out_.size();
    append_json_number(out_, -prediction.score);
    const std::size_t length = out_.size() - begin;
    out_ += R"(,"anomoly_score":)";
    out_.append(out_, begin, length);
    out_ += R"(,"score":)";
    // The negated score without its sign, where it has one.
    if (out_[begin] == '-') {
      out_.append(out_, begin + 1, length - 1);
    } else {
      append_json_number(out_, prediction.score);
    }
  }
  if (explain_) add_reasons(prediction);
  out_ += '}';
}

void PredictionAnswer::add_reasons(const Prediction& prediction) {
  out_ += R"(,"contributions":[)";
  bool first = true;
  for (const FeatureReason& reason : prediction.reasons) {
    out_ += first ? R"({"feature":)" : R"(,{"feature":)";
    first = false;
    append_json_text(out_, reason.feature);
    out_ += R"(,"value":)";
    append_json_number(out_, reason.value);
    out_ += R"(,"expected":)";
    if (std::isnan(reason.expected)) {
      out_ += "null";
    } else {
      append_json_number(out_, reason.expected);
    }
    out_ += R"(,"contribution":)";
    append_json_number(out_, reason.contribution);
    out_ += '}';
  }
  out_ += ']';
}

std::string PredictionAnswer::take() && {
  if (batch_) out_ += "]}";
  return std::move(out_);
}

}  // namespace exporter
