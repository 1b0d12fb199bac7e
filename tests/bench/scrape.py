"""Suite `scrape` of tests/bench/run: /metrics with 100,000 results, ours beside prometheus-cpp's Registry and TextSerializer.

Ours writes results down once per cycle, as text and as gzip (`build_*`), and a scrape only sends them; prometheus-cpp collects
and serializes in every scrape, which is its `build_*` too. `scrape_*` is the CPU time of a scrape beyond writing the same bytes
to a socket, `served_*` with it: all threads of the server, the client's not. Memory is what the heap holds at most beside the
scores, in bodies: for one rendering, and while the next one is made with the old one still held.
"""
import argparse
import os
import subprocess
import sys

from report import Report, cpu_model

BASELINE = "prometheus-cpp"
MEASURES = {"build_identity": ("ms", 1e3), "build_gzip": ("ms", 1e3), "scrape_identity": ("ms", 1e3), "scrape_gzip": ("ms", 1e3),
            "served_identity": ("ms", 1e3), "served_gzip": ("ms", 1e3), "body_identity": ("bytes", 1), "body_gzip": ("bytes", 1),
            "memory_one": ("bodies", 1), "memory_swap": ("bodies", 1)}


def main():
    done = subprocess.run([os.path.join(OPTIONS.binaries, "scrape_bench"), str(OPTIONS.repeats)], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"tests/bench/run: scrape_bench ended with code {done.returncode}")
    values = {}
    for line in done.stdout.splitlines():
        measure, side, value = line.split()
        values.setdefault((measure, side), []).append(float(value))
    print(f"{cpu_model()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; 100,000 series of 2 detectors, CPU time, "
          f"{OPTIONS.repeats} repeats; baseline: {BASELINE}\n")
    report = Report()
    for measure, (unit, scale) in MEASURES.items():
        ours, theirs = ([v * scale for v in values.get((measure, side), ())] for side in ("ours", "theirs"))
        report.add(measure, unit, ours, BASELINE, theirs)
    report.table()
    report.write(os.path.join(OPTIONS.out, "scrape.json"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, help="folder of scrape_bench")
    parser.add_argument("--out", required=True, help="folder of scrape.json")
    parser.add_argument("--repeats", type=int, default=7)
    OPTIONS = parser.parse_args()
    main()
