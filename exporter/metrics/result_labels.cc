#include "exporter/metrics/result_labels.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "exporter/metrics/label_text.h"

namespace exporter {
namespace {

// Ours, and those of histograms and summaries.
constexpr std::array<std::string_view, 7> kTaken = {"detector", "feature", "model",   "state",
                                                    "reason",   "le",      "quantile"};
constexpr std::array<std::string_view, 2> kNeverMissing = {"instance", "job"};

// Values that are no label of the entity.
constexpr std::size_t kDetector = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kNothing = kDetector - 1;

std::string pair_of(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  append_escaped(out, value, true);
  out += '"';
  return out;
}

}  // namespace

ResultLabels::ResultLabels(std::string_view detector) : detector_(pair_of("detector", detector)) {}

bool ResultLabels::same_names(const Labels& entity) const {
  return planned_ && std::ranges::equal(entity.pairs(), names_, {}, &Labels::Pair::first);
}

void ResultLabels::plan(const Labels& entity) {
  names_.clear();
  parts_ = {{"detector", kDetector}};
  renamed_ = false;
  for (std::size_t i = 0; i < entity.pairs().size(); ++i) {
    const std::string& name = entity.pairs()[i].first;
    names_.push_back(name);
    std::string legal = legal_name(name, false);
    const bool taken = std::ranges::find(kTaken, legal) != kTaken.end();
    if (taken || legal.starts_with("__")) legal.insert(0, "exported_");
    renamed_ = renamed_ || legal != name;
    parts_.push_back({std::move(legal), i});
  }
  for (const auto name : kNeverMissing) parts_.push_back({std::string(name), kNothing});
  std::ranges::stable_sort(parts_, {}, &Part::name);
  const auto same = [](const Part& a, const Part& b) { return a.name == b.name; };
  parts_.erase(std::unique(parts_.begin(), parts_.end(), same), parts_.end());
  planned_ = true;
}

void ResultLabels::write(const Labels& entity) {
  if (!same_names(entity)) plan(entity);
  text_.clear();
  feature_at_ = 0;
  ambiguous_ = renamed_;
  for (const auto& [name, source] : parts_) {
    if (!text_.empty()) text_ += ',';
    if (feature_at_ == 0 && name > "feature") feature_at_ = text_.size();
    if (source == kDetector) {
      text_ += detector_;
      continue;
    }
    text_ += name;
    text_ += "=\"";
    if (source != kNothing) {
      ambiguous_ |= append_escaped(text_, entity.pairs()[source].second, true);
    }
    text_ += '"';
  }
}

}  // namespace exporter
