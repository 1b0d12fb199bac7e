"""Serves made-up anomaly_* series as an exporter would, keeps what is posted to it, and starts who reads the rules."""
import glob
import http.server
import json
import os
import threading

import yaml

from support import Process, fetch, free_port, wait_for

ROOT = os.environ["ANOMALY_ROOT"]
RULES = sorted(glob.glob(os.path.join(ROOT, "rules/*.yml")))
HOSTS = [f"web-{i}" for i in range(12)]


def series(detector, active=(), absent=()):
    """Returns the lines of a detector of HOSTS, by instance; active ones have cpu and load for reasons."""
    present = [host for host in HOSTS if host not in absent]
    whole = f'detector="{detector}",job="",instance=""'
    lines = [f"anomaly_entities{{{whole}}} {len(present)}", f"anomaly_entities_active{{{whole}}} {len(active)}",
             f"anomaly_entities_absent{{{whole}}} {len(absent)}"]
    for host in HOSTS:
        labels = f'detector="{detector}",job="",instance="{host}"'
        lines.append(f"anomaly_entity_absent{{{labels}}} {int(host in absent)}")
        if host in absent:
            continue
        lines += [f"anomaly_active{{{labels}}} {int(host in active)}", f"anomaly_score_threshold{{{labels}}} 0.6",
                  f"anomaly_score{{{labels}}} {0.8 if host in active else 0.4}"]
        for feature, value, expected, share in (("cpu", 0.97, 0.21, 0.7), ("load", 12, 3, 0.3)):
            here = f'{labels},feature="{feature}"'
            lines += [f"anomaly_feature_value{{{here}}} {value}", f"anomaly_feature_expected{{{here}}} {expected}"]
            if host in active:
                lines.append(f"anomaly_feature_contribution{{{here}}} {share}")
    return lines


class Endpoint:
    """GET answers with the series in `detectors`; what is posted is kept in `posts` as (path, parsed body)."""

    def __init__(self):
        self.detectors, self.posts = {}, []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, text):
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(text.encode())

            def do_GET(self):
                lines = [line for one in list(endpoint.detectors.values()) for line in one]
                self.answer("\n".join([*lines, 'anomaly_exporter_build_info{version="0"} 1', ""]))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.posts.append((self.path, json.loads(body)))
                self.answer("ok")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        self.url = "http://" + self.address
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Alertmanager(Process):
    """Runs the example of docker/alertmanager: shorter waits, and Slack at `slack_url`."""

    def __init__(self, folder, slack_url):
        example = os.path.join(ROOT, "docker/alertmanager/alertmanager.yml")
        with open(example, encoding="utf-8") as file:
            config = yaml.safe_load(file)
        config["templates"] = [os.path.join(os.path.dirname(example), name) for name in config["templates"]]
        for route in config["route"]["routes"]:
            route.update(group_wait="2s" if route["receiver"] == "anomaly-hints" else "500ms", group_interval="500ms")
        secret = os.path.join(folder, "slack_url")
        for slack in [each for receiver in config["receivers"] for each in receiver.get("slack_configs", [])]:
            slack["api_url_file"] = secret
        for name, text in (("slack_url", slack_url), ("alertmanager.yml", yaml.safe_dump(config))):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        super().__init__(["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", "--cluster.listen-address=",
                          f"--storage.path={folder}/alertmanager", "--web.listen-address=127.0.0.1:0"])
        self.address = self.wait_line(r'msg="?Listening on"? address=(127\.0\.0\.1:[1-9]\d*)').group(1)
        self.url = "http://" + self.address

    def post(self, path, body):
        """Posts JSON to the API and returns the parsed answer, None without one."""
        status, _, text = fetch(f"{self.url}/api/v2/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        assert status == 200, text
        return json.loads(text) if text else None

    def alerts(self, **labels):
        """Returns the alerts that have these labels."""
        found = json.loads(fetch(f"{self.url}/api/v2/alerts")[2])
        return [each for each in found if labels.items() <= each["labels"].items()]


class VictoriaMetrics(Process):
    """A single node with samples of its own: what is imported holds from two minutes ago until two minutes ahead."""

    def __init__(self, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        super().__init__(["victoria-metrics", f"-storageDataPath={folder}/victoria", "-search.latencyOffset=0s",
                          f"-httpListenAddr={self.url.removeprefix('http://')}"])
        wait_for("a healthy VictoriaMetrics", lambda: healthy(self))

    def load(self, lines, now):
        text = "".join(f"{line} {(int(now) + at) * 1000}\n" for line in lines for at in range(-120, 125, 5))
        status, _, answer = fetch(self.url + "/api/v1/import/prometheus", text.encode())
        assert status == 204, answer


class Vmalert(Process):
    """Evaluates the rules each second on VictoriaMetrics, and posts alerts to `notifier_url`."""

    def __init__(self, source_url, notifier_url):
        self.url = f"http://127.0.0.1:{free_port()}"
        super().__init__(["vmalert", *(f"-rule={path}" for path in RULES), f"-datasource.url={source_url}",
                          f"-notifier.url={notifier_url}", f"-httpListenAddr={self.url.removeprefix('http://')}",
                          "-evaluationInterval=1s"])
        wait_for("a healthy vmalert", lambda: healthy(self))


def healthy(process):
    assert process.process.poll() is None, process.log()
    try:
        return fetch(process.url + "/health")[0] == 200
    except OSError:
        return False
