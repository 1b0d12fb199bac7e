"""Suite `rest` of tests/bench/run: our REST service beside the Python design it replaces, in one run on this machine.

Both serve the same isolation forest (100 trees, two columns, trained by scikit-learn, imported by us) and get the same body.
wrk asks over four connections and shares the cores with the server; the two sides take turns, --repeats times. The answers of
both are compared first. h2load then asks ours 5,000 times a second and its log gives the latencies. Without python3-fastapi and
uvicorn our own figures are printed alone.
"""
import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import joblib
import numpy
from sklearn.ensemble import IsolationForest

from report import Report, cpu_model, say

ROW = [0.56, 0.23]
BODIES = {"score": {"feature_vector": ROW, "score": True}, "explain": {"feature_vector": ROW, "score": True, "explain": True}}
CONNECTIONS = 4
SECONDS = 5
RATE, CLIENTS = 5000, 10
DEADLINE = 60


class Server:
    """A child process that answers on a port of the loopback."""

    def __init__(self, name, command, port=None, **environment):
        self.log = open(os.path.join(OPTIONS.out, f"{name}.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env={**os.environ, **environment})
        end = time.monotonic() + DEADLINE
        while True:
            self.port = port or self.logged_port()
            if self.port and self.answers():
                return
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"tests/bench/run: {name} does not answer: {self.log.name}")
            time.sleep(0.1)

    def logged_port(self):
        with open(self.log.name, encoding="utf-8") as file:
            found = re.search(r'msg="Listening on" address="?127\.0\.0\.1:([1-9]\d*)', file.read())
        return int(found.group(1)) if found else None

    def answers(self):
        try:
            self.ask(BODIES["score"])
            return True
        except OSError:
            return False

    def ask(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/prediction", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            sys.exit(f"tests/bench/run: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/prediction"

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def with_wrk(server, body):
    """Returns requests per second and the server's CPU time per request in microseconds; any answer but 200 ends the run."""
    script = os.path.join(OPTIONS.out, "post.lua")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"""wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{json.dumps(BODIES[body])}'
""")
    before = server.cpu_seconds()
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, server.url], capture_output=True, text=True,
                          check=True)
    spent = server.cpu_seconds() - before
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"tests/bench/run: wrk: {done.stdout}")
    count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)), 1e6 * spent / count


def with_h2load(server, body):
    """Returns the 50th and the 99th percentile of the latencies in milliseconds at a fixed rate."""
    data, log = (os.path.join(OPTIONS.out, name) for name in ("body.json", "h2load.tsv"))
    with open(data, "w", encoding="utf-8") as file:
        json.dump(BODIES[body], file)
    if os.path.exists(log):
        os.remove(log)
    subprocess.run(["h2load", "--h1", f"-c{CLIENTS}", f"--rps={RATE // CLIENTS}", f"-D{SECONDS}", "-d", data,
                    "-H", "Content-Type: application/json", f"--log-file={log}", server.url],
                   stdout=subprocess.DEVNULL, check=True)
    rows = numpy.loadtxt(log, ndmin=2)
    if not (rows[:, 1] == 200).all() or len(rows) < 0.9 * RATE * SECONDS:
        sys.exit(f"tests/bench/run: h2load: {len(rows)} answers in {SECONDS} s, {(rows[:, 1] != 200).sum()} of them not 200")
    return numpy.percentile(rows[:, 2], [50, 99]) / 1000


def start_ours(folder, joblib_file):
    exporter = os.path.join(OPTIONS.binaries, "../../anomaly_exporter")
    model, config = os.path.join(folder, "mean_sd.model"), os.path.join(folder, "config.yaml")
    subprocess.run([exporter, "import", joblib_file, "-o", model], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(config, "w", encoding="utf-8") as file:
        file.write("models:\n  - {name: mean_sd, file: mean_sd.model}\n")
    return Server("anomaly_exporter", [exporter, f"--config.file={config}", "--web.listen-address=127.0.0.1:0"])


def start_theirs(joblib_file):
    command = ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", os.path.dirname(os.path.abspath(__file__)), "python_service:app",
               "--no-access-log", "--log-level", "warning", "--port"]
    known = subprocess.run(["/usr/bin/python3", "-c", "import fastapi, uvicorn"], stderr=subprocess.DEVNULL, check=False)
    if known.returncode != 0:
        return None
    port = free_port()
    return Server("python_service", [*command, str(port)], port, MODEL=joblib_file)


def check_alike(ours, theirs):
    for body in ({"feature_vector": [0.56 + 0.9 * i, 0.23 + i], "score": True} for i in range(5)):
        mine, other = ours.ask(body), theirs.ask(body)
        if mine["is_inlier"] != other["is_inlier"] or abs(mine["anomaly_score"] - other["anomaly_score"]) > 1e-12:
            sys.exit(f"tests/bench/run: the two sides answer differently: {mine} and {other}")


def main():
    folder = os.path.join(OPTIONS.out, "rest")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    joblib_file = os.path.join(folder, "model.joblib")
    rows = numpy.random.default_rng(16).normal(0.5, 0.2, (5000, 2))
    joblib.dump(IsolationForest(n_estimators=100, contamination=0.001, random_state=16).fit(rows), joblib_file)
    ours, theirs = start_ours(folder, joblib_file), start_theirs(joblib_file)
    baseline = "fastapi + scikit-learn" if theirs else None
    print(f"{cpu_model()}, {os.cpu_count()} cores shared with the client, load {os.getloadavg()[0]:.1f}; {CONNECTIONS} connections, "
          f"{SECONDS} s, {OPTIONS.repeats} repeats; baseline: {baseline or 'missing (python3-fastapi, uvicorn)'}\n")
    if theirs:
        check_alike(ours, theirs)
    measured = {name: [] for name in ("score", "score_cpu", "their_score", "their_cpu", "explain", "explain_cpu", "p50", "p99")}
    for repeat in range(OPTIONS.repeats):
        say(f"repeat {repeat + 1}")
        for name, server, body in (("score", ours, "score"), ("explain", ours, "explain"), ("their_score", theirs, "score")):
            if server:
                rate, cpu = with_wrk(server, body)
                measured[name].append(rate)
                measured["their_cpu" if name == "their_score" else f"{name}_cpu"].append(cpu)
        p50, p99 = with_h2load(ours, "score")
        measured["p50"].append(p50)
        measured["p99"].append(p99)
    for server in (ours, theirs):
        if server:
            server.stop()
    report = Report()
    report.add("rest_score", "req/s", measured["score"], baseline, measured["their_score"], more_is_better=True)
    report.add("rest_score_cpu", "us/req", measured["score_cpu"], baseline, measured["their_cpu"])
    report.add("rest_explain", "req/s", measured["explain"], more_is_better=True)
    report.add("rest_explain_cpu", "us/req", measured["explain_cpu"])
    report.add("rest_p50_at_5000", "ms", measured["p50"])
    report.add("rest_p99_at_5000", "ms", measured["p99"])
    report.table()
    report.write(os.path.join(OPTIONS.out, "rest.json"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, help="folder of the benches; the exporter lies two folders above")
    parser.add_argument("--out", required=True, help="folder of rest.json and the logs")
    parser.add_argument("--repeats", type=int, default=7)
    OPTIONS = parser.parse_args()
    main()
