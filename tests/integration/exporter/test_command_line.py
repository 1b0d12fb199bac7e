"""Configuration and command line: exit codes, messages, check, reload."""
import os
import re
import signal
import subprocess
import unittest

import support
from support import DETECTOR, HOSTS, fetch

# `requests` lacks its aggregation here: each entity gets a series per host.
SEVERAL_SERIES = """
  - name: broken
    by: [job]
    interval: 5s
    history: 8h
    features:
      - {name: cpu, query: avg by (job) (fleet_cpu)}
      - {name: requests, query: fleet_requests}
"""


class CommandLine(support.ExporterTest):
    def test_a_bad_configuration_ends_with_1_and_one_line_that_names_file_line_and_key(self):
        for wrong, words in [
                (DETECTOR.replace("novelty: 1h", "novelties: 1h"), "novelties"),
                (DETECTOR.replace("interval: 5s", "interval: 5 apples"), "5 apples"),
                (DETECTOR.replace("season: [6h]", "season: six"), "season"),
                (DETECTOR + DETECTOR, "fleet")]:
            with self.subTest(words=words):
                self.write_config(wrong)
                with open(self.config, encoding="utf-8") as file:
                    text = file.read().splitlines()
                line = max(number for number, each in enumerate(text, 1) if words in each and "fleet_" not in each)
                code, out, err = self.run_binary(f"--config.file={self.config}", "--config.check")
                self.assertEqual((1, "", 1), (code, out, err.count("\n")), err)
                self.assertRegex(err, rf"^{re.escape(self.config)}:{line}: ")
                self.assertIn(words, err)
                code, _, err = self.run_binary(f"--config.file={self.config}", "--web.listen-address=127.0.0.1:0")
                self.assertEqual(1, code)
                self.assertIn(f"{self.config}:{line}: ", err.splitlines()[-1])

    def test_the_shipped_configurations_are_good(self):
        root = os.environ["ANOMALY_ROOT"]
        for path in ("config.yaml", "docker/demo/config.yaml"):
            code, _, err = self.run_binary(f"--config.file={os.path.join(root, path)}", "--config.check")
            self.assertEqual((0, ""), (code, err), path)
        with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```yaml\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
        ours = [block for block in blocks if "detectors:" in block]
        theirs = [block for block in blocks if "scrape_configs:" in block]
        self.assertEqual((len(blocks), True, True), (len(ours) + len(theirs), bool(ours), bool(theirs)))
        for block in ours:
            with open(self.config, "w", encoding="utf-8") as out:
                out.write(block)
            code, _, err = self.run_binary(f"--config.file={self.config}", "--config.check")
            self.assertEqual((0, ""), (code, err), block)
        for block in theirs:
            with open(self.config, "w", encoding="utf-8") as out:
                out.write(block)
            os.symlink(os.path.join(root, "rules"), os.path.join(self.folder, "rules"))
            done = subprocess.run(["promtool", "check", "config", self.config], capture_output=True, text=True)
            self.assertEqual(0, done.returncode, done.stderr)

    def test_a_missing_configuration_is_named(self):
        code, _, err = self.run_binary("--config.file=nowhere.yaml")
        self.assertEqual(1, code)
        self.assertIn("nowhere.yaml", err.splitlines()[-1])

    def test_wrong_usage_ends_with_2_and_help_and_version_with_0(self):
        for arguments in (["--no.such.flag"], ["--log.level=loud"], ["nonsense"]):
            with self.subTest(arguments=arguments):
                code, out, err = self.run_binary(*arguments)
                self.assertEqual((2, ""), (code, out))
                self.assertTrue(err)
        code, out, err = self.run_binary("--version")
        self.assertEqual((0, ""), (code, err))
        self.assertRegex(out, r"^anomaly_exporter, version \d+\.\d+\.\d+ \(branch: .*, revision: .*\)\n")
        code, out, _ = self.run_binary("--help")
        self.assertEqual(0, code)
        self.assertIn("--config.file", out)

    def test_a_taken_port_ends_with_1_and_names_it(self):
        self.write_config()
        taken = f"127.0.0.1:{self.source.port}"
        code, _, err = self.run_binary(f"--config.file={self.config}", f"--web.listen-address={taken}")
        self.assertEqual(1, code)
        self.assertIn(taken, err)

    def test_check_prints_entities_and_series_of_each_detector(self):
        self.write_config()
        code, out, err = self.run_binary("check", f"--config.file={self.config}")
        self.assertEqual((0, ""), (code, err), out)
        self.assertIn("fleet by (instance)", out)
        self.assertIn(f"{len(HOSTS)} entities", out)
        self.assertRegex(out, r"requests +4 series")
        self.assertIn("52 output series", out)

    def test_check_fails_where_a_query_does_and_still_shows_the_others(self):
        self.write_config(DETECTOR + SEVERAL_SERIES)
        code, out, err = self.run_binary("check", f"--config.file={self.config}")
        self.assertEqual(1, code)
        self.assertIn("4 entities", out)
        self.assertIn("broken", err)
        self.assertIn("requests", err)

    def test_several_series_for_an_entity_are_an_error_that_stays_in_its_detector(self):
        self.write_config(DETECTOR + SEVERAL_SERIES)
        exporter = self.start()
        exporter.wait_scores()
        line = exporter.wait_line(r'msg="Scoring failed" detector="?broken"? err=(.*)').group(1)
        self.assertIn("requests", line)
        self.assertIn("fleet", line)
        support.wait_for("a counted failure", lambda: exporter.value(
            "anomaly_exporter_evaluation_failures_total", detector="broken", reason="data"))
        self.assertEqual(0, exporter.value("anomaly_exporter_evaluation_failures_total", detector="fleet"))

    def test_a_reload_takes_a_good_file_and_keeps_the_old_one_over_a_bad_one(self):
        self.write_config()
        exporter = self.start()
        exporter.wait_scores()
        trained = exporter.value("anomaly_exporter_trainings_total", detector="fleet")

        self.write_config(DETECTOR.replace("novelty", "novelties"))
        status, text = exporter.post("/-/reload")
        self.assertEqual(500, status)
        self.assertTrue(text.startswith("failed to reload config: "), text)
        self.assertIn("novelties", text)
        self.assertEqual(0, exporter.value("anomaly_exporter_config_last_reload_successful"))
        self.assertIn("novelty: 1h", exporter.get("/config")[2])
        exporter.wait_scores()

        self.write_config(DETECTOR.replace("novelty: 1h", "novelty: 2h") + DETECTOR.replace("fleet\n", "second\n"))
        self.assertEqual(200, exporter.post("/-/reload")[0])
        self.assertEqual(1, exporter.value("anomaly_exporter_config_last_reload_successful"))
        self.assertIn("novelty: 2h", exporter.get("/config")[2])
        exporter.wait_scores("second")
        exporter.wait_scores("fleet")
        self.assertEqual(trained, exporter.value("anomaly_exporter_trainings_total", detector="fleet"),
                         "a changed novelty keeps the model")

        self.write_config(DETECTOR.replace("fleet\n", "second\n"))
        exporter.send(signal.SIGHUP)
        exporter.wait_value("anomaly_entities", None, detector="fleet")
        self.assertIsNone(exporter.value("anomaly_exporter_evaluations_total", detector="fleet"))
        exporter.wait_scores("second")

    def test_sigterm_ends_with_0_and_leaves_no_port_open(self):
        self.write_config()
        exporter = self.start()
        exporter.wait_scores()
        self.assertEqual(0, exporter.end(signal.SIGTERM))
        with self.assertRaises(OSError):
            fetch(exporter.url + "/-/healthy")


if __name__ == "__main__":
    unittest.main()
