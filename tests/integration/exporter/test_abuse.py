"""What an open port meets: idle crowds, slow senders, bombs, floods. The probes and /metrics answer throughout, memory stays small.

The clients of this file are slow themselves, and share the machine with other tests: a probe counts as answered within a second
here. `python3 -m unittest -v test_abuse` prints the worst latency of each attack.
"""
import multiprocessing
import os
import resource
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import zlib

import support
from support import wait_for

SECONDS = float(os.environ.get("ANOMALY_ABUSE_SECONDS", "5"))  # how long each attack lasts
LATEST = 1.0
MOST_MEMORY = 100 << 20
CONFIG = """prometheus: {url: "http://127.0.0.1:9", query_offset: 0s}
models:
  - {name: line, file: line.model}
detectors:
  - {name: fleet, by: [instance], interval: 1h, features: [{name: cpu, query: fleet_cpu}]}
"""


def raise_file_limit(wanted):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def ask_again_and_again(port, request):
    def ask():
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                    client.sendall(request)
                    client.recv(1 << 16)
            except OSError:
                pass
    threads = [threading.Thread(target=ask) for _ in range(80)]
    for thread in threads:
        thread.start()


class Watch(threading.Thread):
    """Asks the probe and /metrics over new connections, again and again; keeps latencies and failures."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.latencies, self.failures, self.ended = port, [], [], threading.Event()

    def run(self):
        while not self.ended.is_set():
            for path in ("/-/healthy", "/metrics"):
                begin = time.monotonic()
                status = self.ask(path)
                self.latencies.append(time.monotonic() - begin)
                if status != b"200":
                    self.failures.append((path, status, self.latencies[-1]))
            time.sleep(0.02)

    def ask(self, path):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while chunk := client.recv(1 << 16):
                    answer += chunk
                return answer[9:12]
        except OSError as error:
            return repr(error)


class Abuse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = raise_file_limit(8192)
        cls.folder = tempfile.TemporaryDirectory(prefix="anomaly_exporter_test.")
        cls.addClassCleanup(cls.folder.cleanup)
        config = os.path.join(cls.folder.name, "config.yaml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(CONFIG)
        rows = os.path.join(cls.folder.name, "line.csv")
        with open(rows, "w", encoding="utf-8") as out:
            out.write("a,b\n" + "".join(f"{i % 97},{i % 89}\n" for i in range(1000)))
        subprocess.run([support.BINARY, "train", "--csv", rows, "-o", os.path.join(cls.folder.name, "line.model")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.exporter = support.Exporter(config)
        cls.addClassCleanup(lambda: cls.exporter.end())
        cls.port = int(cls.exporter.url.rsplit(":", 1)[1])
        cls.pid = cls.exporter.process.pid
        wait_for("the first cycle", lambda: cls.exporter.get("/-/ready")[0] == 200)
        cls.quiet_files = cls.open_files()

    @classmethod
    def open_files(cls):
        return len(os.listdir(f"/proc/{cls.pid}/fd"))

    def memory(self, field="VmHWM"):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith(field + ":"))

    def setUp(self):
        self.watch = Watch(self.port)
        self.clients = []
        self.watch.start()

    def tearDown(self):
        for client in self.clients:
            client.close()

    def connect(self, timeout=10):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        self.clients.append(client)
        return client

    def finish(self):
        """Ends the watch and judges what it saw; the descriptors of the attack must go."""
        self.watch.ended.set()
        self.watch.join(30)
        for client in self.clients:
            client.close()
        self.clients.clear()
        latencies = sorted(self.watch.latencies)
        print(f"{self.id().rsplit('.', 1)[1]}: {len(latencies)} probes, worst {1e3 * latencies[-1]:.1f} ms, "
              f"p99 {1e3 * latencies[len(latencies) * 99 // 100]:.1f} ms, peak {self.memory() >> 20} MiB", flush=True)
        self.assertEqual([], self.watch.failures)
        self.assertLess(latencies[-1], LATEST)
        self.assertLess(self.memory(), MOST_MEMORY)
        wait_for("the descriptors of before", lambda: self.open_files() <= self.quiet_files + 2)
        self.assertIsNone(self.exporter.process.poll())

    def answer(self, client):
        """Returns the status of the answer, or None when the server closed without one."""
        try:
            head = b""
            while b"\r\n" not in head:
                chunk = client.recv(4096)
                if not chunk:
                    break
                head += chunk
            return int(head[9:12]) if head else None
        except OSError:
            return None

    def flood(self, client, chunks):
        """Sends until the server has had enough, and returns its answer's status."""
        try:
            for chunk in chunks:
                client.sendall(chunk)
        except OSError:
            pass
        return self.answer(client)

    def test_two_thousand_idle_sockets(self):
        for _ in range(2000):
            self.connect()
        time.sleep(SECONDS)
        self.finish()

    def test_five_hundred_slow_senders(self):
        request = b"POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"
        clients = [self.connect() for _ in range(500)]
        end, at = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            for client in clients:
                try:
                    client.send(request[at:at + 1] or b" ")
                except OSError:
                    pass  # cut off: that is the server's right
            at += 1
            time.sleep(0.2)
        self.finish()

    def test_a_hundred_thousand_headers(self):
        client = self.connect()
        lines = (b"X-%d: a\r\n" % i for i in range(100_000))
        self.assertIn(self.flood(client, [b"GET / HTTP/1.1\r\nHost: a\r\n", *lines, b"\r\n"]), (431, None))
        self.finish()

    def test_a_first_line_of_fifty_megabytes(self):
        client = self.connect()
        self.assertIn(self.flood(client, [b"GET /"] + [b"a" * (1 << 20)] * 50), (414, 431, None))
        self.finish()

    def test_a_gzip_bomb_of_fifty_megabytes(self):
        packer = zlib.compressobj(9, wbits=31)
        bomb = packer.compress(b" " * (50 << 20)) + packer.flush()
        for _ in range(20):
            client = self.connect()
            head = f"POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
            self.assertEqual(413, self.flood(client, [head.encode(), bomb]))
        self.finish()

    def test_a_chunked_body_without_end(self):
        client = self.connect()
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        head = b"POST /prediction HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertIn(self.flood(client, [head] + [chunk] * 800), (413, None))
        self.finish()

    def test_slow_readers_of_metrics(self):
        for _ in range(100):
            client = self.connect()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
            time.sleep(0.01)  # more than 40 at a time are refused, whoever asks
        time.sleep(SECONDS)
        self.finish()

    def test_a_thousand_connections_a_second(self):
        """Half of them send a request, half leave at once, with and without a reset."""
        begin = time.monotonic()
        made = 0
        while time.monotonic() - begin < SECONDS:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
                if made % 2:
                    client.sendall(b"GET /model_information HTTP/1.1\r\nHost: a\r\n\r\n")
                if made % 4 == 0:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            made += 1
            ahead = made / 1000 - (time.monotonic() - begin)
            if ahead > 0:
                time.sleep(ahead)
        self.finish()

    def test_workers_of_predictions_are_all_taken(self):
        """More clients than there are workers ask for thousands of scores without a pause, from another process."""
        body = '{"model": "line", "feature_vectors": [' + ",".join(["[1.0, 2.0]"] * 20_000) + "]}"
        request = f"POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        crowd = multiprocessing.get_context("fork").Process(target=ask_again_and_again, args=(self.port, request.encode()), daemon=True)
        crowd.start()
        self.addCleanup(crowd.kill)
        time.sleep(SECONDS)
        crowd.kill()
        crowd.join(30)
        self.finish()

    def test_shapes_that_smuggle_requests_are_refused(self):
        post = b"POST /prediction HTTP/1.1\r\nHost: a\r\n"
        shapes = {
            "both lengths": post + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "two lengths": post + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            "the same length twice": post + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "a list of lengths": post + b"Content-Length: 3, 3\r\n\r\nabc",
            "a signed length": post + b"Content-Length: +3\r\n\r\nabc",
            "an unknown coding": post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "a space before the colon": post + b"Content-Length : 3\r\n\r\nabc",
            "a folded line": post + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
            "a bare line feed": b"GET / HTTP/1.1\nHost: a\n\n",
            "a chunk size with a sign": post + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
            "no host": b"GET / HTTP/1.1\r\n\r\n",
            "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "a NUL in a header": post + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
        }
        for name, bytes_ in shapes.items():
            with self.subTest(name):
                client = self.connect()
                client.sendall(bytes_)
                status = self.answer(client)
                self.assertIn(status, (400, 501) if name == "an unknown coding" else (400,))
                self.assertEqual(b"", self.rest(client))
        self.finish()

    def rest(self, client):
        """Returns what follows the answer's first packet once the server has closed: a second answer would show here."""
        text = b""
        try:
            while chunk := client.recv(4096):
                text += chunk
        except OSError:
            pass
        return text if text.startswith(b"HTTP/") or b"\r\nHTTP/" in text else b""


if __name__ == "__main__":
    unittest.main()
