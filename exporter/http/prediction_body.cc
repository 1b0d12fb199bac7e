#include "exporter/http/prediction_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "exporter/time_text.h"

namespace exporter {
namespace {

using nlohmann::json;
using Location = std::vector<std::string>;

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostErrors = 100;
constexpr std::string_view kTimeForm = "want unix seconds or RFC 3339, years 1 to 9999";

enum class Key { feature_vector, feature_vectors, score, explain, model, entity, time, other };
constexpr std::array<std::string_view, 7> kKeys{
    "feature_vector", "feature_vectors", "score", "explain", "model", "entity", "time"};

constexpr std::size_t kLongestKey = 20;  ///< a longer one is no slip of ours
constexpr std::size_t kMostLabels = 64;
constexpr std::size_t kShown = 100;  ///< bytes of a name that an error repeats

std::string shown(std::string_view name) { return std::string(name.substr(0, kShown)); }

/// Counts edits: a letter more, less, other, or two swapped. Source: Damerau 1964, restricted.
/// @pre both of at most kLongestKey bytes
std::size_t edits(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLongestKey + 1>, kLongestKey + 1> cost;
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

/// Returns the known key that an unknown one is a slip of, or "".
std::string_view meant_by(std::string_view key) {
  if (key.size() > kLongestKey) return {};
  std::string lower(key);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto known : kKeys) {
    const std::size_t allowed = known.size() > 7 ? 2 : 1;
    const std::size_t difference =
        std::max(lower.size(), known.size()) - std::min(lower.size(), known.size());
    if (difference <= allowed && edits(lower, known) <= allowed) return known;
  }
  return {};
}

double missing() { return std::numeric_limits<double>::quiet_NaN(); }

/// A value that is no container.
struct Scalar {
  enum class Kind { null, boolean, integer, number, text };
  Kind kind = Kind::null;
  double number = 0;  ///< of boolean, integer and number
  std::string_view text = {};
};

/// Follows the events of nlohmann's parser: only what is asked for is kept.
class Events final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return scalar({}); }
  bool boolean(bool value) override { return scalar({Scalar::Kind::boolean, value ? 1.0 : 0.0}); }
  bool number_integer(std::int64_t value) override {
    return scalar({Scalar::Kind::integer, static_cast<double>(value)});
  }
  bool number_unsigned(std::uint64_t value) override {
    return scalar({Scalar::Kind::integer, static_cast<double>(value)});
  }
  bool number_float(double value, const std::string& /*as given*/) override {
    return scalar({Scalar::Kind::number, value});
  }
  bool string(std::string& value) override { return scalar({Scalar::Kind::text, 0, value}); }
  bool binary(json::binary_t& /*value*/) override { return true; }  // no JSON text has it
  bool start_object(std::size_t /*size*/) override { return open(true); }
  bool start_array(std::size_t /*size*/) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (skipped_from_ != 0) return true;
    if (depth_ == 2) {  // of `entity`
      label_ = name;
      if (labels_.size() >= kMostLabels) {
        fail({"body", "entity"}, "more than " + std::to_string(kMostLabels) + " labels",
             "value_error.dict.max_items");
      } else if (std::ranges::any_of(labels_, [&](const auto& l) { return l.first == name; })) {
        fail({"body", "entity", shown(name)}, "given twice", "value_error.duplicate");
      }
      return true;
    }
    const auto known = std::ranges::find(kKeys, name);
    key_ = static_cast<Key>(known - kKeys.begin());
    if (key_ == Key::other) {
      if (const auto meant = meant_by(name); !meant.empty()) {
        fail({"body", name}, "unknown key; did you mean " + std::string(meant) + "?",
             "value_error.extra");
      }
    } else if (std::exchange(seen_[index_of(key_)], true)) {
      fail({"body", name}, "given twice", "value_error.duplicate");
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*last token*/,
                   const nlohmann::detail::exception& problem) override {
    // A number beyond the range of doubles is told apart by its kind of exception.
    fatal_ = problem.id >= 400 ? std::string("invalid JSON: ") + problem.what()
                               : "invalid JSON at byte " + std::to_string(position);
    return false;
  }

  std::variant<PredictionBody, BodyErrors> take() {
    if (!fatal_.empty()) return BodyErrors{{{"body"}, fatal_, "value_error.jsondecode"}};
    if (object_) check_vectors();
    if (!errors_.empty()) return std::move(errors_);
    result_.request.batch = given_[index_of(Key::feature_vectors)];
    if (given_[index_of(Key::entity)]) result_.request.entity = Labels(std::move(labels_));
    return std::move(result_);
  }

 private:
  static std::size_t index_of(Key key) { return static_cast<std::size_t>(key); }
  std::string name() const { return std::string(kKeys[index_of(key_)]); }
  bool given(Key key) const { return given_[index_of(key)]; }

  void fail(Location location, std::string message, std::string type) {
    if (errors_.size() < kMostErrors)
      errors_.push_back({std::move(location), std::move(message), std::move(type)});
  }

  void check_vectors() {
    const bool single = given(Key::feature_vector);
    const bool batch = given(Key::feature_vectors);
    if (single && batch) {
      errors_ = {{{"body", "feature_vectors"},
                  "give feature_vector or feature_vectors, not both",
                  "value_error.both"}};
    } else if (!single && !batch) {
      fail({"body", "feature_vector"}, "field required", "value_error.missing");
    } else if (batch && errors_.empty() && result_.request.rows.empty()) {
      fail({"body", "feature_vectors"}, "ensure this value has at least 1 items",
           "value_error.list.min_items");
    }
  }

  /// The place of the item that comes now in a vector.
  Location item_place() const {
    Location place{"body", std::string(kKeys[index_of(key_)])};
    if (key_ == Key::feature_vectors) place.push_back(std::to_string(row_));
    if (key_ == Key::feature_vector || depth_ == 3) place.push_back(std::to_string(item_));
    return place;
  }

  void item(const Scalar& value) {
    double number = value.number;
    switch (value.kind) {
      case Scalar::Kind::null: number = missing(); break;
      case Scalar::Kind::boolean:
        return fail(item_place(), "value is not a valid float", "type_error.float");
      case Scalar::Kind::text: {
        const auto text = value.text;
        if (text == "NaN" || text == "nan") {
          number = missing();
          break;
        }
        const char* end = text.data() + text.size();
        const auto [parsed, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc() || parsed != end || std::isnan(number))
          return fail(item_place(), "value is not a valid float", "type_error.float");
        break;
      }
      default: break;
    }
    if (std::isinf(number))
      return fail(item_place(), "value is not a finite number", "value_error.number.not_finite");
    // Plus zero: minus zero is an integer to one parser and a real to another.
    if (errors_.empty()) result_.request.rows.add(number + 0.0);
  }

  void flag(const Scalar& value, bool& out) {
    const bool either = value.number == 0 || value.number == 1;
    if (value.kind == Scalar::Kind::boolean || (value.kind == Scalar::Kind::integer && either)) {
      out = value.number == 1;
    } else {
      fail({"body", name()}, "value could not be parsed to a boolean", "type_error.bool");
    }
  }

  void time(const Scalar& value) {
    std::optional<TimePoint> at;
    if (value.kind == Scalar::Kind::text) {
      at = parse_time(value.text);
    } else if (value.kind != Scalar::Kind::boolean) {
      at = time_from_seconds(value.number);
    }
    if (at) {
      result_.request.time = at;
    } else {
      fail({"body", "time"}, std::string("not a time: ") + std::string(kTimeForm),
           "value_error.time");
    }
  }

  void wrong_type() {
    switch (key_) {
      case Key::feature_vector:
      case Key::feature_vectors:
        return fail({"body", name()}, "value is not a valid list", "type_error.list");
      case Key::score:
      case Key::explain:
        return fail({"body", name()}, "value could not be parsed to a boolean", "type_error.bool");
      case Key::model: return fail({"body", "model"}, "str type expected", "type_error.str");
      case Key::entity:
        return fail({"body", "entity"}, "value is not a valid dict", "type_error.dict");
      case Key::time:
        return fail({"body", "time"}, std::string("not a time: ") + std::string(kTimeForm),
                    "value_error.time");
      case Key::other: return;
    }
  }

  void value_of_key(const Scalar& value) {
    if (key_ == Key::other) return;
    given_[index_of(key_)] = value.kind != Scalar::Kind::null;
    if (value.kind == Scalar::Kind::null) return;
    switch (key_) {
      case Key::score: return flag(value, result_.score);
      case Key::explain: return flag(value, result_.request.explain);
      case Key::time: return time(value);
      case Key::model:
        if (value.kind != Scalar::Kind::text) return wrong_type();
        result_.request.model = value.text;
        return;
      default: return wrong_type();
    }
  }

  bool scalar(const Scalar& value) {
    if (skipped_from_ != 0) return true;
    if (depth_ == 0) {
      fail({"body"}, "value is not a valid dict", "type_error.dict");
    } else if (depth_ == 1) {
      value_of_key(value);
    } else if (key_ == Key::entity) {
      if (value.kind == Scalar::Kind::text) {
        if (labels_.size() < kMostLabels) labels_.emplace_back(label_, value.text);
      } else {
        fail({"body", "entity", shown(label_)}, "str type expected", "type_error.str");
      }
    } else if (key_ == Key::feature_vectors && depth_ == 2) {
      fail(item_place(), "value is not a valid list", "type_error.list");
      ++row_;
    } else {
      item(value);
      ++item_;
    }
    return true;
  }

  /// Tells whether a container that opens now is one that a body has; if not, says so.
  bool wanted(bool object) {
    if (depth_ == 0) {
      if (!object) fail({"body"}, "value is not a valid dict", "type_error.dict");
      object_ = object;
      return object;
    }
    if (depth_ == 1) {
      if (key_ == Key::other) return false;
      given_[index_of(key_)] = true;
      const bool vectors = key_ == Key::feature_vector || key_ == Key::feature_vectors;
      if (object ? key_ == Key::entity : vectors) {
        row_ = item_ = 0;
        return true;
      }
      wrong_type();
      return false;
    }
    if (key_ == Key::entity) {
      fail({"body", "entity", shown(label_)}, "str type expected", "type_error.str");
    } else if (key_ == Key::feature_vectors && depth_ == 2) {
      if (!object) {
        item_ = 0;
        return true;
      }
      fail(item_place(), "value is not a valid list", "type_error.list");
      ++row_;
    } else {
      fail(item_place(), "value is not a valid float", "type_error.float");
      ++item_;
    }
    return false;
  }

  bool open(bool object) {
    if (depth_ == kDeepest) {
      fatal_ = "JSON nests deeper than " + std::to_string(kDeepest) + " levels";
      return false;
    }
    if (skipped_from_ == 0 && !wanted(object)) skipped_from_ = depth_ + 1;
    ++depth_;
    return true;
  }

  bool close() {
    if (skipped_from_ == depth_) {
      skipped_from_ = 0;
    } else if (skipped_from_ == 0) {
      const bool row_ends = (depth_ == 2 && key_ == Key::feature_vector) ||
                            (depth_ == 3 && key_ == Key::feature_vectors);
      if (row_ends) {
        if (errors_.empty()) result_.request.rows.end_row();
        ++row_;
      }
    }
    --depth_;
    return true;
  }

  PredictionBody result_;
  BodyErrors errors_;
  std::string fatal_;
  std::size_t depth_ = 0;
  std::size_t skipped_from_ = 0;  ///< depth within a container that nobody asked for; 0: in none
  bool object_ = false;
  Key key_ = Key::other;
  std::array<bool, kKeys.size()> seen_{}, given_{};
  std::size_t row_ = 0, item_ = 0;
  std::string label_;
  std::vector<Labels::Pair> labels_;
};

}  // namespace

std::variant<PredictionBody, BodyErrors> parse_prediction(std::string_view body) {
  if (body.empty()) return BodyErrors{{{"body"}, "field required", "value_error.missing"}};
  Events events;
  json::sax_parse(body.begin(), body.end(), &events);
  return events.take();
}

}  // namespace exporter
