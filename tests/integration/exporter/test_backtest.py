"""`anomaly_exporter backtest` against a real Prometheus: what it writes, what promtool makes of it, and how it fails."""
import csv
import json
import os
import signal
import subprocess
import time

from support import BINARY, DEADLINE, HOSTS, ExporterTest, Process, Prometheus

DETECTOR = """
  - name: fleet
    by: [job, instance]
    interval: 1m
    history: 8h
    retrain: 1h
    season: [6h]
    novelty: 1h
    features:
      - {name: cpu, query: fleet_cpu}
      - {name: load, query: fleet_load}
"""


class BacktestTest(ExporterTest):
    def setUp(self):
        super().setUp()
        self.write_config(DETECTOR)
        self.out = os.path.join(self.folder, "out")
        self.to = int(time.time()) // 60 * 60
        self.start_time = self.to - 3600

    def backtest(self, *more, out=None, first=None, last=None):
        return self.run_binary("backtest", "--config.file", self.config, "--from", str(first or self.start_time), "--to",
                               str(last or self.to), "--out", out or self.out, *more)

    def files(self, out=None):
        found = []
        for folder, _, names in os.walk(out or self.out):
            found += [os.path.relpath(os.path.join(folder, name), out or self.out) for name in names]
        return sorted(found)

    def test_writes_scores_summary_report_and_openmetrics(self):
        code, table, errors = self.backtest()
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(table, r"(?m)^fleet +4 ")
        self.assertEqual(self.files(), sorted([".anomaly_exporter_backtest", "report.html", "scores.om", "summary.json"] +
                                              [f"fleet,{host}.csv" for host in HOSTS]))
        for host in HOSTS:
            with open(os.path.join(self.out, f"fleet,{host}.csv"), encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual([int(row["timestamp"]) for row in rows], list(range(self.start_time, self.to + 1, 60)))
            self.assertTrue(all(0 < float(row["score"]) <= 1 and row["alert"] in "01" for row in rows))
        with open(os.path.join(self.out, "summary.json"), encoding="utf-8") as file:
            detector, = json.load(file)["detectors"]
        self.assertEqual((detector["name"], detector["steps"], len(detector["entities"])), ("fleet", 61, 4))

    def test_openmetrics_give_prometheus_a_past(self):
        self.assertEqual(self.backtest()[0], 0)
        data = os.path.join(self.folder, "past", "data")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "--quiet", "openmetrics",
                        os.path.join(self.out, "scores.om"), data], check=True, stdout=subprocess.DEVNULL)
        past = Prometheus(os.path.join(self.folder, "past"))
        self.addCleanup(past.end)
        with open(os.path.join(self.out, "fleet,db-1.csv"), encoding="utf-8") as file:
            row = list(csv.DictReader(file))[-1]
        at = f'@ {row["timestamp"]}'
        score, = past.query(f'anomaly_score{{detector="fleet",job="fleet",instance="db-1"}} {at}')
        self.assertEqual(float(score["value"][1]), float(row["score"]))
        self.assertEqual(len(past.query(f"anomaly_feature_value {at}")), 2 * len(HOSTS))
        self.assertEqual(past.query(f"anomaly_entities {at}")[0]["value"][1], str(len(HOSTS)))

    def test_the_same_bytes_on_any_number_of_threads_and_again(self):
        def content(out):
            found = {}
            for name in self.files(out):
                with open(os.path.join(out, name), "rb") as file:
                    found[name] = file.read()
            return found

        other = os.path.join(self.folder, "other")
        self.assertEqual(self.backtest("--threads", "1")[0], 0)
        self.assertEqual(self.backtest("--threads", "4", out=other)[0], 0)
        self.assertEqual(content(self.out), content(other))
        self.assertEqual(self.backtest("--threads", "2")[0], 0)
        self.assertEqual(content(self.out), content(other))

    def test_a_second_run_removes_what_it_no_longer_writes_and_nothing_else(self):
        self.assertEqual(self.backtest()[0], 0)
        notes = os.path.join(self.out, "notes.txt")
        with open(notes, "w", encoding="utf-8") as file:
            file.write("mine")
        self.assertEqual(self.backtest("--write", "csv")[0], 0)
        self.assertIn("notes.txt", self.files())
        self.assertIn("summary.json", self.files())
        self.assertNotIn("scores.om", self.files())
        self.assertNotIn("report.html", self.files())

    def test_each_of_two_detectors_has_its_folder(self):
        self.write_config(DETECTOR + DETECTOR.replace("name: fleet", "name: second"))
        self.assertEqual(self.backtest("--write", "csv")[0], 0)
        self.assertIn("fleet/fleet,db-1.csv", self.files())
        self.assertIn("second/fleet,db-1.csv", self.files())
        self.assertEqual(self.backtest("--write", "csv", "--detector", "second")[0], 0)
        self.assertIn("fleet,db-1.csv", self.files())
        self.assertNotIn("fleet/fleet,db-1.csv", self.files())

    def test_incidents_and_past_alerts_are_held_against(self):
        incidents = os.path.join(self.folder, "incidents.csv")
        with open(incidents, "w", encoding="utf-8") as file:
            file.write(f'entity,start,end,name\n"{{instance=""db-1""}}",{self.start_time},{self.to},all day\n')
        code, table, errors = self.backtest("--incidents", incidents, "--alerts", 'fleet_cpu{instance="db-2"}')
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("incidents hit", table)
        with open(os.path.join(self.out, "summary.json"), encoding="utf-8") as file:
            detector, = json.load(file)["detectors"]
        self.assertEqual([(one["match"]["instance"], one["covered"]) for one in detector["incidents"]],
                         [("db-1", True), ("db-2", True)])

    def test_failures_are_one_line_that_says_what_to_do(self):
        mine = os.path.join(self.folder, "mine")
        os.makedirs(mine)
        with open(os.path.join(mine, "file"), "w", encoding="utf-8"):
            pass
        in_the_way = os.path.join(mine, "file", "out")
        bad = os.path.join(self.folder, "bad.csv")
        with open(bad, "w", encoding="utf-8") as file:
            file.write(",monday,tuesday\n")
        for wanted, answer in [
                ("name a new or empty folder", self.backtest(out=mine)),
                ("cannot be made a folder", self.backtest(out=in_the_way)),
                ("no query has a value", self.backtest(first=1000000, last=1003600)),
                ("no step of 1m lies from", self.backtest(first=self.start_time + 1, last=self.start_time + 2)),
                ("no detector is called other", self.backtest("--detector", "other")),
                ("--step 7m does not fit season 6h", self.backtest("--step", "7m")),
                ("bad.csv:1: neither RFC 3339 nor unix seconds: monday", self.backtest("--incidents", bad))]:
            code, table, errors = answer
            with self.subTest(wanted):
                self.assertEqual((code, table), (1, ""))
                self.assertIn(wanted, errors)
                self.assertEqual(errors.count("\n"), 1, errors)

    def test_an_unreachable_prometheus_is_named(self):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"prometheus: {{url: 'http://127.0.0.1:1', timeout: 1s}}\ndetectors:{DETECTOR}")
        code, _, errors = self.backtest()
        self.assertEqual(code, 1)
        self.assertRegex(errors, r"^fleet: query fleet_cpu: .*127\.0\.0\.1:1")

    def test_wrong_usage_exits_with_2(self):
        for code, _, errors in (self.backtest(first=self.to, last=self.start_time), self.backtest("--step", "often"),
                                self.backtest("--write", "poetry"), self.run_binary("backtest", "--from", "yesterday")):
            self.assertEqual(code, 2, errors)
            self.assertNotEqual(errors, "")

    def test_a_signal_ends_it_without_half_files(self):
        # An hour of steps a second apart, trained each minute: far longer than the test waits.
        self.write_config(DETECTOR.replace("interval: 1m", "interval: 1s").replace("retrain: 1h", "retrain: 1m"))
        process = Process([BINARY, "backtest", "--config.file", self.config, "--from", str(self.start_time), "--to",
                           str(self.to), "--out", self.out])
        time.sleep(2)
        self.assertIsNone(process.process.poll(), process.log())
        started = time.monotonic()
        self.assertEqual(process.end(signal.SIGINT), 1)
        self.assertLess(time.monotonic() - started, DEADLINE)
        self.assertIn("stopped", process.log())
        self.assertEqual(self.files(), [".anomaly_exporter_backtest"])
