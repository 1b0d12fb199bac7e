// The chart, rendered by Helm from sets of values: what it makes fits Kubernetes, and says what the values say.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const yaml = require("yaml");
const { namespace, pick, release, render, valueSets, withValues } = require("./render.js");
const { chart, helm, root } = require("./tools.js");
const { complaints, fault } = require("./types.js");

const rendered = Object.fromEntries(Object.entries(valueSets).map(([name, values]) => [name, render(values)]));
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");
const container = (list) => pick(list, "Deployment").spec.template.spec.containers[0];

test("Helm finds no fault with the chart and its sets of values", () => {
  for (const values of Object.values(valueSets))
    withValues(values, (file) => helm("lint", "--strict", "--quiet", chart, "-f", file));
});

test("each object fits its types, and the types see what does not", async () => {
  const all = Object.values(rendered).flat();
  const spoilt = (kind, change) => {
    const object = structuredClone(pick([...rendered.everything, ...rendered.alerts], kind));
    change(object.spec ?? object);
    return object;
  };
  const unknown = [
    spoilt("Deployment", (spec) => (spec.template.spec.containers[0].imagePullPolice = "Always")),
    spoilt("Deployment", (spec) => (spec.template.spec.volumes[0].projected.sources[0].configMap.nam = "x")),
    spoilt("Service", (spec) => (spec.ports[0].port = "8000")),
    spoilt("ServiceMonitor", (spec) => (spec.endpoints[0].honourLabels = true)),
    spoilt("PrometheusRule", (spec) => delete spec.groups[0].rules[0].expr),
    spoilt("ServiceAccount", (object) => (object.automountToken = false)),
  ];
  const found = complaints([...all, ...unknown]);
  all.forEach((object, index) => assert.deepEqual(found[index], [], `${object.kind} ${object.metadata.name}`));
  unknown.forEach((object, index) => assert.equal(found[all.length + index].length, 1, object.kind));

  for (const object of all) assert.equal(await fault(object), "", `${object.kind} ${object.metadata.name}`);
  const malformed = [
    spoilt("ServiceMonitor", (spec) => (spec.endpoints[0].interval = "often")),
    spoilt("Deployment", (spec) => (spec.replicas = "1")),
  ];
  for (const object of malformed) assert.notEqual(await fault(object), "", object.kind);
});

test("names and labels tie the objects together", () => {
  for (const [name, list] of Object.entries(rendered)) {
    const { spec } = pick(list, "Deployment");
    const labels = spec.template.metadata.labels;
    for (const [where, selector] of [
      ["Deployment", spec.selector.matchLabels],
      ["Service", pick(list, "Service").spec.selector],
      ["NetworkPolicy", pick(list, "NetworkPolicy")?.spec.podSelector.matchLabels ?? {}],
      ["ServiceMonitor", pick(list, "ServiceMonitor")?.spec.selector.matchLabels ?? {}],
    ])
      assert.deepEqual({ ...labels, ...selector }, labels, `${name}: ${where}`);
    const named = (kind, object) => pick(list, kind, object) !== undefined;
    for (const source of spec.template.spec.volumes[0].projected.sources) {
      const [kind, object] = source.secret ? ["Secret", source.secret.name] : ["ConfigMap", source.configMap.name];
      assert.ok(object.startsWith("anomaly-") || named(kind, object), `${name}: ${kind} ${object}`);
    }
    for (const { metadata } of list)
      assert.match(metadata.name, /^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$/, `${name}: ${metadata.name}`);
  }
  const long = "a".repeat(53); // Helm's limit
  const object = helm("template", long, chart, "-s", "templates/dashboards.yaml", "--set", "dashboards.enabled=true");
  assert.ok(yaml.parse(object).metadata.name.length <= 63);
});

test("the pod may do nothing that it need not", () => {
  for (const list of Object.values(rendered)) {
    const { spec } = pick(list, "Deployment");
    assert.deepEqual([spec.replicas, spec.strategy.type], [1, "Recreate"]);
    const pod = spec.template.spec;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.ok(pod.securityContext.runAsNonRoot && pod.securityContext.runAsUser >= 10000);
    assert.equal(pod.securityContext.seccompProfile.type, "RuntimeDefault");
    const [exporter] = pod.containers;
    const { allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem } = exporter.securityContext;
    assert.deepEqual(
      [allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem],
      [false, { drop: ["ALL"] }, true],
    );
    assert.ok(exporter.resources.limits.memory);
    // What it writes is the state alone.
    const writable = exporter.volumeMounts.filter(({ readOnly }) => !readOnly);
    assert.deepEqual(
      writable.map(({ mountPath }) => mountPath),
      ["/var/lib/anomaly_exporter"],
    );
  }
});

test("probes ask over HTTP until a password or a certificate stands before them", () => {
  const probes = (web) => {
    const { livenessProbe, readinessProbe } = container(render({ web }));
    return [livenessProbe, readinessProbe].map(({ exec, httpGet }) =>
      exec ? exec.command.slice(-1)[0] : `${httpGet.scheme} ${httpGet.path}`,
    );
  };
  const asks = "--healthcheck";
  assert.deepEqual(probes({}), ["HTTP /-/healthy", "HTTP /-/ready"]);
  assert.deepEqual(probes({ externalUrl: "https://x.org/a/b/" }), ["HTTP /a/b/-/healthy", "HTTP /a/b/-/ready"]);
  assert.deepEqual(probes({ externalUrl: "https://x.org/a", routePrefix: "/" }), ["HTTP /-/healthy", "HTTP /-/ready"]);
  assert.deepEqual(probes({ tls: { secretName: "tls" } }), ["HTTPS /-/healthy", "HTTPS /-/ready"]);
  assert.deepEqual(probes({ config: { basic_auth_users: { a: "$2y$10$x" } } }), [asks, asks]);
  assert.deepEqual(probes({ existingSecret: "web" }), [asks, asks]);
  const verified = {
    cert_file: "c",
    key_file: "k",
    client_ca_file: "a",
    client_auth_type: "RequireAndVerifyClientCert",
  };
  assert.deepEqual(probes({ config: { tls_server_config: verified } }), [asks, asks]);
  const command = container(rendered.everything).livenessProbe.exec.command;
  assert.deepEqual(command.slice(1, -1), container(rendered.everything).args);
});

test("a changed configuration starts a new pod where it is not read by itself", () => {
  const annotations = (values) => pick(render(values), "Deployment").spec.template.metadata.annotations;
  const config = { packs: ["node"] };
  assert.deepEqual(annotations({ config }), annotations({}));
  const autoReload = { enabled: false };
  assert.notDeepEqual(annotations({ autoReload, config }), annotations({ autoReload }));
  const web = (burst) => ({ web: { config: { rate_limit: { interval: "1s", burst } } } });
  assert.notDeepEqual(annotations(web(1)), annotations(web(2)));
});

test("the alerts are those of rules, their templates untouched", () => {
  const files = ["rules/anomaly.yml", "rules/anomaly_exporter.yml"];
  const ours = files.flatMap((file) => yaml.parse(read(file)).groups);
  const made = pick(render({ prometheusRule: { enabled: true } }), "PrometheusRule").spec.groups;
  assert.deepEqual(made, ours);

  const rule = pick(rendered.alerts, "PrometheusRule");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_rules."));
  try {
    const file = path.join(folder, "rules.yml");
    fs.writeFileSync(file, yaml.stringify(rule.spec));
    execFileSync("promtool", ["check", "rules", "--lint=all", "--lint-fatal", file], { stdio: "pipe" });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  const alerts = rule.spec.groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert);
  const all = ours.flatMap(({ rules }) => rules);
  assert.equal(alerts.length, all.length - valueSets.alerts.prometheusRule.disabled.length);
  for (const { alert, annotations, labels } of alerts) {
    assert.ok(!valueSets.alerts.prometheusRule.disabled.includes(alert));
    assert.equal(labels.team, "sre");
    assert.equal(
      annotations.runbook_url,
      `https://git.example.org/anomaly_exporter/blob/main/rules/runbooks/${alert}.md`,
    );
    const before = all.find((each) => each.alert === alert).annotations.dashboard_url;
    assert.equal(annotations.dashboard_url, `https://grafana.example.org/${before.replace(/^\//, "")}`);
  }
});

test("the dashboards are those of dashboards", () => {
  const { data } = pick(rendered.alerts, "ConfigMap", "-dashboards");
  const committed = fs.readdirSync(path.join(root, "dashboards")).filter((name) => /^anomal.*\.json$/.test(name));
  assert.deepEqual(Object.keys(data).sort(), committed.sort());
  for (const name of committed) assert.deepEqual(JSON.parse(data[name]), JSON.parse(read(`dashboards/${name}`)), name);
});

test("a packaged chart holds all that it needs", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_chart."));
  try {
    helm("package", chart, "-d", folder);
    const [file] = fs.readdirSync(folder);
    for (const [name, values] of Object.entries(valueSets))
      assert.deepEqual(render(values, path.join(folder, file)), rendered[name], name);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  const version = /^project\(anomaly_exporter VERSION ([\d.]+)/m.exec(read("CMakeLists.txt"))[1];
  assert.equal(yaml.parse(read("docker/kubernetes/chart/Chart.yaml")).appVersion, version);
});

test("a chart without the files it links to says so", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_chart."));
  try {
    fs.cpSync(chart, folder, { recursive: true });
    for (const name of fs.readdirSync(path.join(folder, "files"))) {
      fs.rmSync(path.join(folder, "files", name));
      fs.writeFileSync(path.join(folder, "files", name), "../../../../rules/anomaly.yml");
    }
    render({}, folder); // nothing of it is wanted
    assert.throws(
      () => render({ prometheusRule: { enabled: true } }, folder),
      /the chart lacks the content of files.anomaly.yml/,
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test("the notes name the release and how it is scraped", () => {
  const notes = withValues({ web: { externalUrl: "https://x.org/a" }, persistence: { enabled: false } }, (file) =>
    helm("install", release, chart, "-n", namespace, "--dry-run=client", "-f", file),
  ).split("NOTES:\n")[1];
  for (const text of [
    `deployment/${release}-anomaly-exporter`,
    "metrics_path: /a/metrics",
    "honor_labels: true",
    "are lost",
  ])
    assert.ok(notes.includes(text), notes);
});
