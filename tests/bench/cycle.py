"""Suite `cycle` of tests/bench/run: one scoring cycle of 10,000 entities x 5 features, with their context, around one forest.

CPU time of a cycle is that of joining, scoring and following the entities: the queries are answered by a source in memory, whose
time does not count. Memory is what the heap holds per entity and feature: the models as a restart reads them, and the recent rows
that go from cycle to cycle.
"""
import argparse
import os
import subprocess
import sys

from report import Report, cpu_model

MEASURES = {"cycle": ("ms", 1e3), "first_cycle": ("ms", 1e3), "model_bytes": ("bytes", 1), "live_bytes": ("bytes", 1)}


def main():
    done = subprocess.run([os.path.join(OPTIONS.binaries, "cycle_bench"), str(OPTIONS.repeats)], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"tests/bench/run: cycle_bench ended with code {done.returncode}")
    values = {}
    for line in done.stdout.splitlines():
        measure, value = line.split()
        values.setdefault(measure, []).append(float(value))
    print(f"{cpu_model()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; 10,000 entities x 5 features, scope shared, CPU "
          f"time, {OPTIONS.repeats} cycles\n")
    report = Report()
    for measure, (unit, scale) in MEASURES.items():
        report.add(measure, unit, [value * scale for value in values[measure]])
    report.table()
    report.write(os.path.join(OPTIONS.out, "cycle.json"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, help="folder of cycle_bench")
    parser.add_argument("--out", required=True, help="folder of cycle.json")
    parser.add_argument("--repeats", type=int, default=7)
    OPTIONS = parser.parse_args()
    main()
