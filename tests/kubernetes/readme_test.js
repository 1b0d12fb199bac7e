// What the chart's README tells to do: its commands as far as they go without a cluster, its values in the exporter.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const yaml = require("yaml");
const { Pod, tlsSecret } = require("./pod.js");
const { objects, pick, render } = require("./render.js");
const { chart, helm, kubectl, root } = require("./tools.js");
const { complaints } = require("./types.js");

const text = fs.readFileSync(path.join(chart, "README.md"), "utf8");
const blocks = (language) =>
  [...text.matchAll(new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "gm"))].map(([, body]) => body);
const commands = blocks("sh").flatMap((body) => body.replaceAll("\\\n", "").trim().split("\n"));

// Returns the words of a command as a shell splits them.
const words = (command) =>
  execFileSync("bash", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);

// Returns the objects that a command would send to the cluster.
function sent(command) {
  const [program, verb, ...rest] = words(command);
  if (program === "helm") {
    assert.deepEqual([verb, rest[0]], ["upgrade", "--install"]);
    return objects(helm("template", ...rest.slice(1).filter((word) => word !== "--create-namespace")));
  }
  assert.deepEqual([program, verb, rest[0]], ["kubectl", "apply", "--namespace"]);
  const [, , kind, place] = rest;
  if (kind === "-k") return objects(kubectl("kustomize", path.join(root, place)));
  assert.equal(kind, "-f");
  return objects(fs.readFileSync(path.join(root, place), "utf8"));
}

test("each command sends what fits Kubernetes", async () => {
  assert.equal(commands.length, 6);
  const before = process.cwd();
  process.chdir(root); // where the README starts from
  const all = commands.map(sent);
  process.chdir(before);
  const flat = all.flat();
  complaints(flat).forEach((found, index) => assert.deepEqual(found, [], flat[index].kind));

  const [first, stack, own] = all;
  assert.equal(
    pick(first, "Deployment").spec.template.spec.containers[0].image.split(":")[0],
    "registry.example.org/tools/anomaly_exporter",
  );
  assert.deepEqual(yaml.parse(pick(first, "ConfigMap").data["config.yaml"]).packs, ["kubernetes", "node"]);
  for (const kind of ["ServiceMonitor", "PrometheusRule"])
    assert.equal(pick(stack, kind).metadata.labels.release, "kube-prometheus-stack");
  assert.equal(
    pick(own, "ConfigMap").data["config.yaml"].trim(),
    fs.readFileSync(path.join(root, "config.yaml"), "utf8").trim(),
  );
  for (const list of [first, own]) {
    const pod = new Pod(list);
    assert.equal(pod.check(), "");
    await pod.remove();
  }
});

test("the exporter takes its values, with a model where they say", async () => {
  const [credentials, guarded] = blocks("yaml").map((body) => yaml.parse(body));
  const pod = new Pod(render(credentials));
  assert.match(pod.check(), /mean_sd\.model/); // which is not on this machine
  await pod.remove();
  const { secretName } = guarded.web.tls;
  const behind = new Pod(render(guarded), { [secretName]: tlsSecret() });
  assert.equal(behind.check(), "");
  await behind.remove();
});
