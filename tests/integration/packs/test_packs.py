"""Each query of each pack, run by a real Prometheus: on live exporters where Debian has light ones, else on recorded metrics."""
import http.server
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import support
import yaml
from support import BINARY, Process, Prometheus, free_port, wait_for

DATA = os.path.join(os.environ["ANOMALY_ROOT"], "tests/data/packs")
LIVE = {"blackbox", "go", "node", "process", "prometheus", "redis"}
# What may have no value here, and why.
MAY_BE_EMPTY = {("prometheus", "query_seconds"): "nobody may have asked within the scrapes",
                ("prometheus", "rule_seconds"): "this Prometheus has no rules",
                ("redis", "hit_ratio"): "nobody looked up a key",
                ("node", "disk_busy"): "a container may see no disk",
                ("node", "disk_used"): "a container may see no file system of its own"}


class Recorded(http.server.BaseHTTPRequestHandler):
    """Serves tests/data/packs/NAME.txt as /NAME, counters growing."""
    began = time.monotonic()

    def do_GET(self):
        with open(os.path.join(DATA, self.path.strip("/") + ".txt"), encoding="utf-8") as file:
            samples = [line.rsplit(" ", 2) for line in file.read().splitlines()]
        age = time.monotonic() - self.began
        body = "".join(f"{series} {float(value) + float(rate) * age}\n" for series, value, rate in samples).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def packs():
    listed = subprocess.run([BINARY, "packs"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def detectors(pack):
    text = subprocess.run([BINARY, "packs", pack], capture_output=True, text=True, check=True).stdout
    return yaml.safe_load(text)["detectors"]


class Packs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="anomaly_exporter_test.")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        node, redis, redis_exporter, blackbox = (free_port() for _ in range(4))
        probes = os.path.join(cls.folder, "blackbox.yml")
        with open(probes, "w", encoding="utf-8") as out:
            out.write("modules: {http: {prober: http}}\n")
        for command in (["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{node}"],
                        ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", cls.folder],
                        ["prometheus-redis-exporter", "-redis.addr", f"redis://127.0.0.1:{redis}",
                         "-web.listen-address", f"127.0.0.1:{redis_exporter}"],
                        ["prometheus-blackbox-exporter", f"--config.file={probes}",
                         f"--web.listen-address=127.0.0.1:{blackbox}"]):
            cls.start(Process(command))
        recorded = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
        threading.Thread(target=recorded.serve_forever, daemon=True).start()
        cls.addClassCleanup(recorded.server_close)
        cls.addClassCleanup(recorded.shutdown)
        address = f"127.0.0.1:{recorded.server_port}"
        names = sorted(set(packs()) - LIVE)
        jobs = "".join(f"""
  - {{job_name: {name}, metrics_path: /{name}, honor_labels: true, static_configs: [{{targets: ["{address}"]}}]}}"""
                       for name in names)
        own = free_port()
        cls.prometheus = cls.start(Prometheus(os.path.join(cls.folder, "prometheus"), f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - {{job_name: node, static_configs: [{{targets: ["127.0.0.1:{node}"]}}]}}
  - {{job_name: redis, static_configs: [{{targets: ["127.0.0.1:{redis_exporter}"]}}]}}
  - {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{own}"]}}]}}
  - job_name: blackbox
    metrics_path: /probe
    params: {{module: [http], target: ["http://127.0.0.1:{node}/"]}}
    static_configs: [{{targets: ["127.0.0.1:{blackbox}"]}}]{jobs}
""", port=own))
        wait_for("three scrapes of every target", lambda: cls.prometheus.query("min(count_over_time(up[1m])) >= 3"))
        wait_for("all targets up", lambda: cls.prometheus.query("min(up) == 1"))

    @classmethod
    def start(cls, process):
        cls.addClassCleanup(process.end)
        return process

    def entities(self, query, by):
        """Returns the label values of each series of the answer, and fails where two are one entity."""
        found = [tuple(series["metric"].get(label) for label in by) for series in self.prometheus.query(query)]
        self.assertEqual(len(found), len(set(found)), f"several series of one entity: {query}")
        self.assertTrue(all(None not in entity for entity in found), f"{by} is not in the answer of {query}")
        return found

    def test_every_pack_has_live_or_recorded_metrics(self):
        recorded = {name.removesuffix(".txt") for name in os.listdir(DATA) if name.endswith(".txt")}
        self.assertEqual(set(packs()), LIVE | recorded)

    def test_every_query_gives_one_series_for_each_entity(self):
        asked = 0
        for pack in packs():
            for detector in detectors(pack):
                for feature in detector["features"]:
                    with self.subTest(pack=pack, feature=feature["name"]):
                        found = self.entities(feature["query"], detector["by"])
                        if (pack, feature["name"]) not in MAY_BE_EMPTY:
                            self.assertNotEqual([], found, feature["query"])
                        asked += 1
                if "presence" in detector:
                    with self.subTest(pack=pack, feature="presence"):
                        self.assertNotEqual([], self.entities(detector["presence"], detector["by"]))
        self.assertGreater(asked, 50)

    def test_check_runs_all_packs_at_once(self):
        config = os.path.join(self.folder, "config.yaml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"prometheus: {{url: {self.prometheus.url}, query_offset: 0s}}\npacks: [{', '.join(packs())}]\n")
        done = subprocess.run([BINARY, "check", "--config.file", config], capture_output=True, text=True, timeout=support.DEADLINE)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("kubernetes_pods by (namespace, pod)", done.stdout)

    def test_a_pack_that_is_not_there_is_named_with_those_that_are(self):
        done = subprocess.run([BINARY, "packs", "nodes"], capture_output=True, text=True)
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stderr, r"^no pack is called nodes; there are blackbox, go, .*\n$")
        self.assertIsNone(re.search(r"\n.", done.stderr))


if __name__ == "__main__":
    unittest.main()
