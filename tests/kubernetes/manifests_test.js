// The plain manifests are what the chart makes, kustomize takes them, and they fit Kubernetes.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { folder, manifests } = require("./manifests.js");
const { Pod } = require("./pod.js");
const { objects } = require("./render.js");
const { kubectl } = require("./tools.js");
const { complaints } = require("./types.js");

const made = manifests();
const own = (name) => path.basename(name) !== "kustomization.yaml";

test("the manifests are what the chart makes", () => {
  const there = fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".yaml") && own(name));
  assert.deepEqual(there.sort(), Object.keys(made).sort());
  for (const [name, text] of Object.entries(made))
    assert.equal(
      fs.readFileSync(path.join(folder, name), "utf8"),
      text,
      `${name}: run tests/browser/run build/kubernetes tests/kubernetes/manifests.js`,
    );
});

test("nothing in them is Helm's or names a namespace", () => {
  for (const object of Object.values(made).flatMap(objects)) {
    assert.equal(object.metadata.namespace, undefined, object.kind);
    assert.doesNotMatch(JSON.stringify(object.metadata.labels), /helm/i, object.kind);
  }
});

test("kustomize takes them, and a namespace and an image beside them", () => {
  const expected = Object.entries(made).map(([name, text]) => [path.dirname(name), objects(text)[0]]);
  for (const part of [".", "operator"]) {
    const built = objects(kubectl("kustomize", path.join(folder, part)));
    const ours = expected.filter(([place]) => place === part).map(([, object]) => object);
    const order = (a, b) => (a.kind < b.kind ? -1 : 1);
    assert.deepEqual(built.sort(order), ours.sort(order));
  }
  const overlay = fs.mkdtempSync(path.join(process.env.NODE_PATH, "../overlay."));
  try {
    fs.writeFileSync(
      path.join(overlay, "kustomization.yaml"),
      JSON.stringify({
        resources: [path.relative(overlay, folder)],
        namespace: "tools",
        images: [{ name: "anomaly-exporter", newName: "registry.example.org/anomaly_exporter", newTag: "v9" }],
      }),
    );
    const built = objects(kubectl("kustomize", overlay));
    for (const { kind, metadata } of built) assert.equal(metadata.namespace, "tools", kind);
    const { spec } = built.find(({ kind }) => kind === "Deployment").spec.template;
    assert.equal(spec.containers[0].image, "registry.example.org/anomaly_exporter:v9");
  } finally {
    fs.rmSync(overlay, { recursive: true });
  }
});

test("they fit their types, and the exporter takes their configuration", async () => {
  const all = Object.values(made).flatMap(objects);
  complaints(all).forEach((found, index) => assert.deepEqual(found, [], all[index].kind));
  const pod = new Pod(all);
  assert.equal(pod.check(), "");
  await pod.remove();
});
