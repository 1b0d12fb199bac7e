#!/usr/bin/python3
"""make_data.py FLEET FOLDER: writes the data of this folder, the same bytes each time.

FLEET is the demo's program, build/release/fleet. It simulates three weeks of three hosts with
incidents from a seed; this turns its counters into features as PromQL would.
  train.csv, test.csv  mean,sd of the busy cores of web-1: two weeks and the week after them
  test_labels.csv      for each row of test.csv its time, 1 within an incident, and which
  fleet.csv            time, entity, nine features, label, incident of three hosts in two weeks
  incidents.csv        what went wrong when, as `anomaly_exporter backtest --incidents` reads it
"""
import csv
import datetime
import math
import os
import random
import re
import subprocess
import sys
import tempfile

SEED = 16
START = 1772409600  # Monday 2026-03-02 00:00 UTC
DAY = 86400
END, TEST = START + 21 * DAY, START + 14 * DAY
SPLIT = START + 7 * DAY  # where fleet.csv begins
STEP = 30  # seconds between samples
HOSTS = ["web-1", "db-1", "queue-1"]
CPU = "demo_cpu_busy_seconds_total"
KINDS = ["cpu_hog", "memory_leak", "latency", "error_burst", "traffic_drop", "silent",
         "broken_relation"]


def simulated_from():
    """The fleet starts an hour ahead, so that each window is full."""
    return START - 3600


def incidents():
    """Returns (kind, host, start, end) in order. Those of web-1 are the two kinds that its busy
    cores show; training holds two of them, as real training data does."""
    draw = random.Random(SEED)

    def somewhere(kind, host, begin, room, minutes):
        start = begin + draw.randrange(0, room - 3600, 60)
        return kind, host, start, start + 60 * minutes

    found = [somewhere("cpu_hog", "web-1", START + 3 * DAY, DAY, 15),
             somewhere("traffic_drop", "web-1", START + 9 * DAY, DAY, 10)]
    for i in range(14):
        found.append(somewhere(["cpu_hog", "traffic_drop"][i % 2], "web-1", TEST + i * DAY // 2,
                               DAY // 2, draw.randrange(10, 41)))
    for host in HOSTS[1:]:
        for i in range(12):
            found.append(somewhere(KINDS[i % 7], host, SPLIT + DAY + i * DAY, DAY,
                                   draw.randrange(20, 61)))
    return sorted(found, key=lambda incident: incident[2])


def write_incident_log(path):
    """Writes the incidents as `fleet history --incidents` reads them."""
    with open(path, "w", encoding="utf-8") as out:
        for kind, host, start, end in incidents():
            out.write(f"start {start} {kind} {host}\nend {end} {kind} {host}\n")


def simulate(fleet, path, begin, end, hosts):
    """Writes the samples of [begin, end) as OpenMetrics."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "incidents")
        write_incident_log(log)
        subprocess.run([fleet, "history", "--seed", str(SEED), "--epoch", str(simulated_from()),
                        "--from", str(begin), "--until", str(end), "--step", str(STEP),
                        "--entity", ",".join(hosts), "--incidents", log, "--out", path], check=True)


class Samples:
    """The samples of a host, and of them what PromQL makes: `rate(NAME[1m])` at a time."""

    def __init__(self):
        self.values = {}

    def gauge(self, name, at):
        return self.values[name].get(at, math.nan)

    def rate(self, name, at):
        series = self.values[name]
        return (series.get(at, math.nan) - series.get(at - 60, math.nan)) / 60

    def ratio(self, name, base, at):
        below = self.rate(base, at)
        return self.rate(name, at) / below if below else math.nan


def read_samples(path):
    """Returns the Samples of each host."""
    hosts = {}
    series = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            key, value, at = line.split()
            if key not in series:
                name, host = re.match(r'(\w+)\{instance="([^"]*)"', key).groups()
                series[key] = hosts.setdefault(host, Samples()).values.setdefault(name, {})
            series[key][int(at)] = float(value)
    return hosts


def mean_and_sd(samples, at):
    """avg_over_time and stddev_over_time of rate(CPU[1m]) over [10m:30s], as Prometheus 2 has it:
    both ends are in it."""
    rates = [samples.rate(CPU, t) for t in range(at - 600, at + 1, STEP)]
    mean = math.fsum(rates) / len(rates)
    return mean, math.sqrt(math.fsum((rate - mean) ** 2 for rate in rates) / len(rates))


def features(samples, at):
    """The features of the detector `hosts` in docker/demo/config.yaml."""
    duration = "demo_request_duration_seconds"
    return {"cpu_busy_cores": samples.rate(CPU, at),
            "load": samples.gauge("demo_load", at),
            "memory_used_bytes": samples.gauge("demo_memory_used_bytes", at),
            "disk_busy": samples.rate("demo_disk_io_seconds_total", at),
            "received_bytes_per_second": samples.rate("demo_network_receive_bytes_total", at),
            "sent_bytes_per_second": samples.rate("demo_network_transmit_bytes_total", at),
            "requests_per_second": samples.rate("demo_requests_total", at),
            "latency_seconds": samples.ratio(duration + "_sum", duration + "_count", at),
            "error_ratio": samples.ratio("demo_request_errors_total", "demo_requests_total", at)}


def incident_at(host, begin, end):
    """Returns the kind of the incident that touches [begin, end], or an empty text."""
    return next((kind for kind, target, start, stop in incidents()
                 if target == host and start < end and begin < stop), "")


def text(value):
    return "" if math.isnan(value) else f"{value:.6g}"


def time_text(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_csv(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(fleet, folder):
    with tempfile.TemporaryDirectory() as scratch:
        history = os.path.join(scratch, "history.om")
        simulate(fleet, history, simulated_from(), END, HOSTS)
        hosts = read_samples(history)

    def in_folder(name):
        return os.path.join(folder, name)

    web = hosts["web-1"]
    times = {"train.csv": range(START, TEST, 300), "test.csv": range(TEST, END, 300)}
    for name, at in times.items():
        write_csv(in_folder(name), ["mean", "sd"],
                  [[text(value) for value in mean_and_sd(web, t)] for t in at])
    kinds = [incident_at("web-1", t - 600, t) for t in times["test.csv"]]
    write_csv(in_folder("test_labels.csv"), ["time", "label", "incident"],
              [[time_text(t), int(kind != ""), kind]
               for t, kind in zip(times["test.csv"], kinds)])

    rows = []
    for t in range(SPLIT, END, 600):
        for host in HOSTS:
            kind = incident_at(host, t - 60, t)
            values = features(hosts[host], t)
            rows.append([time_text(t), host, *map(text, values.values()), int(kind != ""), kind])
    write_csv(in_folder("fleet.csv"), ["time", "entity", *values, "label", "incident"], rows)
    write_csv(in_folder("incidents.csv"), ["entity", "start", "end", "name"],
              [[f'{{instance="{host}"}}', time_text(start), time_text(end), kind]
               for kind, host, start, end in incidents()])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.rstrip())
    main(*sys.argv[1:])
