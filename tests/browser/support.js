// Starts the real binary for a test, on a free port, with a model file that the examples of the API speak of.
"use strict";
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { Program, deadline } = require("./program.js");

const binary = process.env.ANOMALY_EXPORTER;
const listening = /msg="Listening on" address="?(127\.0\.0\.1:\d+)/; // what the exporter logs

// How tests start Chromium.
const chromiumOptions = {
  executablePath: process.env.ANOMALY_CHROMIUM,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};

// Two features, `mean` and `sd`, of which both are mostly small.
function trainingRows() {
  let state = 16;
  const draw = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const rows = ["mean,sd"];
  for (let i = 0; i < 500; i++) rows.push(`${(draw() + draw()).toFixed(4)},${(draw() * 0.5).toFixed(4)}`);
  return rows.join("\n") + "\n";
}

// Makes a folder with config.yaml and models/mean_sd.model; the detector's Prometheus does not exist.
function makeFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_browser."));
  fs.writeFileSync(path.join(folder, "train.csv"), trainingRows());
  const made = spawnSync(binary, ["train", "--csv", "train.csv", "-o", "mean_sd.model"], { cwd: folder, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`train: ${made.stderr}`);
  fs.writeFileSync(path.join(folder, "config.yaml"), `prometheus: {url: "http://127.0.0.1:1"}
models:
  - {name: mean_sd, file: mean_sd.model}
detectors:
  - name: node
    by: [instance]
    features:
      - {name: cpu, query: cpu}
      - {name: load, query: load}
`);
  return folder;
}

class Exporter {
  // Starts it and waits until it listens. `flags` follow the usual ones.
  static async start(...flags) {
    const exporter = new Exporter();
    exporter.folder = makeFolder();
    try {
      exporter.program = await Program.start(
        [binary, "--config.file=config.yaml", "--web.listen-address=127.0.0.1:0", ...flags], listening,
        { cwd: exporter.folder });
    } catch (error) {
      exporter.forget();
      throw error;
    }
    exporter.origin = "http://" + exporter.program.ready[1];
    return exporter;
  }

  forget() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  async stop() {
    await this.program.stop();
    this.forget();
  }
}

module.exports = { Exporter, chromiumOptions, deadline, listening };
