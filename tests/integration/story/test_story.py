"""The demo as docker/up starts it, for minutes: incidents lead to their alerts, which name the right feature; a quiet day to none.

Everything is real: Prometheus with two weeks of past, its rules, Alertmanager. All incidents run at the same time, each on a host of
its own; Alertmanager's API is asked. The quiet day is one of the past, replayed by `backtest`; the rules then run over its scores. The
label `long` keeps it out of tests/run.
"""
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import yaml

ROOT, PROGRAMS = os.environ["ANOMALY_ROOT"], os.environ["ANOMALY_PROGRAMS"]
DEADLINE = 1200  # seconds, for anything that is waited for: a relation shows that it is broken only when traffic leaves its mean
SERVERS = ("PROMETHEUS", "ALERTMANAGER", "NODE", "FLEET", "EXPORTER")

# Kind of incident, its host, and the features that may stand first in the text: requests drive traffic and CPU, so that either may.
TRAFFIC = {"requests_per_second", "received_bytes_per_second", "sent_bytes_per_second", "cpu_busy_cores", "latency_seconds"}
INCIDENTS = (("cpu_hog", "web-3", {"cpu_busy_cores", "load"}), ("memory_leak", "api-2", {"memory_used_bytes"}),
             ("latency", "web-2", {"latency_seconds"}), ("error_burst", "api-1", {"error_ratio"}),
             ("traffic_drop", "cache-1", TRAFFIC), ("broken_relation", "web-4", {"cpu_busy_cores", "requests_per_second"}))
SILENT = "web-1"
DAY = 86400


def post(url, body):
    with urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(body).encode()), timeout=20) as answer:
        return answer.read()


class Demo:
    """docker/up with programs that are built already, on free ports and in a folder of its own."""

    def __init__(self):
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in SERVERS]
        self.ports = {name: taken.getsockname()[1] for name, taken in zip(SERVERS, sockets)}
        for taken in sockets:
            taken.close()
        self.folder = tempfile.TemporaryDirectory(prefix="anomaly_exporter_story.")
        self.log = os.path.join(self.folder.name, "up.log")
        settings = {f"ANOMALY_PORT_{name}": str(port) for name, port in self.ports.items()}
        settings.update(ANOMALY_BUILD_DIR=PROGRAMS, ANOMALY_DEMO_DIR=os.path.join(self.folder.name, "demo"))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([os.path.join(ROOT, "docker/up")], env={**os.environ, **settings}, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"docker/up ended:\n{self.output()}")
        return "The demo is up" in self.output()

    def url(self, server, path):
        return f"http://127.0.0.1:{self.ports[server]}{path}"

    def incident(self, kind, target, **more):
        post(self.url("FLEET", "/incident"), {"kind": kind, "target": target, **more})

    def alerts(self):
        """All alerts of hosts, those that another one inhibits too: {(name, host): alert}."""
        query = urllib.parse.urlencode({"filter": 'detector="hosts"'})
        with urllib.request.urlopen(self.url("ALERTMANAGER", "/api/v2/alerts?" + query), timeout=20) as answer:
            return {(a["labels"]["alertname"], a["labels"].get("instance")): a for a in json.load(answer)}

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.folder.cleanup()


def wait_for(what, condition, deadline=DEADLINE):
    end, value = time.monotonic() + deadline, None
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(1)
    raise AssertionError(f"not within {deadline} s: {what}; last: {value!r}")


def first_reason(alert):
    """The feature that an alert's text names first, and its share in percent."""
    found = re.search(r"Reasons: (\w+) is \S+?(?:, expected \S+)? \((\d+)%\)", alert["annotations"]["description"])
    return found and (found.group(1), int(found.group(2)))


class PastScores:
    """A Prometheus that holds what a backtest wrote for backfill."""

    def __init__(self, folder, scores):
        blocks = os.path.join(folder, "blocks")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", scores, blocks], check=True, stdout=subprocess.DEVNULL)
        config = os.path.join(folder, "empty.yml")
        open(config, "w", encoding="utf-8").close()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={blocks}", "--storage.tsdb.retention.time=10y",
             f"--web.listen-address={self.url[7:]}", "--log.level=error"], stderr=subprocess.DEVNULL)
        wait_for("Prometheus to be ready", self.is_ready)

    def is_ready(self):
        try:
            urllib.request.urlopen(self.url + "/-/ready", timeout=5).close()
            return True
        except OSError:
            return False

    def range(self, query, start, end, step):
        """Returns {labels as JSON: times} of the series that a query answers."""
        asked = urllib.parse.urlencode({"query": query, "start": start, "end": end, "step": step})
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{asked}", timeout=300) as answer:
            result = json.load(answer)["data"]["result"]
        return {json.dumps(series["metric"], sort_keys=True): [float(at) for at, _ in series["values"]] for series in result}

    def firing(self, rule, start, end, step):
        """Returns [labels, time] of each alert of a rule: its expression held for as long as the rule says."""
        wait, alerts = seconds(rule.get("for", "0s")), []
        for labels, times in self.range(rule["expr"], start, end, step).items():
            since = last = None
            for at in times:
                if last is None or at - last > step:
                    since = at
                if at - since >= wait and (last is None or last - since < wait or since == at):
                    alerts.append([labels, at])
                last = at
        return alerts

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def seconds(duration):
    return sum(int(number) * {"s": 1, "m": 60, "h": 3600, "d": DAY}[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))


def rules_on_results():
    with open(os.path.join(ROOT, "rules/anomaly.yml"), encoding="utf-8") as file:
        return [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"] if "alert" in rule]


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = Demo()
        cls.addClassCleanup(cls.demo.close)
        wait_for("docker/up to be up", cls.demo.is_up)
        wait_for("calm", lambda: not cls.demo.alerts())

    def test_each_incident_has_its_alert_with_its_reason(self):
        demo, began, seen = self.demo, time.monotonic(), {}
        for kind, host, _ in INCIDENTS:
            demo.incident(kind, host)
        demo.incident("silent", SILENT)

        def all_told():
            alerts = demo.alerts()
            for kind, host, features in INCIDENTS:
                reason = first_reason(alerts[key]) if (key := ("AnomalyDetected", host)) in alerts else None
                if kind not in seen and reason and reason[0] in features:
                    seen[kind] = time.monotonic() - began
                    print(f"{kind} on {host}: {seen[kind]:.0f} s, {reason[0]} {reason[1]} %", flush=True)
            if "silent" not in seen and ("AnomalyAbsent", SILENT) in alerts:
                seen["silent"] = time.monotonic() - began
                print(f"silent {SILENT}: absent after {seen['silent']:.0f} s", flush=True)
            return len(seen) == len(INCIDENTS) + 1 and ("AnomalyWidespread", None) in alerts

        wait_for("all alerts with their reasons", all_told)
        names = {host for name, host in demo.alerts() if name in ("AnomalyDetected", "AnomalyAbsent")}
        self.assertEqual({host for _, host, _ in INCIDENTS} | {SILENT}, names, "another host alerts")

        urllib.request.urlopen(urllib.request.Request(demo.url("FLEET", "/incident"), method="DELETE"), timeout=20).close()
        wait_for("all resolved", lambda: not demo.alerts())

    def test_a_quiet_day_gives_no_page(self):
        end = int(time.time()) // 3600 * 3600 - 6 * 3600
        start = end - DAY
        with tempfile.TemporaryDirectory(prefix="anomaly_exporter_quiet.") as folder:
            out = os.path.join(folder, "out")
            subprocess.run([os.path.join(PROGRAMS, "anomaly_exporter"), "backtest", "--config.file",
                            os.path.join(self.demo.folder.name, "demo/config.yaml"), "--from", str(start), "--to", str(end), "--out", out,
                            "--detector", "hosts", "--detector", "services", "--write", "openmetrics"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            past = PastScores(folder, os.path.join(out, "scores.om"))
            self.addCleanup(past.close)
            self.assertEqual(14, len(past.range("anomaly_score", start, end, 3600)), "hosts and services with scores")
            pages = {}
            for rule in rules_on_results():
                alerts = past.firing(rule, start, end, 15)
                print(f"{rule['alert']}: {len(alerts)} in a quiet day of 14 entities", flush=True)
                if rule["labels"]["severity"] != "info":
                    pages[rule["alert"]] = alerts
            self.assertIn("AnomalySustained", pages)
            self.assertEqual([], [page for alerts in pages.values() for page in alerts])


if __name__ == "__main__":
    unittest.main()
