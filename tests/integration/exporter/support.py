"""Starts the real binary and a real Prometheus for a test: free ports, deadlines on every wait, stopped by pid."""
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

BINARY = os.environ["ANOMALY_EXPORTER"]
DEADLINE = 90  # seconds, for anything that is waited for
HOSTS = ["db-1", "db-2", "web-1", "web-2"]
FEATURES = ["cpu", "load", "requests"]
SEASON_HOURS = 6
OPENMETRICS = "application/openmetrics-text;version=1.0.0"

# The detector of most tests. Short intervals keep them short; the history holds more than one season.
DETECTOR = """
  - name: fleet
    by: [instance]
    interval: 5s
    history: 8h
    season: [6h]
    novelty: 1h
    features:
      - {name: cpu, query: fleet_cpu}
      - {name: load, query: fleet_load}
      - {name: requests, query: fleet_requests}
"""


def wait_for(what, condition):
    """Returns the first true value of `condition()`, or fails, naming `what` and the last value."""
    end, value = time.monotonic() + DEADLINE, None
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {DEADLINE} s: {what}; last: {value!r}")


def free_port():
    """Returns a port below those that outgoing connections take, so that it is still free when its server starts."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port from 20000 to 32000 is free")


def fetch(url, body=None, headers=None, method=None):
    """Returns status, headers and text; an HTTP error is an answer, a refused connection raises OSError."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def parse_metrics(text):
    """Returns {(name, frozenset of label pairs): value} of the text format; a line of no known shape fails the test."""
    series = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = re.fullmatch(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)', line)
        assert match, line
        labels = frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
        assert (match.group(1), labels) not in series, f"twice: {line}"
        series[match.group(1), labels] = float(match.group(3))
    return series


def select(series, name, **labels):
    """Returns the values of a metric whose labels include `labels`."""
    return [value for (other, pairs), value in series.items() if other == name and set(labels.items()) <= pairs]


def write_history(path, end):
    """Writes what Prometheus holds: four hosts with a season, from ten hours before `end` to an hour after it."""
    step, draw = 60, random.Random(16)
    times = range(int(end) - 10 * 3600, int(end) + 3600, step)
    with open(path, "w", encoding="utf-8") as out:
        for feature, base in zip(FEATURES, (0.4, 2.0, 120.0)):
            out.write(f"# HELP fleet_{feature} Of a host.\n# TYPE fleet_{feature} gauge\n")
            for i, host in enumerate(HOSTS):
                for at in times:
                    wave = 1 + 0.5 * math.sin(2 * math.pi * at / (SEASON_HOURS * 3600) + i)
                    out.write(f'fleet_{feature}{{job="fleet",instance="{host}"}} {base * wave * draw.gauss(1, 0.05):.6g} {at}\n')
        out.write("# EOF\n")


class Process:
    """A child process whose stderr is read line by line into `lines`."""

    def __init__(self, command):
        self.command, self.lines = command, []
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def log(self):
        return "\n".join(self.lines)

    def wait_line(self, pattern):
        """Returns the match of the first line that has `pattern`."""
        def look():
            found = next((match for line in list(self.lines) if (match := re.search(pattern, line))), None)
            assert found or self.process.poll() is None, f"{self.command[0]} ended: {self.log()}"
            return found
        return wait_for(f"{pattern} in the log of {self.command[0]}", look)

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGKILL):
        """Sends a signal and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=DEADLINE)
        self.reader.join(timeout=5)
        self.process.stderr.close()
        return code


class Prometheus(Process):
    def __init__(self, folder, config="", port=0):
        os.makedirs(folder, exist_ok=True)
        file = os.path.join(folder, "prometheus.yml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(config)
        super().__init__(["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder}/data",
                          "--storage.tsdb.retention.time=30d", f"--web.listen-address=127.0.0.1:{port}"])
        self.port = int(self.wait_line(r'msg="Listening on" address=127\.0\.0\.1:([1-9]\d*)').group(1))
        self.url = f"http://127.0.0.1:{self.port}"
        wait_for("a ready Prometheus", self.ready)

    def ready(self):
        try:
            return fetch(self.url + "/-/ready")[0] == 200
        except OSError:
            return False

    def query(self, expression):
        """Returns the result of an instant query."""
        body = urllib.parse.urlencode({"query": expression}).encode()
        return json.loads(fetch(self.url + "/api/v1/query", body)[2])["data"]["result"]


class Exporter(Process):
    def __init__(self, config_file, *flags):
        super().__init__([BINARY, f"--config.file={config_file}", "--web.listen-address=127.0.0.1:0", *flags])
        self.url = "http://" + self.wait_line(r'msg="Listening on" address="?(127\.0\.0\.1:[1-9]\d*)').group(1)

    def get(self, path, **headers):
        return fetch(self.url + path, headers=headers)

    def post(self, path, body=b""):
        """Returns status and text."""
        status, _, text = fetch(self.url + path, body if isinstance(body, bytes) else json.dumps(body).encode())
        return status, text

    def metrics(self):
        return parse_metrics(self.get("/metrics")[2])

    def value(self, name, **labels):
        """Returns the sum of a metric's matching series, or None without any."""
        values = select(self.metrics(), name, **labels)
        return sum(values) if values else None

    def wait_value(self, name, expected, **labels):
        try:
            return wait_for(f"{name}{labels} == {expected}", lambda: self.value(name, **labels) == expected)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def wait_scores(self, detector="fleet", count=len(HOSTS)):
        """Waits until the detector has `count` scores."""
        try:
            wait_for(f"{count} scores of {detector}",
                     lambda: len(select(self.metrics(), "anomaly_score", detector=detector)) == count)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None


class ExporterTest(unittest.TestCase):
    """Gives each test a folder, and ends every process that it starts. The history is made once per class."""

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp(prefix="anomaly_exporter_test.")
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        history = os.path.join(cls.shared, "history.om")
        write_history(history, time.time())
        os.makedirs(os.path.join(cls.shared, "source"))
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "--quiet", "openmetrics", history,
                        os.path.join(cls.shared, "source/data")], check=True, stdout=subprocess.DEVNULL)
        cls.source = cls.start_source()
        cls.addClassCleanup(lambda: cls.source.end())

    @classmethod
    def start_source(cls, port=0):
        return Prometheus(os.path.join(cls.shared, "source"), port=port)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="anomaly_exporter_test.")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.config = os.path.join(self.folder, "config.yaml")

    def write_config(self, detectors=DETECTOR, more=""):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(f"prometheus: {{url: {self.source.url}, query_offset: 0s}}\n{more}detectors:{detectors}")

    def start(self, *flags):
        exporter = Exporter(self.config, *flags)
        self.addCleanup(exporter.end)
        return exporter

    def run_binary(self, *arguments):
        """Runs the binary to its end; returns exit code, stdout and stderr."""
        done = subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr
