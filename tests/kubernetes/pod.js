// What the kubelet makes of a rendered Deployment, on this machine: its files in a folder, its container as a process.
"use strict";
const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const https = require("node:https");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const { Program } = require("../browser/program.js");
const { pick } = require("./render.js");

const binary = process.env.ANOMALY_EXPORTER;
const listening = /[mM]sg"?[=:] ?"Listening on"[, ]*"?address"?[=:] ?"?(127\.0\.0\.1:\d+)/; // logfmt and JSON
const mounted = "/etc/anomaly_exporter";
const state = "/var/lib/anomaly_exporter";

class Pod {
  // `objects` are those of a chart; `secrets` those that exist already: {name: {key: text}}.
  constructor(objects, secrets = {}) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_pod."));
    this.spec = pick(objects, "Deployment").spec.template.spec;
    this.container = this.spec.containers[0];
    this.project(objects, secrets);
  }

  // Writes the files of the projected volume as the kubelet does: into a new folder, which one link then points to.
  project(objects, secrets = {}) {
    const place = fs.mkdtempSync(path.join(this.folder, "..version"));
    for (const source of this.spec.volumes.find(({ name }) => name === "config").projected.sources) {
      const { name, items } = source.secret ?? source.configMap;
      const object = objects.find(
        ({ kind, metadata }) => kind === (source.secret ? "Secret" : "ConfigMap") && metadata.name === name,
      );
      const data = object?.data ?? object?.stringData ?? secrets[name];
      if (!data) throw new Error(`there is no ${JSON.stringify(source)}`);
      for (const { key, path: file } of items ?? Object.keys(data).map((each) => ({ key: each, path: each }))) {
        if (data[key] === undefined) throw new Error(`there is no ${key} in ${name}`);
        fs.mkdirSync(path.join(place, path.dirname(file)), { recursive: true });
        fs.writeFileSync(path.join(place, file), data[key]);
      }
    }
    fs.rmSync(path.join(this.folder, "..next"), { force: true });
    fs.symlinkSync(path.basename(place), path.join(this.folder, "..next"));
    fs.renameSync(path.join(this.folder, "..next"), path.join(this.folder, "..data"));
    for (const name of fs.readdirSync(place))
      if (!fs.existsSync(path.join(this.folder, name))) fs.symlinkSync(`..data/${name}`, path.join(this.folder, name));
  }

  // Flags of the container or of a probe, with this machine's paths and address.
  here(flags, address) {
    return flags.map((flag) =>
      flag.replace(mounted, this.folder).replace(/^(--web\.listen-address=).*/, `$1${address ?? "127.0.0.1:0"}`),
    );
  }

  get options() {
    const env = { ...process.env };
    for (const { name, value } of this.container.env) env[name] = value.replace(state, path.join(this.folder, "state"));
    return { env, encoding: "utf8" };
  }

  // Returns what the exporter says about the files, "" when it takes them.
  check() {
    const { status, stderr } = spawnSync(binary, [...this.here(this.container.args), "--config.check"], this.options);
    return status === 0 ? "" : stderr;
  }

  async start() {
    const { env } = this.options;
    this.program = await Program.start([binary, ...this.here(this.container.args)], listening, { env });
    [, this.address] = this.program.ready;
  }

  // Returns whether a probe succeeds, as the kubelet judges it: it looks at no certificate.
  async probe({ exec, httpGet }) {
    if (exec) return spawnSync(binary, this.here(exec.command.slice(1), this.address), this.options).status === 0;
    const { status } = await this.get(httpGet.path, httpGet.scheme);
    return status >= 200 && status < 400;
  }

  get(place, scheme = "HTTP") {
    const client = scheme === "HTTPS" ? https : http;
    return new Promise((resolve) => {
      const url = `${scheme.toLowerCase()}://${this.address}${place}`;
      const request = client.get(url, { rejectUnauthorized: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece) => (text += piece));
        answer.on("end", () => resolve({ status: answer.statusCode, text }));
      });
      request.on("error", (error) => resolve({ status: 0, text: error.message }));
    });
  }

  async end() {
    await this.program?.stop();
  }

  async remove() {
    await this.end();
    fs.rmSync(this.folder, { recursive: true });
  }
}

// Returns a Secret's content of type kubernetes.io/tls, for this machine.
function tlsSecret() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_tls."));
  const made = (name) => path.join(folder, name);
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "1",
      "-subj",
      "/CN=localhost",
      "-keyout",
      made("tls.key"),
      "-out",
      made("tls.crt"),
    ],
    { stdio: "pipe" },
  );
  const data = Object.fromEntries(["tls.crt", "tls.key"].map((name) => [name, fs.readFileSync(made(name), "utf8")]));
  fs.rmSync(folder, { recursive: true });
  return data;
}

module.exports = { Pod, tlsSecret };
