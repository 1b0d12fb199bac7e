// Plain manifests for those without Helm: the chart's templates with its defaults, one file each, without what is Helm's.
// As a program it writes them: tests/browser/run build/kubernetes tests/kubernetes/manifests.js
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { chart, helm, root } = require("./tools.js");

const folder = path.join(root, "docker/kubernetes/manifests");
const ofHelm = /^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n|^  namespace: default\n/gm;

// Returns {path: text}. What needs the Prometheus operator stands in operator/.
function manifests() {
  const text = helm(
    "template",
    "anomaly-exporter",
    chart,
    "--set",
    "serviceMonitor.enabled=true,prometheusRule.enabled=true",
  );
  const head = "# Made from docker/kubernetes/chart by tests/kubernetes/manifests.js.\n";
  return Object.fromEntries(
    text
      .split(/^---\n/m)
      .filter((each) => each.trim() !== "")
      .map((each) => {
        const [, name, body] = /^# Source: anomaly-exporter\/templates\/(.*)\n([\s\S]*)$/.exec(each);
        const place = body.startsWith("apiVersion: monitoring.coreos.com") ? "operator/" : "";
        return [place + name, head + body.replace(ofHelm, "").trimEnd() + "\n"];
      }),
  );
}

if (require.main === module)
  for (const [name, text] of Object.entries(manifests())) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }

module.exports = { folder, manifests };
