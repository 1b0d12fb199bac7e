#include "exporter/metrics/rendered_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include "exporter/metrics/exposition.h"
#include "exporter/metrics/label_text.h"
#include "exporter/metrics/result_labels.h"

namespace exporter {
namespace {

// Large enough to compress well and to be sent fast, small enough for the caches while it is made.
constexpr std::size_t kPieceBytes = 128 * 1024;

double flag(bool value) { return value ? 1 : 0; }

// A batch that nobody asked for its features has no cells.
double cell(const forest::Matrix& cells, std::size_t row, std::size_t column) {
  const auto i = static_cast<Eigen::Index>(row), j = static_cast<Eigen::Index>(column);
  return i < cells.rows() && j < cells.cols() ? cells(i, j)
                                              : std::numeric_limits<double>::quiet_NaN();
}

double share_of(const EntityScore& each, std::size_t feature) {
  for (const auto& [index, share] : each.contributions) {
    if (index == feature && each.active) return share;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

constexpr std::array kFamilies = {
    ResultFamily{.name = "anomaly_active",
                 .help = "1 while people should know: from a new detection until it has been over "
                         "for `hysteresis` cycles.",
                 .of_entity = [](const EntityScore& each) { return flag(each.active); }},
    ResultFamily{.name = "anomaly_detected",
                 .help = "1 while the score is over the threshold and its features' direction and "
                         "minimum deviations allow it.",
                 .of_entity = [](const EntityScore& each) { return flag(each.detected); }},
    ResultFamily{
        .name = "anomaly_entities",
        .help = "Entities with data in the last cycle.",
        .of_batch = [](const ScoreBatch& batch) { return static_cast<double>(batch.entities); }},
    ResultFamily{
        .name = "anomaly_entities_absent",
        .help = "Entities that should be there and have given no data for "
                "`absence.after` cycles.",
        .of_batch = [](const ScoreBatch& batch) { return static_cast<double>(batch.absent); }},
    ResultFamily{.name = "anomaly_entities_active",
                 .help = "Entities active in the last cycle.",
                 .of_batch =
                     [](const ScoreBatch& batch) {
                       return static_cast<double>(
                           std::ranges::count_if(batch.scores, &EntityScore::active));
                     }},
    ResultFamily{.name = "anomaly_entity_absent",
                 .help =
                     "1 while the entity should be there and has given no data for `absence.after` "
                     "answered cycles; it has no score then.",
                 .of_entity = [](const EntityScore&) { return 0.0; },
                 .of_missing = [](const MissingEntity& each) { return flag(each.absent); }},
    ResultFamily{
        .name = "anomaly_feature_contribution",
        .help = "Share of the feature in the anomaly of an active entity, 0 to 1; the five "
                "largest.",
        .of_feature = [](const ScoreBatch& batch, std::size_t entity,
                         std::size_t feature) { return share_of(batch.scores[entity], feature); }},
    ResultFamily{.name = "anomaly_feature_coverage_ratio",
                 .help = "Share of the detector's features that the entity had.",
                 .of_entity = [](const EntityScore& each) { return each.coverage; }},
    ResultFamily{
        .name = "anomaly_feature_expected",
        .help = "What the feature was expected to be for the entity at that time.",
        .of_feature = [](const ScoreBatch& batch, std::size_t entity,
                         std::size_t feature) { return cell(batch.expected, entity, feature); }},
    ResultFamily{
        .name = "anomaly_feature_value",
        .help = "The feature as it was scored; of all entities while there are few, else "
                "of the active ones.",
        .of_feature = [](const ScoreBatch& batch, std::size_t entity,
                         std::size_t feature) { return cell(batch.values, entity, feature); }},
    ResultFamily{.name = "anomaly_score",
                 .help = "How anomalous the entity is now, 0 to 1, higher is more anomalous; "
                         "refreshed once per evaluation interval of its detector.",
                 .of_entity = [](const EntityScore& each) { return each.score; }},
    ResultFamily{.name = "anomaly_score_threshold",
                 .help = "Score above which the entity is detected; labels as anomaly_score.",
                 .of_entity = [](const EntityScore& each) { return each.threshold; }},
    ResultFamily{.name = "anomaly_severity_ratio",
                 .help = "(score - threshold) / (1 - threshold); above 0 is over the threshold.",
                 .of_entity = [](const EntityScore& each) { return each.severity(); }},
};

static_assert(std::ranges::is_sorted(kFamilies, {}, &ResultFamily::name));
static_assert(std::ranges::none_of(kFamilies, [](const ResultFamily& family) {
  return family.help.find_first_of("\"\\\n") != std::string_view::npos;
}));
static_assert(kSeriesPerEntity == std::ranges::count_if(kFamilies, [](const ResultFamily& family) {
                return family.of_entity != nullptr;
              }));
static_assert(kSeriesPerFeature == std::ranges::count_if(kFamilies, [](const ResultFamily& family) {
                return family.of_feature != nullptr;
              }));
static_assert(1 == std::ranges::count_if(kFamilies, [](const ResultFamily& family) {
                return family.of_missing != nullptr;
              }));
constexpr std::size_t kSeriesPerBatch = kFamilies.size() - kSeriesPerEntity - kSeriesPerFeature;

// Tells of each entity whether its features are shown.
std::vector<bool> shown_by_feature(const ScoreBatch& batch, const RenderLimits& limits) {
  const std::size_t entities = batch.scores.size(), features = batch.features.size();
  std::vector<bool> shown(entities, false);
  const std::size_t taken = kSeriesPerBatch + kSeriesPerEntity * entities + batch.missing.size();
  const std::size_t left = limits.series - std::min(limits.series, taken);
  const std::size_t cells = std::min(limits.feature_series, left / kSeriesPerFeature);
  if (features == 0 || entities == 0) return shown;
  const std::size_t rows = cells / features;
  if (entities <= rows) return std::vector<bool>(entities, true);
  std::vector<std::size_t> active;
  for (std::size_t i = 0; i < entities; ++i) {
    if (batch.scores[i].active) active.push_back(i);
  }
  std::ranges::stable_sort(active, std::ranges::greater(),
                           [&](std::size_t i) { return batch.scores[i].severity(); });
  active.resize(std::min(active.size(), rows));
  for (const std::size_t i : active) shown[i] = true;
  return shown;
}

// The lines of one family: what is full becomes a piece.
class FamilyLines {
 public:
  FamilyLines(std::string_view name, PieceMaker& maker, std::vector<BodyPiece>& pieces)
      : name_(name), maker_(maker), pieces_(pieces) {}

  void line(std::string_view labels, double value) {
    open_ += name_;
    open_ += '{';
    open_ += labels;
    open_ += "} ";
    append_number(open_, value);
    open_ += '\n';
    if (open_.size() >= kPieceBytes) cut();
  }
  void cut() {
    if (open_.empty()) return;
    pieces_.push_back(maker_.make(open_));
    open_.clear();
  }

 private:
  std::string_view name_;
  PieceMaker& maker_;
  std::vector<BodyPiece>& pieces_;
  std::string open_;
};

// An entity of a batch, scored or missing.
struct Shown {
  const Labels* entity = nullptr;
  std::size_t score = 0;                   // its place in the batch
  const MissingEntity* missing = nullptr;  // null: scored
};

// The entities of a batch in order.
std::vector<Shown> shown_entities(const ScoreBatch& batch) {
  std::vector<Shown> scored, missing, all;
  for (std::size_t i = 0; i < batch.scores.size(); ++i) {
    scored.push_back({.entity = &batch.scores[i].entity, .score = i});
  }
  if (batch.missing.empty()) return scored;
  for (const MissingEntity& each : batch.missing) {
    missing.push_back({.entity = &each.entity, .missing = &each});
  }
  all.reserve(scored.size() + missing.size());
  std::ranges::merge(scored, missing, std::back_inserter(all),
                     [](const Shown& a, const Shown& b) { return *a.entity < *b.entity; });
  return all;
}

// Finds the entities whose labels read as those of an earlier one.
class Duplicates {
 public:
  Duplicates(std::string_view detector, const std::vector<Shown>& entities)
      : detector_(detector), entities_(entities) {}

  /// To be asked for each entity in turn. Labels that were not changed in writing differ when the
  /// entities do, so that nothing is remembered before the first that was.
  bool repeats(std::size_t index, const ResultLabels& labels) {
    const bool in_order = index == 0 || *entities_[index - 1].entity < *entities_[index].entity;
    if (!seen_ && (labels.ambiguous() || !in_order)) remember_first(index);
    return seen_ && !seen_->emplace(labels.text()).second;
  }

 private:
  void remember_first(std::size_t count) {
    seen_.emplace();
    ResultLabels labels(detector_);
    for (std::size_t i = 0; i < count; ++i) {
      labels.write(*entities_[i].entity);
      seen_->emplace(labels.text());
    }
  }

  std::string_view detector_;
  const std::vector<Shown>& entities_;
  std::optional<std::unordered_set<std::string>> seen_;
};

}  // namespace

std::span<const ResultFamily> result_families() { return kFamilies; }

RenderedScores render_scores(std::string_view detector, const ScoreBatch& batch,
                             const RenderLimits& limits) {
  RenderedScores rendered;
  rendered.families.resize(kFamilies.size());
  PieceMaker maker;
  std::vector<std::pair<const ResultFamily*, FamilyLines>> per_entity, per_feature;
  ResultLabels labels(detector);
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    const ResultFamily& family = kFamilies[i];
    FamilyLines lines(family.name, maker, rendered.families[i]);
    if (family.of_batch != nullptr) {
      lines.line(labels.detector(), family.of_batch(batch));
      lines.cut();
    } else {
      (family.of_entity != nullptr ? per_entity : per_feature)
          .emplace_back(&family, std::move(lines));
    }
  }
  std::vector<std::string> features;  // as they stand in the labels
  for (const auto& name : batch.features) {
    append_escaped(features.emplace_back("feature=\""), name, true);
    features.back() += "\",";
  }
  const auto by_feature = shown_by_feature(batch, limits);
  const auto entities = shown_entities(batch);
  std::string with_feature;
  Duplicates duplicates(detector, entities);
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const auto& [entity, score, missing] = entities[i];
    labels.write(*entity);
    if (duplicates.repeats(i, labels)) {
      ++rendered.duplicates;
      continue;
    }
    if (missing != nullptr) {
      for (auto& [family, lines] : per_entity) {
        if (family->of_missing != nullptr) lines.line(labels.text(), family->of_missing(*missing));
      }
      continue;
    }
    for (auto& [family, lines] : per_entity) {
      lines.line(labels.text(), family->of_entity(batch.scores[score]));
    }
    for (std::size_t j = 0; j < features.size() && by_feature[score]; ++j) {
      with_feature = labels.text();
      with_feature.insert(labels.feature_at(), features[j]);
      for (auto& [family, lines] : per_feature) {
        const double value = family->of_feature(batch, score, j);
        if (!std::isnan(value)) lines.line(with_feature, value);
      }
    }
  }
  for (auto& [family, lines] : per_entity) lines.cut();
  for (auto& [family, lines] : per_feature) lines.cut();
  return rendered;
}

}  // namespace exporter
