"""The table and the JSON file that every suite of tests/bench/run ends with."""
import json
import platform
import statistics
import sys


class Report:
    """Collects the rows of the table."""

    def __init__(self):
        self.rows = []

    def add(self, name, unit, ours, baseline=None, theirs=(), more_is_better=False):
        """Takes the values of each repeat. A ratio over 1 says how many times better we are than the baseline."""
        best = max if more_is_better else min
        row = {"name": name, "unit": unit, "baseline": baseline if theirs else None, "values": list(ours),
               "value": statistics.median(ours), "best": best(ours), "ratio": None, "best_ratio": None, "theirs": None}
        if theirs:
            row["theirs"] = statistics.median(theirs)
            row["ratio"] = better(row["value"], row["theirs"], more_is_better)
            row["best_ratio"] = better(row["best"], best(theirs), more_is_better)
        self.rows.append(row)

    def table(self):
        head = ["", "median", "best", "spread", "unit", "baseline", "its median", "ratio", "ratio of bests"]
        lines = [[r["name"], figure(r["value"]), figure(r["best"]), spread(r["values"]), r["unit"], r["baseline"] or "",
                  figure(r["theirs"]), times(r["ratio"]), times(r["best_ratio"])] for r in self.rows]
        widths = [max(len(line[i]) for line in [head] + lines) for i in range(len(head))]
        left = {0, 4, 5}
        for line in [head, None] + lines:
            if line is None:
                cells = ["-" * w if i in left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
            else:
                cells = [c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
            print("| " + " | ".join(cells) + " |")

    def write(self, path):
        keys = ("name", "value", "unit", "baseline", "ratio")
        with open(path, "w", encoding="utf-8") as file:
            json.dump([{key: row[key] for key in keys} for row in self.rows], file, indent=1)
            file.write("\n")


def better(ours, theirs, more_is_better):
    return ours / theirs if more_is_better else theirs / ours


def figure(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def spread(values):
    return f"{100 * (max(values) - min(values)) / statistics.median(values):.0f} %" if len(values) > 1 else ""


def times(ratio):
    if ratio is None:
        return ""
    return f"{ratio:.0f}x" if ratio >= 20 else f"{ratio:.1f}x" if ratio >= 3 else f"{ratio:.2f}x"


def say(text):
    print(text, file=sys.stderr, flush=True)


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()
