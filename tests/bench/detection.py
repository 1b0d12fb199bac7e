"""Suite `detection` of tests/bench/run: how well detectors with default settings find the labelled anomalies of real data.

Each case of the data folder is replayed through a real Prometheus and `anomaly_exporter backtest`, from its `train_end` on, with the
history before it to train on. One configuration for all: a case differs in its series and in `interval`, which is its step.
The scores are judged by score_detection.py; what its columns mean is in its --help.
"""
import argparse
import concurrent.futures
import hashlib
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from report import Report, cpu_model, say

START_SECONDS = 60
# Columns of score_detection.py and the rows they become, with unit and whether more is better.
COLUMNS = [("vus_pr", "vus_pr", "", True), ("auc_pr", "auc_pr", "", True), ("auc_roc", "auc_roc", "", True),
           ("hit", "hit", "of windows", True), ("false_day", "false_per_day", "per series", False),
           ("alert_pct", "alert_pct", "%", False), ("hit@0.14", "hit_at_1_per_week", "of windows", True),
           ("hit@1", "hit_at_1_per_day", "of windows", True)]
NAB = [("nab", "nab"), ("nab_alert", "nab_alert")]


def find_data(given):
    """Returns the folder with labels.json and the one with the tools that belong to it."""
    data = Path(given).resolve()
    if not (data / "labels.json").exists():
        data = data / "detection"
    if not (data / "labels.json").exists():
        sys.exit(f"tests/bench/run detection: {given}: holds no labels.json; name the folder of the detection data")
    for above in data.parents:
        if (above / "tools" / "score_detection.py").exists():
            return data, above / "tools"
    sys.exit(f"tests/bench/run detection: {given}: no tools/score_detection.py beside it")


def load(tsdb, data, tools):
    """Fills the database once for this data."""
    digest = hashlib.sha256((data / "labels.json").read_bytes() + (tools / "replay.py").read_bytes()).hexdigest()
    marker = tsdb / "loaded"
    if marker.exists() and marker.read_text() == digest:
        return
    say(f"loading {data} into {tsdb}")
    shutil.rmtree(tsdb, ignore_errors=True)
    tsdb.mkdir(parents=True)
    subprocess.run([sys.executable, tools / "replay.py", "load", "--data", data, "--tsdb", tsdb, "--shift", "monday"],
                   check=True, stdout=subprocess.DEVNULL)
    marker.write_text(digest)


class Prometheus:
    """replay.py serve on a free port."""

    def __init__(self, tools, tsdb, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(log, "w", encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, tools / "replay.py", "serve", "--tsdb", tsdb, "--port", str(port)],
                                        stdout=self.log, stderr=self.log)

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + "/-/ready", timeout=1):
                    return self
            except OSError:
                time.sleep(0.2)
        self.__exit__()
        sys.exit(f"tests/bench/run detection: Prometheus did not start: {self.log.name}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def case_times(data, meta, shift_of):
    """Returns first scored and last time of a case as replayed, and its metrics."""
    import pandas

    frame = pandas.read_csv(data / meta["file"])
    shift = shift_of(int(frame.iloc[0, 0]), "monday")
    return int(meta["train_end"]) + shift, int(frame.iloc[-1, 0]) + shift, list(frame.columns[1:])


def config_text(name, meta, metrics, url):
    lines = [f"prometheus: {{url: {url}}}", "detectors:", "  - name: bench", "    by: [case]", f"    interval: {meta['step']}s",
             "    features:"]
    for metric in metrics:
        query = 'bench{case="%s",metric="%s"}' % (name, metric)
        lines += [f"      - name: f_{metric}", f"        query: '{query}'"]
    return "\n".join(lines) + "\n"


def blamed(meta, summary, shift):
    """Returns, for each window of `causes` with an alert in it, whether a metric blamed there is among the alert's three main reasons,
    and the chance of that for three metrics taken blindly."""
    alerts, hits, chances = summary["detectors"][0]["notifications"], [], []
    for cause in meta.get("causes", ()):
        inside = [a for a in alerts if a["start"] <= cause["end"] + shift and a["end"] >= cause["start"] + shift and a["reasons"]]
        if not inside:
            continue
        top = {reason["feature"].removeprefix("f_") for reason in inside[0]["reasons"][:3]}
        hits.append(bool(top & set(cause["metrics"])))
        count, guilty = meta["metrics"], len(cause["metrics"])
        chances.append(1 - math.comb(count - guilty, 3) / math.comb(count, 3))
    return hits, chances


def run_case(name, meta, data, shift_of, url, work, scores):
    """Backtests one case into its score file; returns the seconds it took."""
    first, last, metrics = case_times(data, meta, shift_of)
    stem = meta["file"].split(".csv")[0]
    config, out = work / f"{stem}.yaml", work / stem
    config.write_text(config_text(name, meta, metrics, url), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    started = time.monotonic()
    done = subprocess.run([OPTIONS.exporter, "backtest", "--config.file", config, "--from", str(first), "--to", str(last),
                           "--out", out, "--threads", "1", "--write", "csv"], text=True, stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr.strip()}")
    written = list(out.glob("*.csv"))
    if len(written) != 1:
        raise RuntimeError(f"{name}: {len(written)} score files instead of one")
    shutil.copyfile(written[0], scores / f"{stem}.csv")
    return time.monotonic() - started


def blame_of(labels, data, work):
    """Returns `blamed` of all cases together."""
    from replay import shift_of  # run_cases has put the tools on the path

    hits, chances = [], []
    for meta in labels.values():
        summary = work / meta["file"].split(".csv")[0] / "summary.json"
        if "causes" not in meta or not summary.exists():
            continue
        first, _, _ = case_times(data, meta, shift_of)
        found = blamed(meta, json.loads(summary.read_text(encoding="utf-8")), first - int(meta["train_end"]))
        hits += found[0]
        chances += found[1]
    return hits, chances


def run_cases(labels, data, tools, url, work, scores):
    sys.path.insert(0, str(tools))
    from replay import shift_of

    failed = []
    with concurrent.futures.ThreadPoolExecutor(OPTIONS.jobs) as pool:
        # Long ones first: the last to end should be a short one.
        order = sorted(labels, key=lambda name: -labels[name]["metrics"])
        jobs = {pool.submit(run_case, name, labels[name], data, shift_of, url, work, scores): name for name in order}
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            try:
                say(f"[{number}/{len(jobs)}] {jobs[job]}: {job.result():.1f} s")
            except RuntimeError as failure:
                failed.append(str(failure))
                say(f"[{number}/{len(jobs)}] FAILED {failure}")
    return failed


def write_report(result, hits, chances):
    report = Report()
    for kind, summary in result["summary"].items():
        for column, row, unit, more in COLUMNS:
            if summary.get(column) is not None:
                report.add(f"{kind}_{row}", unit, [summary[column]], more_is_better=more)
        for column, row in NAB:
            if summary.get(column) is not None:
                report.add(row, "NAB points", [summary[column]], more_is_better=True)
    if hits:
        report.add("multivariate_reasons_top3", "of alerted windows", [sum(hits) / len(hits)], "three at random",
                   [sum(chances) / len(chances)], more_is_better=True)
    print(f"\n{cpu_model()}, {len(result['cases'])} cases, one default configuration\n")
    report.table()
    report.write(os.path.join(OPTIONS.out, "detection.json"))


def main():
    data, tools = find_data(OPTIONS.data)
    work = Path(OPTIONS.out).resolve() / "detection"
    scores, tsdb = work / "scores", Path(OPTIONS.tsdb) if OPTIONS.tsdb else work / "tsdb"
    shutil.rmtree(scores, ignore_errors=True)
    scores.mkdir(parents=True)
    if not OPTIONS.tsdb:
        load(tsdb, data, tools)
    labels = json.loads((data / "labels.json").read_text(encoding="utf-8"))
    labels = {name: meta for name, meta in labels.items() if OPTIONS.only in name}
    with Prometheus(tools, tsdb, work / "prometheus.log") as prometheus:
        started = time.monotonic()
        failed = run_cases(labels, data, tools, prometheus.url, work, scores)
        say(f"{len(labels)} cases in {time.monotonic() - started:.0f} s")
    result = work / "result.json"
    subprocess.run([sys.executable, tools / "score_detection.py", "--data", data, "--scores", scores, "--shift", "monday",
                    "--only", OPTIONS.only, "--per-case", "--json", result], check=True)
    write_report(json.loads(result.read_text(encoding="utf-8")), *blame_of(labels, data, work))
    if failed:
        sys.exit("\n".join(f"tests/bench/run detection: {failure}" for failure in failed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder with labels.json; its tools folder lies beside or above it")
    parser.add_argument("--exporter", required=True, help="the binary")
    parser.add_argument("--out", required=True, help="folder for detection.json, with all else in detection/")
    parser.add_argument("--tsdb", help="a database that replay.py load has filled")
    parser.add_argument("--only", default="", help="only cases whose name contains this text")
    parser.add_argument("--jobs", type=int, default=2, help="backtests at a time")
    OPTIONS = parser.parse_args()
    main()
