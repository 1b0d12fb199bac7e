// The demo's fleet with a short past, a Prometheus with the rules, a VictoriaMetrics, and the exporter, during an incident:
// web-3 has a program that takes its cores, and a service that should be there does not exist.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { Program, until } = require("../browser/program.js");
const { listening } = require("../browser/support.js");
const { Prometheus } = require("./prometheus.js");

const root = path.join(__dirname, "../..");
const { ANOMALY_EXPORTER: exporterBinary, ANOMALY_FLEET: fleetBinary } = process.env;
const seed = "16";
const pastHours = 36; // more than the one day until an entity can be detected
const worst = "hosts: web-3"; // the entity of the incident
const missing = "services: payments";
const room = "rooms: a1, eu";

function writePast(folder, epoch) {
  const file = path.join(folder, "past.om");
  execFileSync(fleetBinary, ["history", "--seed", seed, "--epoch", epoch, "--step", "30", "--out", file], {
    stdio: "pipe",
  });
  execFileSync(
    "promtool",
    ["tsdb", "create-blocks-from", "--max-block-duration=64h", "openmetrics", "-q", file, path.join(folder, "data")],
    { stdio: "pipe" },
  );
  fs.rmSync(file);
}

// The demo's own files, with other addresses.
function prometheusConfig(fleet, exporter, own) {
  return fs
    .readFileSync(path.join(root, "docker/demo/prometheus.yml"), "utf8")
    .replace("127.0.0.1:9110", fleet)
    .replace("127.0.0.1:8000", exporter)
    .replace("127.0.0.1:9090", own)
    .replace("../../rules", path.join(root, "rules"))
    .replace(/^alerting:\n(?: .*\n)+/m, "")
    .replace(/^ {2}- job_name: node\n(?: {4}.*\n)+/m, "");
}

// One more detector, with two labels that no other has, on both sides of those of the others.
const rooms = `  - name: rooms
    by: [aisle, zone]
    interval: 15s
    history: 2d
    features:
      - name: requests_per_second
        query: |
          label_replace(label_replace(sum(rate(demo_service_requests_total[1m])), "aisle", "a1", "", ""), "zone", "eu", "", "")

`;

// With a budget, with a service that is expected and never was, and with rooms.
function exporterConfig(prometheus) {
  return fs
    .readFileSync(path.join(root, "docker/demo/config.yaml"), "utf8")
    .replace("http://127.0.0.1:9090", prometheus)
    .replace(/ {2}# This machine itself[\s\S]*?(?=^state:)/m, rooms)
    .replaceAll("history: 14d", "history: 2d")
    .replace(
      "by: [service]\n",
      `by: [service]
    presence: demo_service_requests_total or label_replace(vector(1), "service", "payments", "", "")
    absence: {after: 1, forget: 1d}
`,
    )
    .replace(/(name: services[\s\S]*?)sensitivity: 0.3/, "$1alert_budget: 1/7d");
}

// For a program that does not tell which port it took.
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

class Demo {
  static async start() {
    const demo = new Demo();
    demo.folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_dashboards."));
    demo.programs = [];
    try {
      await demo.run();
    } catch (error) {
      await demo.stop();
      throw error;
    }
    return demo;
  }

  async launch(command, pattern) {
    const program = await Program.start(command, pattern, { cwd: this.folder });
    this.programs.push(program);
    return program.ready[1];
  }

  async run() {
    const file = (name) => path.join(this.folder, name);
    const epoch = String(Math.floor(Date.now() / 3_600_000) * 3600 - pastHours * 3600);
    writePast(this.folder, epoch);
    const fleet = await this.launch(
      [fleetBinary, "serve", "--listen", "127.0.0.1:0", "--seed", seed, "--epoch", epoch],
      /listening on (127\.0\.0\.1:\d+)/,
    );
    const incident = await fetch(`http://${fleet}/incident`, {
      method: "POST",
      body: JSON.stringify({ kind: "cpu_hog", target: "web-3" }),
    });
    if (!incident.ok) throw new Error(`incident: ${await incident.text()}`);

    fs.writeFileSync(file("prometheus.yml"), "");
    const own = await this.launch(
      [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--web.listen-address=127.0.0.1:0",
        "--web.enable-lifecycle",
      ],
      listening,
    );
    this.prometheus = new Prometheus(`http://${own}`);
    const reload = async (exporter) => {
      fs.writeFileSync(file("prometheus.yml"), prometheusConfig(fleet, exporter, own));
      await until(
        "Prometheus takes its configuration",
        async () => (await fetch(`http://${own}/-/reload`, { method: "POST" })).ok,
      );
    };
    await reload("127.0.0.1:1");
    await this.answers('changes(demo_load{instance="web-3"}[1m]) > 0');

    fs.writeFileSync(file("config.yaml"), exporterConfig(`http://${own}`));
    const exporter = await this.launch(
      [exporterBinary, "--config.file=config.yaml", "--web.listen-address=127.0.0.1:0"],
      listening,
    );
    this.exporter = `http://${exporter}`;
    await reload(exporter);
    await this.startVictoria(exporter);
    const firing = 'ALERTS{alertname="AnomalyDetected",alertstate="firing",instance="web-3"}';
    await this.answers("count(anomaly_score) == 15"); // twelve hosts, two services, one room
    await this.answers('anomaly_entity_absent{service="payments"} == 1');
    await this.predict();
    await this.answers("count_over_time(anomaly_exporter_prediction_score_count[1m]) > 5");
    await this.answers(
      `${firing} and on (instance) anomaly_active == 1 and on (instance) anomaly_feature_contribution > 0.05`,
    );
  }

  // It scrapes the exporter too.
  async startVictoria(exporter) {
    fs.writeFileSync(
      path.join(this.folder, "victoria.yml"),
      `scrape_configs: [{job_name: anomaly-exporter, scrape_interval: 2s, honor_labels: true,
        static_configs: [{targets: ["${exporter}"]}]}]\n`,
    );
    const address = `127.0.0.1:${await freePort()}`;
    await this.launch(
      [
        "victoria-metrics",
        "-storageDataPath=victoria",
        `-httpListenAddr=${address}`,
        "-promscrape.config=victoria.yml",
        "-search.latencyOffset=1s",
      ],
      /started VictoriaMetrics/,
    );
    this.victoria = new Prometheus(`http://${address}`);
  }

  // Waits until a query has an answer, and keeps that moment.
  answers(query) {
    return until(query, async () => {
      this.now = Math.floor(Date.now() / 1000);
      return (await this.prometheus.instant(query, this.now)).length > 0;
    });
  }

  async predict() {
    const body = JSON.stringify({
      model: "services",
      entity: { service: "checkout" },
      feature_vector: [27, 0.2, 0.003],
    });
    const answer = await fetch(`${this.exporter}/prediction`, { method: "POST", body });
    if (!answer.ok) throw new Error(`prediction: ${await answer.text()}`);
  }

  // The minutes before the moment at which everything was there, in steps of a usual scrape interval.
  range() {
    return { from: this.now - 300, to: this.now, step: 15 };
  }

  async stop() {
    for (const program of this.programs.reverse()) await program.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { Demo, missing, room, worst };
