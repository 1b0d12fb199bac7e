// The answer of POST /prediction: predictions to JSON, without a tree.
#pragma once

#include <cstddef>
#include <string>

#include "exporter/http/services.h"

namespace exporter {

/// Appends a double as JSON: the shortest text that reads back equal and is no integer's (`1.0`),
/// so that every reader gets a real number; NaN and infinities as the strings "NaN", "+Inf",
/// "-Inf".
void append_json_number(std::string& out, double value);

/// Appends text in quotes. @param text  UTF-8
void append_json_text(std::string& out, std::string_view text);

/// Writes predictions as they come: `is_inlier`; with `score` the metric's positive score and, as
/// clients of the service that this one replaces read it, the negated one under either spelling;
/// with `explain` the contributions.
class PredictionAnswer {
 public:
  /// @param batch  answer with a list  @param score, explain  as asked for
  PredictionAnswer(bool batch, bool score, bool explain);

  void add(const Prediction& prediction);
  std::size_t count() const { return count_; }
  /// Bytes written so far.
  std::size_t size() const { return out_.size(); }
  /// Returns the whole answer. @pre not batch: exactly one was added
  std::string take() &&;

 private:
  void add_reasons(const Prediction& prediction);

  const bool batch_, score_, explain_;
  std::size_t count_ = 0;
  std::string out_;
};

}  // namespace exporter
