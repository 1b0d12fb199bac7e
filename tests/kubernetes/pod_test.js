// The rendered container run for real: its configuration, its probes, an edited ConfigMap.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { until } = require("../browser/program.js");
const { Pod, tlsSecret } = require("./pod.js");
const { pick, render, valueSets } = require("./render.js");

const tls = tlsSecret();
const user = { prometheus: "$2b$04$m0tJ0IHtjFJ2gboBNfUqyuzfD7JHyw6GS13C/oUBpigIQCk1aAtdC" };
const base = { config: { prometheus: { url: "http://127.0.0.1:1" } }, serviceMonitor: { enabled: true } };

async function withPod(values, use, secrets = {}) {
  const objects = render({ ...base, ...values });
  const pod = new Pod(objects, secrets);
  try {
    await use(pod, pick(objects, "ServiceMonitor")?.spec.endpoints[0]);
  } finally {
    await pod.remove();
  }
}

test("the exporter takes the configuration of every set of values", async () => {
  const existing = {
    "anomaly-exporter-tls": tls,
    "anomaly-tls": tls,
    "anomaly-config": { "exporter.yaml": "packs: [node]\n" },
    "anomaly-web": { "web-config": "tls_server_config: {cert_file: tls/tls.crt, key_file: tls/tls.key}\n" },
  };
  for (const [name, values] of Object.entries(valueSets)) {
    const pod = new Pod(render(values), existing);
    assert.equal(pod.check(), "", name);
    await pod.remove();
  }
  await withPod({ config: { packs: ["nodes"] } }, (pod) => assert.match(pod.check(), /nodes/));
});

for (const [what, web] of Object.entries({
  "over HTTP": {},
  "under a prefix": { externalUrl: "https://example.org/anomaly/", telemetryPath: "/scrape" },
  "over TLS": { tls: { secretName: "tls" } },
  "behind a password": { config: { basic_auth_users: user } },
  "over TLS behind a password": { tls: { secretName: "tls" }, config: { basic_auth_users: user } },
}))
  test(`${what} probes see whether the exporter runs, and the ServiceMonitor finds its metrics`, () =>
    withPod(
      { web },
      async (pod, scrape) => {
        const { startupProbe, livenessProbe, readinessProbe } = pod.container;
        await pod.start();
        assert.ok(await pod.probe(startupProbe));
        assert.ok(await pod.probe(livenessProbe));
        await until("the pod is ready", () => pod.probe(readinessProbe));
        const { status, text } = await pod.get(scrape.path, scrape.scheme.toUpperCase());
        assert.equal(status, web.config ? 401 : 200);
        assert.equal(text.includes("anomaly_exporter_build_info"), !web.config);
        await pod.end();
        for (const each of [startupProbe, livenessProbe, readinessProbe]) assert.equal(await pod.probe(each), false);
      },
      { tls },
    ));

test("an edited ConfigMap is read while the exporter runs on", () =>
  withPod({ autoReload: { interval: "1s" } }, async (pod) => {
    await pod.start();
    const configuration = async () => (await pod.get("/config")).text;
    assert.match(await configuration(), /kubernetes_pods/);
    assert.doesNotMatch(await configuration(), /redis/);
    pod.project(render({ ...base, config: { ...base.config, packs: ["redis"] } }));
    await until("the edit is in force", async () => /name: redis/.test(await configuration()));
    assert.doesNotMatch(await configuration(), /kubernetes_pods/);
    pod.project(render({ ...base, config: { ...base.config, packs: ["rediss"] } }));
    await until("the wrong edit is refused", async () =>
      /^anomaly_exporter_config_last_reload_successful 0/m.test((await pod.get("/metrics")).text),
    );
    assert.match(await configuration(), /name: redis/);
  }));
