"""The data beside the notebook: the committed command makes it, and Prometheus gives the same numbers."""
import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

FOLDER = os.path.join(os.environ["ANOMALY_ROOT"], "docker/jupyter")
sys.path.insert(0, FOLDER)
import make_data  # noqa: E402
from support import Prometheus, fetch  # noqa: E402

FLEET = os.environ["ANOMALY_FLEET"]
FILES = ["train.csv", "test.csv", "test_labels.csv", "fleet.csv", "incidents.csv"]


def content(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return file.read()


class Data(unittest.TestCase):
    def test_the_committed_command_makes_the_committed_files(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", os.path.join(FOLDER, "make_data.py"), FLEET, folder], check=True)
            for name in FILES:
                with self.subTest(name=name):
                    self.assertTrue(content(folder, name) == content(FOLDER, name), f"{name} differs: run make_data.py")

    def test_prometheus_gives_the_means_and_deviations_of_the_file(self):
        begin, end = make_data.TEST, make_data.TEST + 2 * 3600
        with tempfile.TemporaryDirectory() as folder:
            history = os.path.join(folder, "history.om")
            make_data.simulate(FLEET, history, begin - 1200, end, ["web-1"])
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "--quiet", "openmetrics", history,
                            os.path.join(folder, "data")], check=True, stdout=subprocess.DEVNULL)
            prometheus = Prometheus(folder)
            self.addCleanup(prometheus.end)
            with open(os.path.join(FOLDER, "test.csv"), encoding="utf-8") as file:
                rows = list(csv.DictReader(file))[:24]
            for name, function in (("mean", "avg_over_time"), ("sd", "stddev_over_time")):
                query = f'{function}(rate({make_data.CPU}{{instance="web-1"}}[1m])[10m:30s])'
                values = self.query_range(prometheus, query, begin, end - 300)
                self.assertEqual(24, len(values))
                for row, (_, value) in zip(rows, values):
                    self.assertAlmostEqual(1, float(value) / float(row[name]), delta=1e-5)

    @staticmethod
    def query_range(prometheus, query, start, end):
        body = urllib.parse.urlencode({"query": query, "start": start, "end": end, "step": 300}).encode()
        return json.loads(fetch(prometheus.url + "/api/v1/query_range", body)[2])["data"]["result"][0]["values"]


if __name__ == "__main__":
    unittest.main()
