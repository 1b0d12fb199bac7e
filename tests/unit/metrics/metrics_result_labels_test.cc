#include <catch2/catch.hpp>

#include "exporter/metrics/result_labels.h"

using namespace exporter;

namespace {

std::string labels_of(const std::vector<Labels::Pair>& pairs, const std::string& detector = "d") {
  ResultLabels labels(detector);
  labels.write(Labels(pairs));
  return std::string(labels.text());
}

bool ambiguous(const std::vector<Labels::Pair>& pairs) {
  ResultLabels labels("d");
  labels.write(Labels(pairs));
  return labels.ambiguous();
}

}  // namespace

TEST_CASE("labels are sorted by name, job and instance are never missing", "[metrics]") {
  CHECK(labels_of({}) == R"(detector="d",instance="",job="")");
  CHECK(labels_of({{"job", "node"}, {"zone", "z"}, {"app", "a"}}) ==
        R"(app="a",detector="d",instance="",job="node",zone="z")");
}

TEST_CASE("source labels that collide with ours are renamed", "[metrics]") {
  CHECK(labels_of({{"detector", "smoke"}, {"feature", "f"}, {"instance", "i"}, {"job", "j"}}) ==
        R"(detector="d",exported_detector="smoke",exported_feature="f",instance="i",job="j")");
  CHECK(labels_of({{"model", "m"}, {"reason", "r"}, {"state", "s"}}) ==
        R"(detector="d",exported_model="m",exported_reason="r",exported_state="s",instance="",)"
        R"(job="")");
}

TEST_CASE("source labels that mean something to Prometheus are renamed", "[metrics]") {
  CHECK(labels_of({{"__name__", "n"}, {"le", "1"}, {"quantile", "0.5"}, {"instance", "i"}}) ==
        R"(detector="d",exported___name__="n",exported_le="1",exported_quantile="0.5",)"
        R"(instance="i",job="")");
}

TEST_CASE("values are escaped, bytes that are no UTF-8 replaced", "[metrics]") {
  CHECK(labels_of({{"x", "a\nb\"c\\d\te"}}) ==
        "detector=\"d\",instance=\"\",job=\"\",x=\"a\\nb\\\"c\\\\d\te\"");
  CHECK(labels_of({{"x", "h\xC3\xB6st\xFF!"}}) ==
        "detector=\"d\",instance=\"\",job=\"\",x=\"h\xC3\xB6st\xEF\xBF\xBD!\"");
  CHECK(labels_of({}, "a\"b\n") == R"(detector="a\"b\n",instance="",job="")");
  const std::string longest(10'000, '"');
  CHECK(labels_of({{"x", longest}}).size() == 20'000 + labels_of({{"x", "y"}}).size() - 1);
}

TEST_CASE("names that only newer servers know get underscores, of equal ones the first stays",
          "[metrics]") {
  CHECK(labels_of({{"service.name", "1"}, {"service-name", "2"}, {"9", "3"}}) ==
        R"(_9="3",detector="d",instance="",job="",service_name="2")");
  CHECK(labels_of({{"de-tector", "x"}, {"", "y"}}) ==
        R"(_="y",de_tector="x",detector="d",instance="",job="")");
}

TEST_CASE("labels tell whether other ones could read the same", "[metrics]") {
  CHECK_FALSE(ambiguous({{"instance", "a\nb\"\\"}, {"job", "h\xC3\xB6st"}}));
  CHECK(ambiguous({{"instance", "\xFF"}}));
  CHECK(ambiguous({{"service.name", "a"}}));
  CHECK(ambiguous({{"detector", "a"}}));
}

TEST_CASE("entities of different names follow each other", "[metrics]") {
  ResultLabels labels("d");
  const auto written = [&](const std::vector<Labels::Pair>& pairs) {
    labels.write(Labels(pairs));
    return std::string(labels.text());
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(written({{"instance", "a"}}) == R"(detector="d",instance="a",job="")");
    CHECK(written({{"instance", "b"}}) == R"(detector="d",instance="b",job="")");
    CHECK(written({{"pod", "b"}}) == R"(detector="d",instance="",job="",pod="b")");
    CHECK(written({{"instance", "b"}, {"pod", "c"}}) ==
          R"(detector="d",instance="b",job="",pod="c")");
    CHECK(written({{"detector", "e"}}) ==
          R"(detector="d",exported_detector="e",instance="",job="")");
    CHECK_FALSE(written({{"instance", "a"}}).empty());
    CHECK_FALSE(labels.ambiguous());
  }
}

TEST_CASE("a feature label has its place in the order", "[metrics]") {
  ResultLabels labels("d");
  labels.write(Labels(std::vector<Labels::Pair>{{"app", "a"}, {"fan", "f"}, {"gpu", "g"}}));
  std::string with = std::string(labels.text());
  with.insert(labels.feature_at(), R"(feature="x",)");
  CHECK(with == R"(app="a",detector="d",fan="f",feature="x",gpu="g",instance="",job="")");
}
