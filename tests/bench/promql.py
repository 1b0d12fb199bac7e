"""Suite `promql` of tests/bench/run: reading one answer of Prometheus' query API, a week of 500 series at five minutes.

Ours goes from the text onto a grid; the baseline builds nlohmann's document and reads each value from it. CPU time a body.
"""
import argparse
import os
import subprocess
import sys

from report import Report, cpu_model

BASELINE = "nlohmann-dom"
MEASURES = {"parse": ("ms", 1e3), "body": ("bytes", 1)}


def main():
    done = subprocess.run([os.path.join(OPTIONS.binaries, "promql_bench"), str(OPTIONS.repeats)], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"tests/bench/run: promql_bench ended with code {done.returncode}")
    values = {}
    for line in done.stdout.splitlines():
        measure, side, value = line.split()
        values.setdefault((measure, side), []).append(float(value))
    print(f"{cpu_model()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; 1,008,000 samples, CPU time, {OPTIONS.repeats} "
          f"repeats; baseline: {BASELINE}\n")
    report = Report()
    for measure, (unit, scale) in MEASURES.items():
        ours, theirs = ([v * scale for v in values.get((measure, side), ())] for side in ("ours", "theirs"))
        report.add(measure, unit, ours, BASELINE, theirs)
    report.table()
    report.write(os.path.join(OPTIONS.out, "promql.json"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, help="folder of promql_bench")
    parser.add_argument("--out", required=True, help="folder of promql.json")
    parser.add_argument("--repeats", type=int, default=7)
    OPTIONS = parser.parse_args()
    main()
