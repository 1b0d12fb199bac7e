"""What a trained exporter serves: scores, formats, predictions; read as Prometheus and people read it."""
import json
import os
import re
import subprocess
import unittest

import support
from support import FEATURES, HOSTS, OPENMETRICS, fetch, select, wait_for

ROOT = os.environ["ANOMALY_ROOT"]
PER_ENTITY = ["anomaly_score", "anomaly_score_threshold", "anomaly_severity_ratio", "anomaly_detected", "anomaly_active",
              "anomaly_feature_coverage_ratio"]


class Serving(support.ExporterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = os.path.join(cls.shared, "exporter")
        os.makedirs(cls.folder)
        cls.config = os.path.join(cls.folder, "config.yaml")
        cls.write_config(cls)
        cls.exporter = support.Exporter(cls.config)
        cls.addClassCleanup(lambda: cls.exporter.end())
        cls.exporter.wait_scores()

    def setUp(self):
        pass

    def test_each_entity_has_its_results_with_its_labels(self):
        series = self.exporter.metrics()
        for name in PER_ENTITY:
            for host in HOSTS:
                with self.subTest(name=name, host=host):
                    found = [(labels, value) for (other, labels), value in series.items()
                             if other == name and ("instance", host) in labels]
                    self.assertEqual([frozenset({"detector": "fleet", "instance": host, "job": ""}.items())],
                                     [labels for labels, _ in found])
        for host in HOSTS:
            score, threshold, severity, detected = (
                select(series, name, instance=host)[0] for name in PER_ENTITY[:4])
            self.assertTrue(0 < score <= 1 and 0 < threshold < 1, (score, threshold))
            self.assertAlmostEqual((score - threshold) / (1 - threshold), severity)
            self.assertIn(detected, (0, 1))
            self.assertEqual([1], select(series, "anomaly_feature_coverage_ratio", instance=host))
        self.assertEqual([len(HOSTS)], select(series, "anomaly_entities", detector="fleet"))
        self.assertEqual(sum(select(series, "anomaly_active")), sum(select(series, "anomaly_entities_active")))

    def test_promtool_finds_nothing_wrong_with_the_metrics(self):
        _, headers, text = self.exporter.get("/metrics")
        self.assertEqual("text/plain; version=0.0.4; charset=utf-8", headers["Content-Type"])
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_the_openmetrics_format_ends_as_it_must(self):
        _, headers, text = self.exporter.get("/metrics", Accept=OPENMETRICS)
        self.assertEqual("application/openmetrics-text; version=1.0.0; charset=utf-8", headers["Content-Type"])
        self.assertTrue(text.endswith("\n# EOF\n"), text[-100:])
        self.assertEqual(1, text.count("# EOF"))
        self.assertEqual([], [line for line in text.splitlines() if not line or re.match(r"# (?!HELP |TYPE |EOF$)", line)])
        self.assertIn("# TYPE anomaly_exporter_evaluations counter\n", text)
        self.assertIn('anomaly_exporter_evaluations_total{detector="fleet"} ', text)

    def test_a_real_prometheus_scrapes_it_and_keeps_the_entity_labels(self):
        target = self.exporter.url.removeprefix("http://")
        scraper = support.Prometheus(os.path.join(self.shared, "scraper"), f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: anomaly_exporter
    honor_labels: true
    static_configs: [{{targets: ["{target}"]}}]
""")
        self.addCleanup(scraper.end)
        wait_for("a successful scrape", lambda: scraper.query("up == 1"))
        scores = wait_for("scores in Prometheus", lambda: scraper.query("anomaly_score"))
        self.assertEqual(sorted(HOSTS), sorted(each["metric"]["instance"] for each in scores))
        self.assertEqual({"__name__", "detector", "instance"}, set(scores[0]["metric"]))
        own = scraper.query("anomaly_exporter_build_info")
        self.assertEqual(target, own[0]["metric"]["instance"])

    def test_rules_and_readme_name_metrics_that_exist(self):
        names = set(re.findall(r"^# TYPE (\S+)", self.exporter.get("/metrics")[2], re.MULTILINE))
        names |= {f"{name}{end}" for name in names for end in ("_sum", "_count", "_bucket")}
        names |= {"anomaly_feature_contribution",  # there while something is detected
                  "anomaly_exporter_alert_budget_per_day"}  # there where alert_budget is set
        for path in ["rules/anomaly.yml", "rules/anomaly_exporter.yml", "README.md",
                     *(f"rules/runbooks/{name}" for name in os.listdir(os.path.join(ROOT, "rules/runbooks")))]:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                text = file.read()
            named = set(re.findall(r"\b(?:anomaly|process)_\w*[a-z]\b(?!\.\w|/|:)", text))
            unknown = {name for name in named - names if not name.startswith("anomaly_exporter") or "_exporter_" in name}
            self.assertEqual(set(), unknown, path)

    def test_the_scores_of_the_same_seed_are_the_forests(self):
        row = [0.4, 2.0, 120.0]
        status, text = self.exporter.post("/prediction", {"feature_vector": row, "score": True,
                                                          "entity": {"instance": "db-1"}})
        self.assertEqual(200, status, text)
        usual = json.loads(text)
        self.assertEqual(usual["anomaly_score"], -usual["score"])
        self.assertEqual(usual["anomaly_score"], usual["anomoly_score"])
        far = [0.4, 2.0, 12000.0]
        batch = json.loads(self.exporter.post("/prediction", {
            "feature_vectors": [row, far], "score": True, "entity": {"instance": "db-1"}})[1])["predictions"]
        self.assertEqual(2, len(batch))
        self.assertGreater(batch[1]["score"], batch[0]["score"])
        self.assertEqual(-1, batch[1]["is_inlier"])

    def test_prediction_says_what_is_wrong_with_a_request(self):
        entity = {"instance": "db-1"}
        for status, part, body in [
                (422, "feature_vector", {"feature_vector": [0.4], "entity": entity}),
                (422, "feature_vector", {"feature_vector": ["x", 1, 2], "entity": entity}),
                (422, "entity", {"feature_vector": [0.4, 2, 120]}),
                (404, "entity", {"feature_vector": [0.4, 2, 120], "entity": {"instance": "nobody"}}),
                (404, "model", {"feature_vector": [0.4, 2, 120], "model": "nobody"}),
                (422, "", b"not json")]:
            with self.subTest(body=body):
                answered, text = self.exporter.post("/prediction", body)
                self.assertEqual(status, answered, text)
                answer = json.loads(text)
                self.assertEqual("error", answer["status"])
                self.assertIn(part, str(answer["detail"][0]["loc"]))

    def test_model_information_names_the_parameters(self):
        status, _, text = self.exporter.get("/model_information")
        information = json.loads(text)
        self.assertEqual((200, 100, 1024, 16, FEATURES), (status, information["n_estimators"], information["max_samples"],
                                                         information["random_state"], information["features"]))
        self.assertEqual(404, self.exporter.get("/model_information?model=nobody")[0])

    def test_the_pages_for_people_and_probes_answer(self):
        self.assertEqual((200, 200), (self.exporter.get("/-/healthy")[0], self.exporter.get("/-/ready")[0]))
        self.assertIn("fleet", self.exporter.get("/")[2])
        self.assertIn("fleet_requests", self.exporter.get("/config")[2])
        self.assertEqual(404, self.exporter.get("/nothing")[0])
        self.assertEqual(405, fetch(self.exporter.url + "/-/reload")[0])


if __name__ == "__main__":
    unittest.main()
