"""Suite `budget` of tests/bench/run: what becomes of an alert budget on entities that are well.

Quiet fleets of the demo, 30 entity-months, are replayed once for each budget with the trainings they would have had; the value is the
realised rate in alerts a day and entity, the baseline the budget. A ratio of 1 keeps it, over 1 alerts less. Takes minutes.
"""
import argparse
import os
import subprocess
import sys

from report import Report, cpu_model


def main():
    done = subprocess.run([os.path.join(OPTIONS.binaries, "budget_bench")], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"tests/bench/run: budget_bench ended with code {done.returncode}")
    print(f"{cpu_model()}; 36 quiet hosts for 25 days at five minutes, trained on 28 days, again each day\n")
    report = Report()
    for line in done.stdout.splitlines():
        budget, realised = map(float, line.split())
        report.add(f"budget_1_per_{1 / budget:.0f}d", "alerts/day", [realised], "budget", [budget])
    report.table()
    report.write(os.path.join(OPTIONS.out, "budget.json"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, help="folder of budget_bench")
    parser.add_argument("--out", required=True, help="folder of budget.json")
    parser.add_argument("--repeats", type=int, default=1, help="the result is the same each time: one run")
    OPTIONS = parser.parse_args()
    main()
