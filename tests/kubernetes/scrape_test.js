// A real Prometheus scrapes the rendered container as the operator would have it by the rendered ServiceMonitor.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const yaml = require("yaml");
const { Program, until } = require("../browser/program.js");
const { Prometheus } = require("../dashboards/prometheus.js");
const { Pod } = require("./pod.js");
const { namespace, pick, release, render } = require("./render.js");

const hosts = ["db-1", "web-1", "web-2"];
const listening = /msg="Listening on" address=(127\.0\.0\.1:[1-9]\d*)/;

// Hosts with some hours of two metrics, one value a minute.
function writeHistory(folder) {
  const now = Math.floor(Date.now() / 1000);
  const lines = [];
  let draw = 16;
  for (const metric of ["fleet_cpu", "fleet_load"]) {
    lines.push(`# TYPE ${metric} gauge`);
    for (const host of hosts)
      for (let at = now - 8 * 3600; at < now; at += 60) {
        draw = (draw * 48271) % 2147483647;
        lines.push(`${metric}{instance="${host}"} ${0.3 + draw / 2147483647 / 10} ${at}`);
      }
  }
  fs.writeFileSync(path.join(folder, "past.om"), `${lines.join("\n")}\n# EOF\n`);
  execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", "-q", "past.om", "data"], {
    cwd: folder,
    stdio: "pipe",
  });
}

// What the operator makes of a ServiceMonitor: it writes the labels of the pod first, then comes what the object says.
function scrapeConfig(monitor, address) {
  const [endpoint] = monitor.spec.endpoints;
  const snake = (rule) =>
    Object.fromEntries(
      Object.entries(rule).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
    );
  const labels = { namespace, service: "a", pod: "a-1", container: "exporter", endpoint: endpoint.port, job: "a" };
  labels.__meta_kubernetes_namespace = namespace;
  return {
    job_name: `serviceMonitor/${namespace}/${monitor.metadata.name}/0`,
    honor_labels: endpoint.honorLabels,
    metrics_path: endpoint.path,
    scheme: endpoint.scheme,
    scrape_interval: "1s",
    scrape_timeout: "1s",
    static_configs: [{ targets: [address], labels }],
    relabel_configs: endpoint.relabelings.map(snake),
  };
}

test("scores in Prometheus carry the labels of what they score, and the rendered alerts are evaluated", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_scrape."));
  const running = [];
  try {
    writeHistory(folder);
    const file = (name) => path.join(folder, name);
    fs.writeFileSync(file("prometheus.yml"), "");
    const server = await Program.start(
      [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--web.listen-address=127.0.0.1:0",
        "--web.enable-lifecycle",
      ],
      listening,
      { cwd: folder },
    );
    running.push(() => server.stop());
    const url = `http://${server.ready[1]}`;
    const objects = render({
      config: {
        prometheus: { url, query_offset: "1s" },
        packs: [],
        detectors: [
          {
            name: "fleet",
            by: ["instance"],
            interval: "5s",
            history: "7h",
            season: ["3h"],
            features: [
              { name: "cpu", query: "fleet_cpu" },
              { name: "load", query: "fleet_load" },
            ],
          },
        ],
      },
      serviceMonitor: { enabled: true },
      prometheusRule: { enabled: true },
    });
    const pod = new Pod(objects);
    running.push(() => pod.remove());
    await pod.start();
    fs.writeFileSync(file("rules.yml"), yaml.stringify(pick(objects, "PrometheusRule").spec));
    fs.writeFileSync(
      file("prometheus.yml"),
      yaml.stringify({
        global: { evaluation_interval: "1s" },
        rule_files: ["rules.yml"],
        scrape_configs: [scrapeConfig(pick(objects, "ServiceMonitor"), pod.address)],
      }),
    );
    await until("Prometheus takes it", async () => (await fetch(`${url}/-/reload`, { method: "POST" })).ok);

    const prometheus = new Prometheus(url);
    const now = (query) => prometheus.instant(query, Date.now() / 1000);
    await until("scores", async () => (await now("anomaly_score")).length === hosts.length);
    for (const { metric } of await now("anomaly_score"))
      assert.deepEqual(metric, { __name__: "anomaly_score", detector: "fleet", instance: metric.instance });
    const instance = `${release}-anomaly-exporter.${namespace}`;
    const up = await now("up");
    assert.deepEqual(
      up.map(({ metric }) => metric),
      [{ __name__: "up", job: "anomaly-exporter", instance }],
    );

    const evaluated = async () =>
      (await (await fetch(`${url}/api/v1/rules`)).json()).data.groups.flatMap(({ rules }) => rules);
    await until("all rules are evaluated", async () => (await evaluated()).every(({ health }) => health !== "unknown"));
    for (const { name, health, lastError } of await evaluated()) assert.equal(health, "ok", `${name}: ${lastError}`);
    const down = (await evaluated())
      .find(({ name }) => name === "AnomalyExporterDown")
      .query.replace(/ == 0$/, " == 1");
    assert.equal((await now(down)).length, 1, `${down} does not select the exporter`);
  } finally {
    for (const end of running.reverse()) await end();
    fs.rmSync(folder, { recursive: true });
  }
});
