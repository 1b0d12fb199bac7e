#include <fmt/format.h>

#include <cstdint>

#include "exporter/config/config.h"
#include "exporter/hash.h"

namespace exporter {
namespace {

/// A hash over parts that each open with their length, so that no two lists read alike.
class Checksum {
 public:
  Checksum& add(std::string_view part) {
    hash_.add(fmt::format("{}:", part.size())).add(part);
    return *this;
  }
  Checksum& add(std::uint64_t number) { return add(fmt::format("{}", number)); }
  Checksum& add(Duration length) { return add(fmt::format("{}ms", length.count())); }
  std::uint64_t value() const { return hash_.value(); }

 private:
  Fnv1a hash_;
};

Checksum training_part(const DetectorSpec& spec) {
  Checksum sum;
  sum.add("by").add(spec.by.size());
  for (const auto& label : spec.by) sum.add(label);
  sum.add("interval").add(spec.interval).add("season").add(spec.season.size());
  for (const Duration period : spec.season) sum.add(period);
  sum.add("features").add(spec.features.size());
  for (const auto& feature : spec.features) {
    sum.add(feature.name)
        .add(feature.query)
        .add(feature.missing == MissingPolicy::zero ? "zero" : "gap");
  }
  if (spec.scope != Scope::automatic) {
    sum.add("scope").add(spec.scope == Scope::shared ? "shared" : "entity");
  }
  if (spec.timezone != "UTC") sum.add("timezone").add(spec.timezone);
  if (spec.calendar && !spec.calendar->holidays().empty()) {
    sum.add("holidays");
    for (const Day day : spec.calendar->holidays()) {
      sum.add(static_cast<std::uint64_t>(day.time_since_epoch().count()));
    }
  }
  sum.add("forest").add(spec.forest.trees).add(spec.forest.sample).add(spec.forest.seed);
  return sum;
}

// Keys that are not training's, each only when it says something: a file saved before they were
// known stays that of the same detector.
void add_later_keys(Checksum& sum, const DetectorSpec& spec) {
  const auto number = [](double value) { return fmt::format("{}", value); };
  if (spec.alert_budget) sum.add("alert_budget").add(number(*spec.alert_budget));
  if (!spec.presence.empty()) sum.add("presence").add(spec.presence);
  if (const AbsenceConfig usual;
      spec.absence.after != usual.after || spec.absence.forget != usual.forget) {
    sum.add("absence").add(spec.absence.after).add(spec.absence.forget);
  }
  for (const FeatureSpec& feature : spec.features) {
    const std::string_view at = feature.name;
    if (feature.direction != Direction::both) {
      sum.add("direction").add(at).add(feature.direction == Direction::up ? "up" : "down");
    }
    if (feature.min_deviation > 0) {
      sum.add("min_deviation").add(at).add(number(feature.min_deviation));
    }
    if (feature.min_deviation_ratio > 0) {
      sum.add("min_deviation_ratio").add(at).add(number(feature.min_deviation_ratio));
    }
    if (feature.range) {
      sum.add("range").add(at).add(number(feature.range->low)).add(number(feature.range->high));
    }
  }
}

}  // namespace

std::uint64_t DetectorSpec::training_checksum() const { return training_part(*this).value(); }

std::uint64_t DetectorSpec::checksum() const {
  Checksum sum = training_part(*this);
  sum.add("name")
      .add(name)
      .add("history")
      .add(history)
      .add("retrain")
      .add(retrain)
      .add("sensitivity")
      .add(fmt::format("{}", sensitivity))
      .add("novelty")
      .add(novelty)
      .add("hysteresis")
      .add(hysteresis);
  add_later_keys(sum, *this);
  return sum.value();
}

}  // namespace exporter
