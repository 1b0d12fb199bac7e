"""Model files served by POST /prediction alone, without a Prometheus: what a client of the Python service sees, and hostile bodies."""
import csv
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

import support

BODIES = [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100000, b'{"feature_vector":[1e999,1]}',
          b'{"feature_vector":[]}', b'{"feature_vector":[1,2,3]}', b'{"feature_vectors":[[1,2],[1]]}', b'{"feature_vector":{}}',
          b'{"feature_vector":[1,2],"time":1e300}', b'{"feature_vector":[1,2],"entity":{"a":"b"}}',
          b'{"feature_vector":[1,2],"model":"\\ud800"}', b'{"feature_vector":[1,2],"modle":"x"}', b'{"feature_vector":[1,2]}{}']


class Prediction(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="anomaly_exporter_test.")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        draw = random.Random(16)
        self.rows = [[draw.gauss(0.5, 0.1), draw.gauss(0.2, 0.05)] for _ in range(500)] + [[5.0, 0.2]]
        with open(self.path("train.csv"), "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["mean", "sd"], *self.rows])
        self.train("--contamination", "0.01", "--seed", "16")
        self.write_config("models: [{name: mean_sd, file: mean_sd.model}]\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_config(self, text):
        with open(self.path("config.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def run_binary(self, *arguments):
        done = subprocess.run([support.BINARY, *arguments], capture_output=True, text=True, timeout=support.DEADLINE,
                              check=False, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr

    def train(self, *arguments):
        code, _, said = self.run_binary("train", "--csv", "train.csv", "-o", "mean_sd.model", *arguments)
        self.assertEqual(0, code, said)

    def start(self):
        exporter = support.Exporter(self.path("config.yaml"))
        self.addCleanup(exporter.end)
        return exporter

    def answer(self, exporter, body, expected=200):
        status, text = exporter.post("/prediction", body)
        self.assertEqual(expected, status, text)
        return json.loads(text)

    def test_models_alone_are_served_at_once_with_the_scores_of_the_command(self):
        exporter = self.start()
        self.assertEqual(200, exporter.get("/-/ready")[0])
        self.assertEqual(200, exporter.get("/")[0])
        code, text, said = self.run_binary("score", "-m", "mean_sd.model", "--csv", "train.csv", "--explain")
        self.assertEqual(0, code, said)
        scored = list(csv.DictReader(text.splitlines()))
        batch = self.answer(exporter, {"feature_vectors": self.rows, "score": True, "explain": True})["predictions"]
        self.assertEqual(len(scored), len(batch))
        for row, values, line in zip(batch, self.rows, scored):
            self.assertEqual(float(line["score"]), row["score"])
            self.assertEqual(int(line["is_inlier"]), row["is_inlier"])
            self.assertEqual(["mean", "sd"], [reason["feature"] for reason in row["contributions"]])
            self.assertEqual(values, [reason["value"] for reason in row["contributions"]])
            for reason in row["contributions"]:
                self.assertAlmostEqual(float(line["contribution_" + reason["feature"]]), reason["contribution"], places=5)
                self.assertLess(abs(reason["expected"] - {"mean": 0.5, "sd": 0.2}[reason["feature"]]), 0.1)
        self.assertEqual(-1, batch[-1]["is_inlier"])
        for values, row in zip(self.rows[:20], batch):
            one = self.answer(exporter, {"feature_vector": values, "score": True, "model": "mean_sd"})
            self.assertEqual(row["score"], one["score"])

    def test_a_client_of_the_python_service_reads_the_same_types_names_and_signs(self):
        exporter = self.start()
        self.assertEqual({"is_inlier": 1}, self.answer(exporter, {"feature_vector": [0.5, 0.2], "score": False}))
        scored = self.answer(exporter, {"feature_vector": [5.0, 0.2], "score": True})
        self.assertIs(int, type(scored["is_inlier"]))
        self.assertEqual(-1, scored["is_inlier"])
        for name in ("anomaly_score", "anomoly_score"):
            self.assertIs(float, type(scored[name]))
            self.assertEqual(-scored["score"], scored[name])
        self.assertTrue(-1 <= scored["anomaly_score"] < -0.5)
        wrong = self.answer(exporter, {"feature_vector": ["x"]}, 422)
        self.assertEqual([{"loc": ["body", "feature_vector", 0], "msg": "value is not a valid float", "type": "type_error.float"}],
                         wrong["detail"])
        told = json.loads(exporter.get("/model_information")[2])
        expected = {"bootstrap": False, "contamination": 0.01, "max_features": 1.0, "max_samples": "auto", "n_estimators": 100,
                    "n_jobs": None, "random_state": 16, "verbose": 0, "warm_start": False}
        self.assertEqual(expected, {name: told[name] for name in expected})
        self.assertEqual((["mean", "sd"], 501, "file"), (told["features"], told["rows"], told["kind"]))
        self.assertEqual(404, exporter.get("/model_information?model=none")[0])

    def test_errors_name_the_field_and_what_was_expected_and_nothing_gives_500(self):
        exporter = self.start()
        said = self.answer(exporter, {"feature_vector": [1]}, 422)
        self.assertEqual("feature_vector has 1 value, model mean_sd has 2 columns: mean, sd", said["error"])
        said = self.answer(exporter, {"feature_vectors": [[1, 2], [1, 2, 3]]}, 422)
        self.assertEqual("feature_vectors.1 has 3 values, model mean_sd has 2 columns: mean, sd", said["error"])
        self.assertEqual(["body", "feature_vectors", 1], said["detail"][0]["loc"])
        said = self.answer(exporter, {"feature_vector": [1, 2], "model": "none"}, 404)
        self.assertEqual("no model or detector named none", said["error"])
        said = self.answer(exporter, {"feature_vector": [1, 2], "entity": {"instance": "a"}}, 422)
        self.assertEqual(["body", "entity"], said["detail"][0]["loc"])
        self.answer(exporter, b'{"feature_vectors":[' + b"[1,2]," * 100000 + b'[1,2]],"score":true,"explain":true}', 413)
        for body in BODIES:
            status, text = exporter.post("/prediction", body)
            self.assertIn(status, (404, 413, 422), (body[:100], text))
            self.assertEqual("error", json.loads(text)["status"])
        self.answer(exporter, {"feature_vector": [None, "NaN"], "score": True})
        self.assertEqual(200, exporter.get("/-/healthy")[0])

    def test_requests_are_counted_by_model_and_outcome(self):
        exporter = self.start()
        prefix = "anomaly_exporter_prediction_"
        self.assertEqual(0, exporter.value(prefix + "requests_total", model="mean_sd", outcome="ok"))
        self.answer(exporter, {"feature_vectors": [[0.5, 0.2], [5, 0.2]]})
        self.answer(exporter, {"feature_vector": [1]}, 422)
        self.answer(exporter, b"{", 422)
        self.assertEqual(1, exporter.value(prefix + "requests_total", model="mean_sd", outcome="ok"))
        self.assertEqual(1, exporter.value(prefix + "requests_total", model="mean_sd", outcome="invalid"))
        self.assertEqual(1, exporter.value(prefix + "requests_total", model="unknown", outcome="invalid"))
        self.assertEqual(1, exporter.value(prefix + "rows_total", model="mean_sd", verdict="outlier"))
        self.assertEqual(2, exporter.value(prefix + "score_count", model="mean_sd"))
        text = exporter.get("/metrics")[2]
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((0, ""), (lint.returncode, lint.stderr))

    def test_a_reload_reads_a_changed_file_and_keeps_the_old_set_on_an_error(self):
        exporter = self.start()
        before = self.answer(exporter, {"feature_vector": [0.5, 0.2], "score": True})["score"]
        self.train("--seed", "7")
        self.assertEqual(before, self.answer(exporter, {"feature_vector": [0.5, 0.2], "score": True})["score"])
        self.assertEqual(200, exporter.post("/-/reload")[0])
        after = self.answer(exporter, {"feature_vector": [0.5, 0.2], "score": True})["score"]
        self.assertNotEqual(before, after)
        with open(self.path("mean_sd.model"), "wb") as file:
            file.write(b"mean,sd\n")
        status, text = exporter.post("/-/reload")
        self.assertEqual(500, status)
        self.assertIn("models: mean_sd: ", text)
        exporter.wait_line(r"level=ERROR .*models: mean_sd: ")
        self.assertEqual(after, self.answer(exporter, {"feature_vector": [0.5, 0.2], "score": True})["score"])
        self.assertEqual(0, exporter.value("anomaly_exporter_config_last_reload_successful"))

    def test_check_prints_the_models_and_a_bad_file_ends_the_start_with_one_line(self):
        code, out, said = self.run_binary("check", "--config.file=config.yaml")
        self.assertEqual((0, ""), (code, said))
        self.assertIn("mean_sd: 100 trees, 2 features (mean, sd), ", out)
        os.remove(self.path("mean_sd.model"))
        for arguments in (["check", "--config.file=config.yaml"], ["--config.file=config.yaml", "--web.listen-address=127.0.0.1:0"]):
            code, _, said = self.run_binary(*arguments)
            self.assertEqual(1, code, said)
            self.assertIn("No such file or directory; name a file that", said.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
