#include <catch2/catch.hpp>
#include <cmath>

#include "exporter/model/codec.h"
#include "exporter/model/entity_training.h"

using namespace exporter;

namespace {

TrainedModel trained() {
  DetectorSpec spec;
  spec.by = {"instance"};
  spec.interval = std::chrono::minutes(1);
  spec.forest.trees = 10;
  spec.features = {{"a", "a", MissingPolicy::gap}, {"b", "b", MissingPolicy::gap}};
  const TimeGrid grid{TimePoint{std::chrono::hours(24 * 20000)}, spec.interval, 2880 * 2};
  forest::Matrix raw(static_cast<Eigen::Index>(grid.size), 2);
  for (Eigen::Index i = 0; i < raw.rows(); ++i) {
    const double t = static_cast<double>(i);
    raw.row(i) << std::sin(t / 229.2) * 9 + std::sin(t * 12.9898),
        std::sin(t / 229.2) * 9 + std::cos(t * 78.233);
  }
  TrainedModel model;
  model.spec_checksum = 42;
  model.features = {"a", "b"};
  model.trained_at = grid.last();
  model.entities[Labels(std::vector<Labels::Pair>{{"instance", "x"}})] =
      std::make_shared<const EntityModel>(*train_entity(spec, grid, raw));
  return model;
}

}  // namespace

TEST_CASE("a model comes back with bit-equal scores and bytes") {
  const TrainedModel model = trained();
  const auto bytes = encode_model(model);
  const auto back = decode_model(bytes);
  REQUIRE(back);
  CHECK(encode_model(*back) == bytes);
  CHECK(back->spec_checksum == 42);
  CHECK(back->trained_at == model.trained_at);
  const Labels x(std::vector<Labels::Pair>{{"instance", "x"}});
  const std::vector<double> raw{3, 4};
  const forest::Matrix no_window(0, 2);
  CHECK(score_row(*back->find(x), model.trained_at, no_window, raw)->score ==
        score_row(*model.find(x), model.trained_at, no_window, raw)->score);
}

TEST_CASE("a model cut off anywhere is refused, and never crashes") {
  const auto bytes = encode_model(trained());
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 50) {
    const auto back = decode_model(std::span(bytes).first(size));
    REQUIRE_FALSE(back);
    CHECK(back.error().kind == ErrorKind::state);
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_model(longer));
}

TEST_CASE("flipped bytes never crash, whatever comes of them") {
  const auto bytes = encode_model(trained());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 1 + at / 40) {
    auto broken = bytes;
    broken[at] ^= std::byte{0xff};
    refused += decode_model(broken) ? 0 : 1;
  }
  CHECK(refused > 0);
}

TEST_CASE("a forest that entities share is written once, and shared again when read") {
  const TrainedModel apart = trained();
  TrainedModel model = apart;
  const auto entity = model.entities.begin()->second;
  model.entities[Labels(std::vector<Labels::Pair>{{"instance", "y"}})] = entity;
  model.shared = entity->forest;
  const auto bytes = encode_model(model);
  CHECK(bytes.size() < encode_model(apart).size() * 3 / 2);
  const auto back = decode_model(bytes);
  REQUIRE(back);
  REQUIRE(back->entities.size() == 2);
  CHECK(back->entities.begin()->second->forest == back->shared);
  CHECK(back->entities.rbegin()->second->forest == back->shared);
  CHECK(encode_model(*back) == bytes);
  CHECK(decode_model(encode_model(apart))->shared == nullptr);
}
