"""Suite `forest` of tests/bench/run: our forest and scikit-learn on the same rows, side by side in one run.

Both grow 100 trees of 256 rows on one thread, and the clock is CPU time, so that other work on the machine counts little.
The two sides take turns, --repeats times; the table shows medians, the best of each side and how far the values spread.
scikit-learn gets the rows as float64 and as float32, and the faster of the two (by median) is the baseline. We score all rows
of a set, scikit-learn the first 50,000, which it is fastest with. Without scikit-learn our own figures are printed alone.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time
import tracemalloc

from report import Report, cpu_model, say

try:
    import joblib
    import numpy
    import sklearn
    from sklearn.ensemble import IsolationForest
except ImportError:
    sklearn = None

SLICE = 50_000
TREES, SAMPLE = 100, 256
ROW_CALLS = 20
WALL_SECONDS = 1.5
LEAST_CORRELATION = 0.7  # two forests of other seeds reach 0.86 at d = 100


class Worker:
    """The C++ side: a process that measures on request."""

    def __init__(self, binary, folder):
        self.process = subprocess.Popen([binary, "serve", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, *words):
        print(*words, file=self.process.stdin, flush=True)

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"tests/bench/run: forest_bench ended with code {self.process.wait()}")
        return line.split()

    def ask(self, *words):
        self.send(*words)
        return self.receive()

    def number(self, *words):
        return float(self.ask(*words)[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Peer:
    """scikit-learn on one set of rows, in both precisions."""

    def __init__(self, path, columns):
        rows = numpy.fromfile(path).reshape(-1, columns)
        self.inputs = {"float64": rows, "float32": rows.astype(numpy.float32)}
        self.slices = {name: rows[:SLICE].copy() for name, rows in self.inputs.items()}
        self.models = {name: self.model(0).fit(rows) for name, rows in self.inputs.items()}

    @staticmethod
    def model(seed):
        return IsolationForest(n_estimators=TREES, max_samples=SAMPLE, contamination="auto", random_state=seed)

    def train(self, precision, repeat):
        model = self.model(repeat)
        return cpu_seconds(lambda: model.fit(self.inputs[precision]))

    def score(self, precision, _):
        rows = self.slices[precision]
        return len(rows) / cpu_seconds(lambda: self.models[precision].score_samples(rows))

    def row(self, precision, repeat):
        first = repeat * ROW_CALLS % len(self.slices[precision])
        rows = self.slices[precision][first:first + ROW_CALLS]
        return cpu_seconds(lambda: [self.models[precision].score_samples(row[None]) for row in rows]) / len(rows)

    def memory(self, precision):
        """Most bytes that a training holds beside the rows, as Python and numpy allocate them."""
        tracemalloc.start()
        self.model(0).fit(self.inputs[precision])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak


def cpu_seconds(work):
    begin = time.process_time()
    work()
    return time.process_time() - begin


def alternate(repeats, ours, theirs):
    """Lets both sides take turns; returns our values and those of the peer's precisions."""
    own, others = [], {precision: [] for precision in (("float64", "float32") if theirs else ())}
    for repeat in range(repeats):
        own.append(ours())
        for precision, values in others.items():
            values.append(theirs(precision, repeat))
    return own, others


def fastest(others, more_is_better, baseline):
    """Returns the baseline's name and the values of the precision with the better median."""
    if not others:
        return None, ()
    pick = (max if more_is_better else min)(others, key=lambda precision: statistics.median(others[precision]))
    return f"{baseline} {pick}", others[pick]


def check_alike(worker, peer, name, folder):
    """Ends the run when the two sides do not measure the same thing."""
    path = os.path.join(folder, f"{name}.scores")
    count = len(peer.slices["float64"])
    worker.ask("scores", name, count, path)
    ours, theirs = numpy.fromfile(path), -peer.models["float64"].score_samples(peer.slices["float64"])
    os.remove(path)
    alike = numpy.corrcoef(ours, theirs)[0, 1]
    say(f"  {name}: our scores and scikit-learn's correlate at {alike:.3f}")
    if not alike > LEAST_CORRELATION:
        sys.exit(f"tests/bench/run: {name}: our scores and scikit-learn's correlate at {alike:.3f} only, so the two do not "
                 "do the same work")


def main_measures(report, repeats, worker, name, peer, baseline):
    shown = baseline.split()[0] if baseline else None
    for measure, unit, scale, more in (("score", "rows/s", 1, True), ("train", "ms", 1e3, False), ("row", "us", 1e6, False)):
        words = [measure, name] + (["path_length"] if measure == "score" else [])
        own, others = alternate(repeats, lambda: worker.number(*words), getattr(peer, measure) if peer else None)
        used, theirs = fastest(others, more, baseline)
        if used:
            say(f"  {measure}_{name}: {used}")
        report.add(f"{measure}_{name}", unit, [v * scale for v in own], shown, [v * scale for v in theirs], more)


def variants(report, repeats, worker, name):
    plain, aware = [], []
    for _ in range(repeats):
        plain.append(worker.number("score", name, "path_length"))
        aware.append(worker.number("score", name, "range_aware"))
    report.add(f"range_aware_{name}", "rows/s", aware, f"score_{name}", plain, more_is_better=True)


def explanations(report, repeats, worker, name):
    row, reasons = [], []
    for _ in range(repeats):
        reasons.append(1e6 * worker.number("explain", name))
        row.append(1e6 * worker.number("row", name))
    report.add(f"explain_{name}", "us", reasons, f"row_{name}", row)


def two_threads(report, repeats, binary, folder, name):
    """Two threads of one process against two processes of one thread at the same time: rows per second of the wall clock."""
    pair = [Worker(binary, folder), Worker(binary, folder)]
    together, apart = [], []

    def timed(workers, threads):
        start = time.clock_gettime(time.CLOCK_MONOTONIC) + 0.5  # past the warm-up
        for worker in workers:
            worker.send("wall", name, threads, start, start + WALL_SECONDS)
        return sum(float(worker.receive()[0]) for worker in workers)

    for worker in pair:
        worker.ask("bytes", name)  # the rows are read and the forest is trained before the clock starts
    for _ in range(repeats):
        together.append(timed(pair[:1], 2))
        apart.append(timed(pair, 1))
    for worker in pair:
        worker.close()
    report.add(f"score_2threads_{name}", "rows/s", together, "two processes", apart, more_is_better=True)


def sizes(report, worker, name, peer, baseline):
    model, tables = map(int, worker.ask("bytes", name))
    train, score = map(int, worker.ask("memory", name))
    theirs = ([], [])
    if peer:
        path = os.path.join(OPTIONS.out, "sklearn.joblib")
        joblib.dump(peer.models["float64"], path)
        theirs = ([os.path.getsize(path)], [min(peer.memory(precision) for precision in peer.inputs)])
        os.remove(path)
    report.add(f"model_bytes_{name}", "bytes", [model], baseline, theirs[0])
    report.add(f"table_bytes_{name}", "bytes", [tables])
    report.add(f"train_memory_{name}", "bytes", [train], baseline, theirs[1])
    report.add(f"score_memory_{name}", "bytes", [score])


def main():
    data = os.path.join(OPTIONS.out, "data")
    os.makedirs(data, exist_ok=True)
    binary = os.path.join(OPTIONS.binaries, "forest_bench")
    made = subprocess.run([binary, "data", data], stdout=subprocess.PIPE, text=True, check=True).stdout
    recipes = [(name, int(rows), int(columns)) for name, rows, columns in map(str.split, made.splitlines())]
    worker, report = Worker(binary, data), Report()
    baseline = f"sklearn-{sklearn.__version__}" if sklearn else None
    print(f"{cpu_model()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {worker.ask('info')[0]} kernel; "
          f"{TREES} trees x {SAMPLE} rows, one thread, CPU time, {OPTIONS.repeats} repeats; baseline: "
          f"{baseline + ', the faster of float64 and float32' if baseline else 'missing (python3-sklearn is not installed)'}\n")
    for name, rows, columns in recipes:
        say(f"{name}: {rows} x {columns}")
        peer = Peer(os.path.join(data, f"{name}.f64"), columns) if baseline else None
        if peer:
            check_alike(worker, peer, name, OPTIONS.out)
        main_measures(report, OPTIONS.repeats, worker, name, peer, baseline)
        explanations(report, OPTIONS.repeats, worker, name)
        if name == "d20":
            sizes(report, worker, name, peer, baseline)
            variants(report, OPTIONS.repeats, worker, name)
    worker.close()
    say("d20: two threads")
    two_threads(report, OPTIONS.repeats, binary, data, "d20")
    report.rows.sort(key=lambda row: ORDER.index(row["name"].split("_d")[0]))
    report.table()
    report.write(os.path.join(OPTIONS.out, "forest.json"))


ORDER = ["score", "train", "row", "score_2threads", "range_aware", "explain", "model_bytes", "table_bytes", "train_memory",
         "score_memory"]
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, help="folder of forest_bench")
    parser.add_argument("--out", required=True, help="folder of forest.json and the data")
    parser.add_argument("--repeats", type=int, default=7)
    OPTIONS = parser.parse_args()
    main()
