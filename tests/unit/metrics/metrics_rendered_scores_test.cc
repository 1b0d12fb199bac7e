#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "exporter/metrics/rendered_scores.h"
#include "exposition_reader.h"

using namespace exporter;

namespace {

EntityScore entity(const std::vector<Labels::Pair>& pairs, double score = 0.5) {
  EntityScore each;
  each.entity = Labels(pairs);
  each.score = score;
  each.threshold = 0.6;
  each.coverage = 1;
  return each;
}

ScoreBatch batch_of(std::vector<EntityScore> scores) {
  ScoreBatch batch;
  batch.entities = scores.size();
  batch.scores = std::move(scores);
  return batch;
}

std::string text_of(const RenderedScores& rendered, std::string_view family) {
  const auto families = result_families();
  const auto found = std::ranges::find(families, family, &ResultFamily::name);
  REQUIRE(found != families.end());
  std::string text;
  for (const auto& piece : rendered.families[static_cast<std::size_t>(found - families.begin())])
    text += *piece.text;
  return text;
}

}  // namespace

TEST_CASE("a batch has one line per family and entity", "[metrics]") {
  auto x = entity({{"instance", "x"}}, 0.9);
  x.detected = x.active = true;
  x.coverage = 0.5;
  const auto rendered =
      render_scores("node", batch_of({x, entity({{"instance", "y"}}, 0.1 + 0.2)}));
  const std::string of_x = R"({detector="node",instance="x",job=""} )";
  const std::string of_y = R"({detector="node",instance="y",job=""} )";
  const auto both = [&](const std::string& name, const char* first, const char* second) {
    CHECK(text_of(rendered, name) == name + of_x + first + '\n' + name + of_y + second + '\n');
  };
  both("anomaly_active", "1", "0");
  both("anomaly_detected", "1", "0");
  both("anomaly_feature_coverage_ratio", "0.5", "1");
  both("anomaly_score", "0.9", "0.30000000000000004");
  both("anomaly_score_threshold", "0.6", "0.6");
  CHECK(text_of(rendered, "anomaly_entities") == "anomaly_entities{detector=\"node\"} 2\n");
  CHECK(text_of(rendered, "anomaly_entities_active") ==
        "anomaly_entities_active{detector=\"node\"} 1\n");
  CHECK(rendered.duplicates == 0);
}

TEST_CASE("values that are no numbers are spelt as Prometheus spells them", "[metrics]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto rendered = render_scores(
      "d",
      batch_of({entity({{"instance", "a"}}, std::nan("")), entity({{"instance", "b"}}, kInfinity),
                entity({{"instance", "c"}}, -kInfinity), entity({{"instance", "d"}}, 5e-324)}));
  const auto text = text_of(rendered, "anomaly_score");
  CHECK_THAT(text, Catch::Contains("instance=\"a\",job=\"\"} NaN\n"));
  CHECK_THAT(text, Catch::Contains("instance=\"b\",job=\"\"} +Inf\n"));
  CHECK_THAT(text, Catch::Contains("instance=\"c\",job=\"\"} -Inf\n"));
  CHECK_THAT(text, Catch::Contains("instance=\"d\",job=\"\"} 5e-324\n"));
}

TEST_CASE("a batch without scores tells its entities alone", "[metrics]") {
  auto batch = batch_of({});
  batch.entities = 2;
  const auto rendered = render_scores("d", batch);
  CHECK(text_of(rendered, "anomaly_entities") == "anomaly_entities{detector=\"d\"} 2\n");
  CHECK(text_of(rendered, "anomaly_score").empty());
  const auto families = result_families();
  for (std::size_t i = 0; i < families.size(); ++i) {
    CHECK(rendered.families[i].empty() == (families[i].of_batch == nullptr));
  }
}

TEST_CASE("an absent entity has one series, in its place among the others", "[metrics]") {
  auto batch = batch_of({entity({{"instance", "b"}}), entity({{"instance", "d"}})});
  batch.missing = {
      {.entity = Labels(std::vector<Labels::Pair>{{"instance", "a"}}), .since = {}, .absent = true},
      {.entity = Labels(std::vector<Labels::Pair>{{"instance", "c"}}),
       .since = {},
       .absent = false}};
  batch.absent = 1;
  const auto rendered = render_scores("n", batch);
  std::string expected;
  for (const char* line :
       {"a\",job=\"\"} 1", "b\",job=\"\"} 0", "c\",job=\"\"} 0", "d\",job=\"\"} 0"})
    expected += std::string("anomaly_entity_absent{detector=\"n\",instance=\"") + line + '\n';
  CHECK(text_of(rendered, "anomaly_entity_absent") == expected);
  CHECK(text_of(rendered, "anomaly_entities_absent") ==
        "anomaly_entities_absent{detector=\"n\"} 1\n");
  const auto scores = text_of(rendered, "anomaly_score");
  CHECK(std::ranges::count(scores, '\n') == 2);
  CHECK_THAT(scores, !Catch::Contains("instance=\"a\""));
}

TEST_CASE("an absent entity that reads as another one leaves a single series", "[metrics]") {
  auto batch = batch_of({entity({{"a-b", "1"}})});
  batch.missing = {
      {.entity = Labels(std::vector<Labels::Pair>{{"a.b", "1"}}), .since = {}, .absent = true},
      {.entity = Labels(std::vector<Labels::Pair>{{"a.b", "2"}}), .since = {}, .absent = true}};
  const auto rendered = render_scores("n", batch);
  CHECK(rendered.duplicates == 1);
  CHECK(std::ranges::count(text_of(rendered, "anomaly_entity_absent"), '\n') == 2);
}

TEST_CASE("of entities that read the same the first stays, the others are counted", "[metrics]") {
  const auto rendered = render_scores(
      "d", batch_of({entity({{"instance", "\xEF\xBF\xBD"}}, 0.1),  // reads as the broken ones do
                     entity({{"instance", "a"}}, 0.2), entity({{"instance", "\xFE"}}, 0.3),
                     entity({{"instance", "\xFF"}}, 0.4), entity({{"instance", "a"}}, 0.5),
                     entity({{"instance", "b"}}, 0.6)}));
  CHECK(rendered.duplicates == 3);
  const auto text = text_of(rendered, "anomaly_score");
  CHECK(std::ranges::count(text, '\n') == 3);
  for (const char* kept : {"} 0.1\n", "} 0.2\n", "} 0.6\n"})
    CHECK_THAT(text, Catch::Contains(kept));
}

TEST_CASE("label names that become one leave one of the entities", "[metrics]") {
  const auto rendered =
      render_scores("d", batch_of({entity({{"a-b", "1"}}, 0.1), entity({{"a.b", "1"}}, 0.2),
                                   entity({{"a_b", "1"}}, 0.3), entity({{"a_b", "2"}}, 0.4)}));
  CHECK(rendered.duplicates == 2);
  CHECK(text_of(rendered, "anomaly_score") ==
        "anomaly_score{a_b=\"1\",detector=\"d\",instance=\"\",job=\"\"} 0.1\n"
        "anomaly_score{a_b=\"2\",detector=\"d\",instance=\"\",job=\"\"} 0.4\n");
}

TEST_CASE("a family is cut between lines, however long they are", "[metrics]") {
  std::vector<EntityScore> scores;
  for (int i = 1000; i < 1400; ++i) {
    scores.push_back(entity({{"instance", std::to_string(i) + std::string(10'000, 'v')}}));
  }
  const auto rendered = render_scores("d", batch_of(scores));
  std::size_t lines = 0;
  for (const auto& pieces : rendered.families) {
    for (const auto& piece : pieces) {
      REQUIRE(piece.text->back() == '\n');
      CHECK(piece.text->size() < 160 * 1024);
      lines += static_cast<std::size_t>(std::ranges::count(*piece.text, '\n'));
    }
  }
  CHECK(lines == 400 * kSeriesPerEntity + 3);
}

namespace {

// Three entities of two features; b is active, c is too and worse.
ScoreBatch explained() {
  auto batch = batch_of({entity({{"instance", "a"}}), entity({{"instance", "b"}}, 0.7),
                         entity({{"instance", "c"}}, 0.8)});
  batch.scores[1].active = batch.scores[2].active = true;
  batch.scores[0].contributions = {{.feature = 0, .share = 1}};  // detected, not active
  batch.scores[1].contributions = {{.feature = 1, .share = 0.75}, {.feature = 0, .share = 0.25}};
  batch.features = {"cpu", "lo\"ad"};
  batch.values = forest::Matrix(3, 2);
  batch.values << 1, 2, 3, 4, 5, std::nan("");
  batch.expected = forest::Matrix(3, 2);
  batch.expected << 1.5, 2.5, 3.5, 4.5, std::nan(""), 6.5;
  return batch;
}

std::size_t lines_of(const RenderedScores& rendered, std::string_view family) {
  return static_cast<std::size_t>(std::ranges::count(text_of(rendered, family), '\n'));
}

}  // namespace

TEST_CASE("features have their values and expectations, active entities their reasons",
          "[metrics]") {
  const auto rendered = render_scores("d", explained());
  const auto of = [](const std::string& name, char instance, const char* feature,
                     const char* value) {
    return name + "{detector=\"d\",feature=\"" + feature + "\",instance=\"" + instance +
           "\",job=\"\"} " + value + '\n';
  };
  const std::string value = "anomaly_feature_value", expected = "anomaly_feature_expected";
  const std::string share = "anomaly_feature_contribution";
  const char* const load = "lo\\\"ad";
  // What is missing has no series.
  CHECK(text_of(rendered, value) == of(value, 'a', "cpu", "1") + of(value, 'a', load, "2") +
                                        of(value, 'b', "cpu", "3") + of(value, 'b', load, "4") +
                                        of(value, 'c', "cpu", "5"));
  CHECK(text_of(rendered, expected) ==
        of(expected, 'a', "cpu", "1.5") + of(expected, 'a', load, "2.5") +
            of(expected, 'b', "cpu", "3.5") + of(expected, 'b', load, "4.5") +
            of(expected, 'c', load, "6.5"));
  CHECK(text_of(rendered, share) == of(share, 'b', "cpu", "0.25") + of(share, 'b', load, "0.75"));
}

TEST_CASE("beyond the limit features are shown of active entities, the worst first", "[metrics]") {
  const auto batch = explained();
  CHECK(lines_of(render_scores("d", batch, {.feature_series = 6}), "anomaly_feature_value") == 5);
  const auto active = render_scores("d", batch, {.feature_series = 5});
  CHECK(lines_of(active, "anomaly_feature_value") == 3);
  CHECK_THAT(text_of(active, "anomaly_feature_value"), !Catch::Contains("instance=\"a\""));
  const auto worst = render_scores("d", batch, {.feature_series = 3});
  CHECK_THAT(text_of(worst, "anomaly_feature_expected"), Catch::Contains("instance=\"c\""));
  CHECK(lines_of(worst, "anomaly_feature_value") == 1);
  CHECK(lines_of(worst, "anomaly_feature_contribution") == 0);
  CHECK(lines_of(render_scores("d", batch, {.feature_series = 1}), "anomaly_feature_value") == 0);
}

TEST_CASE("a batch never takes more series than it may, entities come first", "[metrics]") {
  const auto batch = explained();
  for (std::size_t limit = 24; limit < 54; ++limit) {
    const auto rendered = render_scores("d", batch, {.series = limit});
    std::size_t lines = 0;
    for (const auto& family : result_families()) lines += lines_of(rendered, family.name);
    CHECK(lines <= limit);
    CHECK(lines_of(rendered, "anomaly_score") == 3);
  }
  CHECK(lines_of(render_scores("d", batch, {.series = 24}), "anomaly_feature_value") == 0);
  CHECK(lines_of(render_scores("d", batch, {.series = 42}), "anomaly_feature_value") == 5);
}
