"""The notebook, run top to bottom by nbconvert beside a real Prometheus and a running exporter."""
import csv
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.join(os.environ["ANOMALY_ROOT"], "docker/jupyter")
sys.path.insert(0, FOLDER)
import make_data  # noqa: E402
from support import BINARY, Exporter, Prometheus  # noqa: E402

ROWS = 4 * 288  # four days, with an incident, and the time of the last row
LAST = make_data.START + (ROWS - 1) * 300
NEEDED = ["nbconvert", "ipykernel", "pandas", "PIL", "plotly", "seaborn", "sklearn"]
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]


@unittest.skipIf(MISSING, f"no Python module {', '.join(MISSING)}: install section [notebook] of docker/packages.txt")
class Notebook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="anomaly_exporter_test.")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        for name in ("train.ipynb", "train.csv", "test.csv", "test_labels.csv", "fleet.csv"):
            shutil.copy(os.path.join(FOLDER, name), cls.folder)
        cls.prometheus = cls.start_prometheus()
        cls.addClassCleanup(cls.prometheus.end)
        # What the service has before the notebook's model comes.
        cls.anomaly_exporter("train", "--csv", "test.csv", "-o", "served.model", "--seed", "7")
        cls.before = cls.anomaly_exporter("score", "-m", "served.model", "--csv", "test.csv")
        with open(os.path.join(cls.folder, "config.yaml"), "w", encoding="utf-8") as file:
            file.write("models: [{name: mean_sd, file: served.model}]\n")
        cls.exporter = Exporter(os.path.join(cls.folder, "config.yaml"))
        cls.addClassCleanup(cls.exporter.end)
        cls.cells = cls.execute()

    @classmethod
    def start_prometheus(cls):
        """Returns a Prometheus that holds the first days of train.csv."""
        history, cpu = (os.path.join(cls.folder, name) for name in ("history.om", "cpu.om"))
        make_data.simulate(os.environ["ANOMALY_FLEET"], history, make_data.START - 1200, LAST + 60, ["web-1"])
        # promtool reads the whole file for each two hours in it: the one metric that the notebook asks for is enough.
        with open(history, encoding="utf-8") as whole, open(cpu, "w", encoding="utf-8") as part:
            part.writelines(line for line in whole if line.startswith((make_data.CPU, "# EOF")))
        os.remove(history)
        data = os.path.join(cls.folder, "prometheus")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "--quiet", "openmetrics", cpu, data + "/data"],
                       check=True, stdout=subprocess.DEVNULL)
        return Prometheus(data)

    @classmethod
    def anomaly_exporter(cls, *arguments):
        """Runs the binary and returns what it printed."""
        return subprocess.run([BINARY, *arguments], cwd=cls.folder, capture_output=True, text=True, check=True).stdout

    @classmethod
    def execute(cls):
        """Returns the code cells after the run: {id: the text they printed}."""
        home = os.path.join(cls.folder, "home")  # of Jupyter's and IPython's own files
        environment = {**os.environ, "HOME": home, "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                       "ANOMALY_EXPORTER": BINARY, "EXPORTER_URL": cls.exporter.url,
                       "MODEL_NAME": "mean_sd", "MODEL_FILE": "served.model",
                       "PROMETHEUS_URL": cls.prometheus.url, "PROMETHEUS_RANGE": f"{make_data.START} {LAST}"}
        os.mkdir(home)
        done = subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "train.ipynb",
                               "--output", "executed.ipynb", "--ExecutePreprocessor.timeout=170"],
                              cwd=cls.folder, env=environment, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        with open(os.path.join(cls.folder, "executed.ipynb"), encoding="utf-8") as file:
            cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
        return {cell["id"]: "".join(text for output in cell["outputs"] if output["output_type"] == "stream"
                                    for text in output["text"]) for cell in cells}

    def test_it_shows_the_pictures_that_are_committed(self):
        import nbformat  # what section [notebook] brings
        import pictures
        executed = nbformat.read(os.path.join(self.folder, "executed.ipynb"), as_version=4)
        shown = {name + ".png": image.size for name, image in pictures.pictures_of(executed)}
        committed = os.path.join(FOLDER, "pictures")
        self.assertEqual({name: pictures.Image.open(os.path.join(committed, name)).size for name in os.listdir(committed)}, shown)

    def test_it_trains_on_what_prometheus_has_and_that_is_the_csv(self):
        self.assertIn(f"{ROWS} rows of {self.prometheus.url}", self.cells["load-code"])
        with open(os.path.join(self.folder, "rows.csv"), encoding="utf-8") as pulled, \
                open(os.path.join(FOLDER, "train.csv"), encoding="utf-8") as kept:
            rows = list(csv.DictReader(pulled))
            self.assertEqual(ROWS, len(rows))
            for got, expected in zip(rows, csv.DictReader(kept)):
                for name in ("mean", "sd"):
                    self.assertAlmostEqual(1, float(got[name]) / float(expected[name]), delta=1e-5)

    def test_no_cell_warns(self):
        self.assertEqual({}, {name: text for name, text in self.cells.items() if "Warning" in text})

    def test_the_service_serves_the_trained_model_within_seconds_with_the_same_scores(self):
        said = re.search(r"(\d+) rows scored by the service ([\d.]+) s after .* difference (\S+)", self.cells["serve-code"])
        self.assertEqual("2016", said.group(1))
        self.assertLess(float(said.group(2)), 5)
        self.assertLessEqual(float(said.group(3)), 1e-9)

        scored = self.anomaly_exporter("score", "-m", "range-aware.model", "--csv", "test.csv")
        self.assertNotEqual(self.before, scored)
        with open(os.path.join(self.folder, "test.csv"), encoding="utf-8") as file:
            vectors = [[float(value) for value in row] for row in list(csv.reader(file))[1:]]
        status, text = self.exporter.post("/prediction", {"feature_vectors": vectors, "score": True})
        self.assertEqual(200, status, text[:500])
        rows = csv.DictReader(io.StringIO(scored))
        for row, answer in zip(rows, json.loads(text)["predictions"], strict=True):
            self.assertAlmostEqual(float(row["score"]), answer["score"], delta=1e-9)
            self.assertEqual(int(row["is_inlier"]), answer["is_inlier"])


if __name__ == "__main__":
    unittest.main()
