#include "exporter/model/codec.h"

#include <algorithm>
#include <map>
#include <utility>

#include "forest/codec.h"

namespace exporter {
namespace {

constexpr std::uint32_t kVersion = 3;

using ForestPointer = std::shared_ptr<const forest::IsolationForest>;

std::int64_t ticks(TimePoint at) { return at.time_since_epoch().count(); }
TimePoint read_time(ByteReader& in) { return TimePoint{Duration{in.number<std::int64_t>()}}; }

void write_context(ByteWriter& out, const ContextModel& context) {
  out.number(static_cast<std::uint64_t>(context.season.size()));
  for (const SeasonProfile& season : context.season) {
    out.number(static_cast<std::int64_t>(season.period.count()));
    out.number(season.level);
    out.number(season.spread);
    out.doubles(season.bins);
    out.array<float>(season.spreads);
  }
  const Relation& relation = context.relation;
  out.doubles(relation.centre);
  out.doubles(relation.scale);
  out.doubles({relation.weights.data(), static_cast<std::size_t>(relation.weights.size())});
  out.number(static_cast<std::uint64_t>(context.columns.size()));
  for (const ContextColumn& column : context.columns) {
    out.number(column.feature);
    out.number(static_cast<std::uint8_t>(column.kind));
    out.number(column.scale);
  }
}

bool consistent(const ContextModel& context, std::size_t features) {
  const Relation& relation = context.relation;
  const std::size_t related = relation.size() == 0 ? relation.centre.size() : features;
  return context.season.size() == features && relation.centre.size() == related &&
         relation.scale.size() == related && !context.columns.empty() &&
         std::ranges::all_of(
             context.columns,
             [&](const ContextColumn& c) {
               return c.scale < kScales.size() &&
                      (c.kind < ContextKind::relation
                           ? c.feature < features
                           : c.kind == ContextKind::relation && c.feature < relation.size());
             }) &&
         std::ranges::all_of(context.season, [](const SeasonProfile& season) {
           return season.bins.size() == season.spreads.size() &&
                  (season.bins.empty() || season.period > Duration{0});
         });
}

ContextModel read_context(ByteReader& in) {
  ContextModel context;
  const std::size_t seasons = in.count(40);
  for (std::size_t i = 0; i < seasons; ++i) {
    SeasonProfile season;
    season.period = Duration{in.number<std::int64_t>()};
    season.level = in.number<double>();
    season.spread = in.number<double>();
    season.bins = in.doubles();
    season.spreads = in.array<float>();
    context.season.push_back(std::move(season));
  }
  Relation& relation = context.relation;
  relation.centre = in.doubles();
  relation.scale = in.doubles();
  const std::vector<double> weights = in.doubles();
  if (seasons == 0 || weights.size() % seasons != 0) {
    in.fail();
    return context;
  }
  relation.weights = Eigen::Map<const forest::Matrix>(
      weights.data(), static_cast<Eigen::Index>(weights.size() / seasons),
      static_cast<Eigen::Index>(seasons));
  const std::size_t columns = in.count(6);
  for (std::size_t i = 0; i < columns; ++i) {
    ContextColumn column;
    column.feature = in.number<std::uint32_t>();
    column.kind = static_cast<ContextKind>(in.number<std::uint8_t>());
    column.scale = in.number<std::uint8_t>();
    context.columns.push_back(column);
  }
  return context;
}

void write_entity(ByteWriter& out, const EntityModel& model, std::uint64_t forest) {
  write_context(out, model.context);
  for (const UsualRange& range : model.ranges) {
    out.number(range.low);
    out.number(range.high);
    out.number(range.width);
    out.number(range.zero);
  }
  out.number(model.usual_score);
  for (const double rate : model.alert_rates.per_day) out.number(rate);
  out.number(ticks(model.first));
  out.number(ticks(model.last));
  out.number(static_cast<std::uint64_t>(model.rows));
  out.number(static_cast<std::uint8_t>(model.ready));
  out.number(forest);
}

Result<EntityModel> read_entity(ByteReader& in, std::size_t features,
                                const std::vector<ForestPointer>& forests) {
  ContextModel context = read_context(in);
  std::vector<UsualRange> ranges(context.columns.size());
  for (UsualRange& range : ranges) {
    range.low = in.number<double>();
    range.high = in.number<double>();
    range.width = in.number<double>();
    range.zero = in.number<double>();
  }
  const auto usual_score = in.number<double>();
  AlertRates alert_rates;
  for (double& rate : alert_rates.per_day) rate = in.number<double>();
  const TimePoint first = read_time(in);
  const TimePoint last = read_time(in);
  const auto rows = static_cast<std::size_t>(in.number<std::uint64_t>());
  const bool ready = in.number<std::uint8_t>() != 0;
  const auto forest = in.number<std::uint64_t>();
  if (!in.ok() || !consistent(context, features) || forest >= forests.size()) {
    return Error{ErrorKind::state, "model is short or inconsistent", "invalid"};
  }
  // A shared forest knows nothing of relations, whose columns come last.
  const std::size_t width = forests[forest]->feature_count();
  if (width > context.columns.size() ||
      std::any_of(context.columns.begin() + static_cast<std::ptrdiff_t>(width),
                  context.columns.end(),
                  [](const ContextColumn& c) { return c.kind != ContextKind::relation; })) {
    return Error{ErrorKind::state, "forest and context differ in width", "invalid"};
  }
  return EntityModel{.context = std::move(context),
                     .ranges = std::move(ranges),
                     .forest = forests[forest],
                     .usual_score = usual_score,
                     .alert_rates = alert_rates,
                     .first = first,
                     .last = last,
                     .rows = rows,
                     .ready = ready};
}

// Each forest once, in the order of its first entity; the one for entities to come last if no
// entity has it.
class ForestList {
 public:
  explicit ForestList(const TrainedModel& model) {
    for (const auto& [entity, entity_model] : model.entities) add(entity_model->forest);
    if (model.shared) add(model.shared);
  }
  const std::vector<ForestPointer>& all() const { return all_; }
  /// Returns the number of a forest; that of none is their count.
  std::uint64_t place(const ForestPointer& forest) const {
    return forest ? places_.at(forest.get()) : all_.size();
  }

 private:
  void add(const ForestPointer& forest) {
    if (places_.emplace(forest.get(), all_.size()).second) all_.push_back(forest);
  }

  std::vector<ForestPointer> all_;
  std::map<const forest::IsolationForest*, std::uint64_t> places_;
};

Result<std::vector<ForestPointer>> read_forests(ByteReader& in) {
  std::vector<ForestPointer> forests;
  const std::size_t count = in.count(8);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto forest = forest::decode(in.block());
    if (!forest) return std::move(forest).error();
    forests.push_back(std::make_shared<const forest::IsolationForest>(*std::move(forest)));
  }
  return forests;
}

}  // namespace

void write_labels(ByteWriter& out, const Labels& labels) {
  out.number(static_cast<std::uint64_t>(labels.pairs().size()));
  for (const auto& [name, value] : labels.pairs()) {
    out.text(name);
    out.text(value);
  }
}

Labels read_labels(ByteReader& in) {
  std::vector<Labels::Pair> pairs(in.count(16));
  for (auto& [name, value] : pairs) {
    name = in.text();
    value = in.text();
  }
  return Labels(std::move(pairs));
}

std::vector<std::byte> encode_model(const TrainedModel& model) {
  ByteWriter out;
  out.number(kVersion);
  out.number(model.spec_checksum);
  out.number(ticks(model.trained_at));
  out.number(static_cast<std::uint64_t>(model.features.size()));
  for (const std::string& feature : model.features) out.text(feature);
  const ForestList forests(model);
  out.number(static_cast<std::uint64_t>(forests.all().size()));
  for (const ForestPointer& forest : forests.all()) out.block(forest::encode(*forest));
  out.number(forests.place(model.shared));
  out.number(static_cast<std::uint64_t>(model.entities.size()));
  for (const auto& [entity, entity_model] : model.entities) {
    write_labels(out, entity);
    write_entity(out, *entity_model, forests.place(entity_model->forest));
  }
  return std::move(out).take();
}

Result<TrainedModel> decode_model(std::span<const std::byte> bytes,
                                  const std::shared_ptr<const Calendar>& calendar) {
  ByteReader in(bytes);
  if (const auto version = in.number<std::uint32_t>(); version != kVersion) {
    return Error{ErrorKind::state, "model version is not 3: " + std::to_string(version), "version"};
  }
  TrainedModel model;
  model.spec_checksum = in.number<std::uint64_t>();
  model.trained_at = read_time(in);
  const std::size_t features = in.count(8);
  for (std::size_t i = 0; i < features; ++i) model.features.push_back(in.text());
  const auto forests = read_forests(in);
  if (!forests) return forests.error();
  if (const auto shared = in.number<std::uint64_t>(); shared < forests->size()) {
    model.shared = (*forests)[shared];
  } else if (shared > forests->size()) {
    in.fail();
  }
  const std::size_t entities = in.count(16);
  for (std::size_t i = 0; i < entities; ++i) {
    Labels entity = read_labels(in);
    auto entity_model = read_entity(in, features, *forests);
    if (!entity_model) return std::move(entity_model).error().in(entity.to_string());
    entity_model->context.calendar = calendar;
    model.entities.emplace(std::move(entity),
                           std::make_shared<const EntityModel>(*std::move(entity_model)));
  }
  if (!in.finished())
    return Error{ErrorKind::state, "model is short or has bytes left over", "invalid"};
  return model;
}

}  // namespace exporter
