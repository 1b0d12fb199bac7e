"""compose.yaml and the images' files: what they name exists, every service is held to the same rules, and the exporter's image, put
together by the very script that the Dockerfile uses, answers alone what the Python service answered."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = os.environ["ANOMALY_ROOT"]
sys.path.insert(0, os.path.join(ROOT, "tests/integration/exporter"))
from support import BINARY, fetch, free_port, wait_for  # noqa: E402

MOST_BYTES = 60e6
USER = 65532


def path(*parts):
    return os.path.join(ROOT, *parts)


def read(*parts):
    with open(path(*parts), encoding="utf-8") as file:
        return file.read()


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = yaml.safe_load(read("compose.yaml"))
        cls.services = cls.file["services"]

    def test_it_has_what_the_replaced_platform_had_under_the_same_names_and_ports(self):
        for name, port in (("api", "8000"), ("jupyter", "8888"), ("prometheus", "9090"), ("grafana", "3000"), ("alertmanager", "9093")):
            ports = self.services[name]["ports"]
            self.assertEqual([port], [published.rsplit(":", 1)[1] for published in ports])
            self.assertTrue(ports[0].startswith("${ANOMALY_BIND:-127.0.0.1}:"), f"{name} is open to others by default")
        self.assertEqual("${JUPYTER_TOKEN:-password}", self.services["jupyter"]["environment"]["JUPYTER_TOKEN"])

    def test_api_and_jupyter_start_alone(self):
        self.assertEqual(["api"], self.services["api"]["profiles"])
        for name in ("api", "jupyter"):
            self.assertNotIn("depends_on", self.services[name])
        self.assertEqual([], [name for name, service in self.services.items() if name != "api" and "profiles" in service])

    def test_the_notebook_reaches_the_service_and_its_model(self):
        settings, api = self.services["jupyter"]["environment"], yaml.safe_load(read("docker/api/config.yaml"))
        host = re.fullmatch(r"http://([a-z-]+):8000", settings["EXPORTER_URL"]).group(1)
        for name in ("api", "exporter"):
            self.assertIn(host, self.services[name]["networks"]["default"]["aliases"])
            self.assertIn("models:/models", self.services[name]["volumes"])
        self.assertIn("models:/models", self.services["jupyter"]["volumes"])
        self.assertEqual(api["models"], [{"name": "mean_sd", "file": settings["MODEL_FILE"]}])
        for name in settings:
            if name != "JUPYTER_TOKEN":
                self.assertIn(f'\\"{name}\\"', read("docker/jupyter/train.ipynb"), "the notebook reads no such setting")

    def test_every_service_is_pinned_and_confined(self):
        for name, service in self.services.items():
            with self.subTest(service=name):
                self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$")
                self.assertTrue(service["read_only"])
                self.assertEqual(["ALL"], service["cap_drop"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertRegex(service["user"], r"^[1-9]\d*:[1-9]\d*$")
                self.assertIn("mem_limit", service)
                self.assertIn("cpus", service)
                if name != "past":  # it ends
                    self.assertIn("healthcheck", service)

    def test_what_it_names_exists(self):
        targets = {stage for _, stage in re.findall(r"^FROM (\S+) AS (\S+)$", read("docker/images/Dockerfile"), re.M)}
        for name, service in self.services.items():
            with self.subTest(service=name):
                for volume in service.get("volumes", ()):
                    source = volume.split(":")[0]
                    if source.startswith("."):
                        self.assertTrue(os.path.exists(path(source)), source)
                    elif source != "/":
                        self.assertIn(source, self.file["volumes"])
                for other in service.get("depends_on", ()):
                    self.assertIn(other, self.services)
                if "build" in service:
                    self.assertIn(service["build"]["target"], targets)
                    self.assertTrue(os.path.exists(path(service["build"]["dockerfile"])))
        for volume in self.file["volumes"]:
            self.assertTrue(any(v.startswith(volume + ":") for s in self.services.values() for v in s.get("volumes", ())), volume)

    def test_no_secret_is_in_the_file(self):
        for name, service in self.services.items():
            for key, value in service.get("environment", {}).items():
                if re.search(r"PASSWORD|TOKEN|SECRET", key):
                    self.assertRegex(value, r"^\$\{\w+:-password\}$", f"{name}: {key}")

    def test_the_demo_gets_the_services_names(self):
        script = read("docker/images/past")
        for address in set(re.findall(r"127\.0\.0\.1:(\d+)", read("docker/demo/prometheus.yml") + read("docker/demo/config.yaml"))):
            host = re.search(rf"127\\\.0\\\.0\\\.1:{address}/([a-z_]+):{address}/", script)
            self.assertIsNotNone(host, f"docker/images/past leaves port {address} as it is")
            self.assertIn(host.group(1), self.services)


class Dockerfile(unittest.TestCase):
    def test_what_is_copied_exists_and_is_not_ignored(self):
        ignored = [line.rstrip("/") for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]
        for line in re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+)$", read("docker/images/Dockerfile"), re.M):
            for source in line.split()[:-1]:
                self.assertTrue(os.path.exists(path(source)), source)
                self.assertNotIn(source, ignored)

    def test_packages_are_those_of_the_list(self):
        sections = set(re.findall(r"^\[([\w-]+)\]", read("docker/packages.txt"), re.M))
        for wanted in re.findall(r"install_packages ([\w -]+)'", read("docker/images/Dockerfile")):
            self.assertLessEqual(set(wanted.split()), sections)

    def test_the_final_image_is_bare_and_runs_as_nobody_special(self):
        final = read("docker/images/Dockerfile").split("FROM scratch AS exporter")[1]
        self.assertNotIn("RUN ", final)
        for line in ("USER 65532:65532", 'HEALTHCHECK', '"--healthcheck"', "org.opencontainers.image.licenses"):
            self.assertIn(line, final)


@unittest.skipUnless(os.geteuid() == 0, "changing the root folder needs root")
class ExporterImage(unittest.TestCase):
    """The files of the image `exporter`, with nothing around them."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="anomaly_exporter_image.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = os.path.join(cls.folder.name, "root")
        program = os.path.join(cls.root, "usr/bin/anomaly_exporter")
        for folder in ("usr/bin", "models", "etc/anomaly_exporter", "var/lib/anomaly_exporter", "tmp"):
            os.makedirs(os.path.join(cls.root, folder))
        os.chmod(cls.folder.name, 0o755)
        subprocess.run(["install", "-s", BINARY, program], check=True)
        subprocess.run([path("docker/images/closure"), cls.root, program], check=True)
        subprocess.run([BINARY, "train", "--csv", path("docker/jupyter/train.csv"), "-o", os.path.join(cls.root, "models/mean_sd.model"),
                        "--trees", "100", "--contamination", "0.001", "--seed", "16"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["install", "-m", "644", path("docker/api/config.yaml"), os.path.join(cls.root, "etc/anomaly_exporter/config.yaml")],
                       check=True)
        os.chmod(os.path.join(cls.root, "models/mean_sd.model"), 0o644)
        os.chown(os.path.join(cls.root, "var/lib/anomaly_exporter"), USER, USER)
        cls.port = free_port()
        cls.process = cls.run_inside("--config.file=/etc/anomaly_exporter/config.yaml", f"--web.listen-address=127.0.0.1:{cls.port}")
        cls.addClassCleanup(cls.stop)
        wait_for("the API to answer", cls.is_up)

    @classmethod
    def run_inside(cls, *arguments):
        def enter():
            os.chroot(cls.root)
            os.chdir("/var/lib/anomaly_exporter")
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)

        # pylint: disable=subprocess-popen-preexec-fn
        return subprocess.Popen(["/usr/bin/anomaly_exporter", *arguments], preexec_fn=enter, stdin=subprocess.DEVNULL,
                                env={"PATH": "/usr/bin", "STATE_DIRECTORY": "/var/lib/anomaly_exporter"}, stderr=subprocess.DEVNULL)

    @classmethod
    def stop(cls):
        cls.process.send_signal(signal.SIGTERM)
        cls.process.wait(timeout=30)

    @classmethod
    def is_up(cls):
        try:
            return fetch(f"http://127.0.0.1:{cls.port}/-/ready")[0] == 200
        except OSError:
            return False

    def ask(self, target, body=None):
        data = None if body is None else json.dumps(body).encode()
        status, _, text = fetch(f"http://127.0.0.1:{self.port}{target}", data, {"Content-Type": "application/json"})
        return status, text

    def test_it_is_small(self):
        used = sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(self.root) for name in names)
        print(f"image: {used / 1e6:.1f} MB", flush=True)
        self.assertLess(used, MOST_BYTES)

    def test_clients_of_the_python_service_get_the_same_statuses_names_types_and_signs(self):
        status, text = self.ask("/prediction", {"feature_vector": [0.56, 0.23], "score": True})
        answer = json.loads(text)
        self.assertEqual(200, status)
        self.assertIn(answer["is_inlier"], (1, -1))
        self.assertIsInstance(answer["is_inlier"], int)
        for name in ("anomaly_score", "anomoly_score"):
            self.assertIsInstance(answer[name], float)
            self.assertTrue(-1 <= answer[name] < 0)
        status, text = self.ask("/prediction", {"feature_vector": [0.56, 0.23], "score": False})
        self.assertEqual((200, {"is_inlier"}), (status, set(json.loads(text))))
        self.assertEqual(422, self.ask("/prediction", {"feature_vector": [0.56], "score": True})[0])
        status, text = self.ask("/prediction", {"feature_vector": ["x"]})
        self.assertEqual((422, ["body", "feature_vector", 0]), (status, json.loads(text)["detail"][0]["loc"]))

    def test_the_models_parameters_have_their_old_names(self):
        status, text = self.ask("/model_information")
        facts = json.loads(text)
        self.assertEqual(200, status)
        expected = {"bootstrap": False, "contamination": 0.001, "max_features": 1.0, "max_samples": "auto", "n_estimators": 100,
                    "n_jobs": None, "random_state": 16, "verbose": 0, "warm_start": False}
        self.assertEqual(expected, {name: facts[name] for name in expected})

    def test_docs_metrics_and_healthcheck_work(self):
        self.assertEqual(200, self.ask("/docs")[0])
        self.assertIn("anomaly_exporter_build_info", self.ask("/metrics")[1])
        asked = self.run_inside("--healthcheck", "--config.file=/etc/anomaly_exporter/config.yaml",
                                f"--web.listen-address=127.0.0.1:{self.port}")
        self.assertEqual(0, asked.wait(timeout=30))

    def test_time_zones_are_there(self):
        config = os.path.join(self.root, "tmp/zones.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("detectors: [{name: n, by: [instance], timezone: Europe/Berlin, features: [{name: x, query: x}]}]\n")
        self.assertEqual(0, self.run_inside("--config.check", "--config.file=/tmp/zones.yaml").wait(timeout=30))


if __name__ == "__main__":
    unittest.main()
