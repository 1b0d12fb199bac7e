"""The web config file as its users meet it: promtool's verdict on each case, curl and a real Prometheus over TLS, reload by edit."""
import crypt
import glob
import os
import re
import socket
import subprocess
import tempfile
import unittest
import warnings

import support
from support import wait_for

ROOT = os.environ["ANOMALY_ROOT"]
CASES = os.path.join(ROOT, "tests/data/web-config")
CONFIG = """prometheus: {url: "http://127.0.0.1:9", query_offset: 0s}
detectors:
  - {name: fleet, by: [instance], interval: 1h, features: [{name: cpu, query: fleet_cpu}]}
"""
# What Prometheus 2.42 does not know yet, and where this exporter asks for more than Prometheus: TLS 1.2.
UNKNOWN_TO_PROMTOOL = re.compile(r"^(rate_limit:|  client_allowed_sans:|  (cert|key|client_ca): )", re.MULTILINE)
STRICTER = {"bad-max-version-below-1.2.yaml"}

warnings.filterwarnings("ignore", category=DeprecationWarning)


def bcrypt(password):
    return crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))


def certificate(folder, name, issuer=None, more="subjectAltName=DNS:localhost,IP:127.0.0.1"):
    """Makes NAME.pem and NAME.key, signed by itself or by `issuer`."""
    path = os.path.join(folder, name)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
               "-subj", f"/CN={name}", "-addext", more, "-keyout", path + ".key", "-out", path + ".pem"]
    if issuer:
        command += ["-CA", os.path.join(folder, issuer) + ".pem", "-CAkey", os.path.join(folder, issuer) + ".key"]
    subprocess.run(command, check=True, capture_output=True)


class WebConfig(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="anomaly_exporter_test.")
        cls.addClassCleanup(temporary.cleanup)
        cls.shared = temporary.name
        cls.config = os.path.join(cls.shared, "config.yaml")
        with open(cls.config, "w", encoding="utf-8") as out:
            out.write(CONFIG)
        certificate(cls.shared, "server")
        certificate(cls.shared, "second")
        certificate(cls.shared, "authority", more="basicConstraints=critical,CA:TRUE")
        certificate(cls.shared, "client", "authority", "subjectAltName=DNS:prometheus.example.org")
        certificate(cls.shared, "stranger")

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="anomaly_exporter_test.")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.web = os.path.join(self.shared, "web.yml")

    def write(self, text):
        with open(self.web, "w", encoding="utf-8") as out:
            out.write(text)

    def start(self, text, *flags):
        self.write(text)
        os.makedirs(os.path.join(self.folder, "state"), exist_ok=True)
        config = os.path.join(self.folder, "config.yaml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(CONFIG)
        exporter = support.Exporter(config, f"--web.config.file={self.web}", *flags)
        self.addCleanup(exporter.end)
        self.target = exporter.url.removeprefix("http://")
        return exporter

    def curl(self, path, *flags, scheme="https"):
        """Returns the exit code, the status and the head and body of an answer."""
        done = subprocess.run(["curl", "-s", "-i", "--max-time", "20", "--cacert", os.path.join(self.shared, "server.pem"), *flags,
                               f"{scheme}://{self.target}{path}"], capture_output=True, text=True)
        match = re.match(r"HTTP/1\.1 (\d+)", done.stdout)
        return done.returncode, int(match.group(1)) if match else None, done.stdout

    def status(self, path, *flags, **named):
        return self.curl(path, *flags, **named)[1]

    def client(self, name):
        path = os.path.join(self.shared, name)
        return ["--cert", path + ".pem", "--key", path + ".key"]

    def tls(self, more="", name="server"):
        return f"tls_server_config:\n  cert_file: {name}.pem\n  key_file: {name}.key\n{more}"

    def test_each_case_gets_the_verdict_of_promtool(self):
        cases = sorted(glob.glob(os.path.join(CASES, "*.yaml")))
        self.assertGreater(len(cases), 50)
        judged = 0
        for case in cases:
            name = os.path.basename(case)
            with self.subTest(name):
                good = name.startswith("good-")
                done = subprocess.run([support.BINARY, f"--config.file={self.config}", "--config.check",
                                       f"--web.config.file={case}"], capture_output=True, text=True)
                self.assertEqual(0 if good else 1, done.returncode, done.stderr)
                with open(case, encoding="utf-8") as file:
                    text = file.read()
                if not good:
                    self.assertEqual(1, done.stderr.count("\n"), done.stderr)
                    self.assertIn(text.splitlines()[0].removeprefix("# expect: "), done.stderr)
                if UNKNOWN_TO_PROMTOOL.search(text) or name in STRICTER:
                    continue
                theirs = subprocess.run(["promtool", "check", "web-config", case], capture_output=True, text=True)
                self.assertEqual(good, theirs.returncode == 0, theirs.stderr)
                judged += 1
        self.assertGreater(judged, 40)

    def test_an_invalid_file_ends_the_start_with_1_and_one_line(self):
        self.write("tls_server_config: {cert_file: server.pem}")
        done = subprocess.run([support.BINARY, f"--config.file={self.config}", "--web.listen-address=127.0.0.1:0",
                               f"--web.config.file={self.web}"], capture_output=True, text=True, timeout=60)
        self.assertEqual(1, done.returncode)
        errors = [line for line in done.stderr.splitlines() if "level=ERROR" in line]
        self.assertEqual(1, len(errors), done.stderr)
        self.assertIn("web.yml:1: tls_server_config: missing one of key or key_file", errors[0])

    def test_tls_users_and_headers_guard_every_path(self):
        users = f"basic_auth_users: {{prometheus: \"{bcrypt('secret')}\"}}\n"
        headers = "http_server_config: {headers: {X-Content-Type-Options: nosniff}}\n"
        exporter = self.start(self.tls() + users + headers)
        exporter.wait_line('msg="TLS is enabled." http2=false')
        for path in ("/metrics", "/-/healthy", "/", "/docs"):
            code, status, answer = self.curl(path)
            self.assertEqual((0, 401), (code, status), answer)
            self.assertIn("WWW-Authenticate: Basic\n", answer)
            self.assertIn("X-Content-Type-Options: nosniff\n", answer)
            self.assertEqual(401, self.status(path, "--user", "prometheus:wrong"))
            self.assertEqual(401, self.status(path, "--user", "nobody:secret"))
        self.assertEqual(200, self.status("/metrics", "--user", "prometheus:secret"))
        self.assertEqual(400, int(subprocess.run(
            ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", f"http://{self.target}/metrics"],
            capture_output=True, text=True).stdout))
        self.assertEqual(35, self.curl("/metrics", "--tls-max", "1.1")[0])
        check = [support.BINARY, "--healthcheck", f"--web.listen-address={self.target}", f"--web.config.file={self.web}"]
        self.assertEqual(0, subprocess.run(check).returncode)
        exporter.end()
        self.assertEqual(1, subprocess.run(check, stderr=subprocess.DEVNULL).returncode)

    def test_users_headers_and_certificates_change_without_a_restart(self):
        user = 'basic_auth_users: {{{name}: "{hash}"}}\n'
        self.start(self.tls() + user.format(name="anna", hash=bcrypt("one")))
        self.assertEqual(200, self.status("/metrics", "--user", "anna:one"))
        self.write(self.tls() + user.format(name="anna", hash=bcrypt("two")))
        self.assertEqual(401, self.status("/metrics", "--user", "anna:one"))
        self.assertEqual(200, self.status("/metrics", "--user", "anna:two"))
        self.write(self.tls(name="second") + "http_server_config: {headers: {X-Frame-Options: deny}}\n")
        self.assertEqual(60, self.curl("/metrics")[0])  # curl trusts the first certificate alone
        answer = self.curl("/metrics", "--insecure")[2]
        self.assertIn("X-Frame-Options: deny\n", answer)
        self.write(self.tls(name="missing"))
        self.assertEqual(None, self.status("/metrics", "--insecure"))
        self.write(self.tls())
        self.assertEqual(200, self.status("/metrics"))

    def test_client_certificates_are_verified_and_their_names_compared(self):
        policy = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: authority.pem\n"
        exporter = self.start(self.tls(policy))
        self.assertEqual(200, self.status("/metrics", *self.client("client")))
        self.assertEqual(None, self.status("/metrics", *self.client("stranger")))
        self.assertEqual(None, self.status("/metrics"))
        self.write(self.tls(policy + "  client_allowed_sans: [prometheus.example.org]\n"))
        self.assertEqual(200, self.status("/metrics", *self.client("client")))
        self.write(self.tls(policy + "  client_allowed_sans: [other.example.org]\n"))
        self.assertEqual(None, self.status("/metrics", *self.client("client")))
        done = subprocess.run([support.BINARY, "--healthcheck", f"--web.listen-address={self.target}",
                               f"--web.config.file={self.web}"])
        self.assertEqual(0, done.returncode)
        self.assertIsNone(exporter.process.poll())

    def test_a_real_prometheus_scrapes_over_tls_with_a_password_and_a_certificate(self):
        policy = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: authority.pem\n"
        self.start(self.tls(policy) + f"basic_auth_users: {{prometheus: \"{bcrypt('secret')}\"}}\n")
        scraper = support.Prometheus(os.path.join(self.folder, "scraper"), f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: good
    scheme: https
    basic_auth: {{username: prometheus, password: secret}}
    tls_config: {{ca_file: {self.shared}/server.pem, cert_file: {self.shared}/client.pem, key_file: {self.shared}/client.key}}
    static_configs: [{{targets: ["{self.target}"]}}]
  - job_name: bad
    scheme: https
    basic_auth: {{username: prometheus, password: wrong}}
    tls_config: {{ca_file: {self.shared}/server.pem, cert_file: {self.shared}/client.pem, key_file: {self.shared}/client.key}}
    static_configs: [{{targets: ["{self.target}"]}}]
""")
        self.addCleanup(scraper.end)
        wait_for("a scrape with the password", lambda: scraper.query('up{job="good"} == 1'))
        wait_for("a scrape without", lambda: scraper.query('up{job="bad"} == 0'))
        self.assertTrue(wait_for("metrics", lambda: scraper.query('anomaly_exporter_build_info{job="good"}')))

    def test_the_rate_limit_refuses_what_is_beyond_it(self):
        self.start("rate_limit: {interval: 1h, burst: 5}\n")
        statuses = [self.status("/-/healthy", scheme="http") for _ in range(7)]
        self.assertEqual([200] * 5 + [429] * 2, statuses)

    def test_systemd_passes_its_socket_on_and_is_told_of_the_start_and_the_end(self):
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        self.target = "127.0.0.1:%d" % listener.getsockname()[1]
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(inbox.close)
        inbox.bind(os.path.join(self.folder, "notify"))
        inbox.settimeout(support.DEADLINE)
        # The shell stands in for systemd: it moves the socket to descriptor 3 and keeps its own process id.
        script = 'exec 3<&"$0"; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        process = subprocess.Popen(
            ["bash", "-c", script, str(listener.fileno()), support.BINARY, f"--config.file={self.config}", "--web.systemd-socket"],
            pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL, cwd=self.folder,
            env={**os.environ, "NOTIFY_SOCKET": os.path.join(self.folder, "notify")})
        self.addCleanup(process.kill)
        self.assertEqual(b"READY=1", inbox.recv(100))
        self.assertEqual(200, self.status("/-/healthy", scheme="http"))
        process.send_signal(1)
        self.assertRegex(inbox.recv(100), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(b"READY=1", inbox.recv(100))
        process.terminate()
        self.assertEqual(b"STOPPING=1", inbox.recv(100))
        self.assertEqual(0, process.wait(timeout=support.DEADLINE))


if __name__ == "__main__":
    unittest.main()
