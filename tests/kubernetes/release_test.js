// The scripts of the release that need no GitHub, run as it would run them.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { pick, render } = require("./render.js");
const { helmFolder } = require("./tools.js");
const { read, root, scripts } = require("./workflows.js");

// Runs the script of a step in a folder, and returns its outcome.
function run(step, cwd, variables) {
  const { script } = scripts.find(({ where, name }) => where.startsWith("release.yml") && name === step);
  const env = { ...process.env, GITHUB_REPOSITORY: "Owner/Anomaly_Exporter", ...variables };
  return spawnSync("bash", ["-eo", "pipefail", "-c", script], { cwd, env, encoding: "utf8" });
}

function inFolder(use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_release."));
  try {
    return use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test("a tag that is not the version ends the release", () => {
  const [, version] = /^project\(anomaly_exporter VERSION ([\d.]+)/m.exec(read("CMakeLists.txt"));
  assert.equal(run("The tag is the version", root, { GITHUB_REF_NAME: `v${version}` }).status, 0);
  assert.equal(run("The tag is the version", root, { GITHUB_REF_NAME: `v${version}9` }).status, 1);
});

test("the packed chart runs the image of its release", () =>
  inFolder((folder) => {
    for (const part of ["docker/kubernetes/chart", "rules", "dashboards/kubernetes"])
      fs.cpSync(path.join(root, part), path.join(folder, part), { recursive: true, verbatimSymlinks: true });
    const PATH = `${helmFolder()}:${process.env.PATH}`;
    const { status, stderr } = run("Pack it, with the image of this release", folder, {
      GITHUB_REF_NAME: "v1.2.3",
      PATH,
    });
    assert.equal(status, 0, stderr);
    const list = render({ prometheusRule: { enabled: true } }, path.join(folder, "dist/anomaly-exporter-1.2.3.tgz"));
    const [container] = pick(list, "Deployment").spec.template.spec.containers;
    assert.equal(container.image, "ghcr.io/owner/anomaly_exporter:v1.2.3");
    assert.ok(pick(list, "PrometheusRule").spec.groups.length > 0);
  }));

test("the release carries its part of the changelog, and checksums that hold", () =>
  inFolder((folder) => {
    const file = (name) => path.join(folder, name);
    fs.mkdirSync(file("dist"));
    fs.writeFileSync(file("dist/a.deb"), "a");
    fs.writeFileSync(file("dist/b.tar.gz"), "b");
    assert.equal(run("Checksums", folder).status, 0);
    const check = spawnSync("sha256sum", ["--check", "sha256sums.txt"], { cwd: file("dist"), encoding: "utf8" });
    assert.equal(check.stdout, "a.deb: OK\nb.tar.gz: OK\n");

    fs.mkdirSync(file("bin"));
    fs.writeFileSync(file("bin/gh"), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    fs.writeFileSync(
      file("CHANGELOG.md"),
      "# Changelog\n\n## Unreleased\n\n* c\n\n## 1.2.3 / 2026-12-01\n\n* b\n\n## 1.2.2\n\n* a\n",
    );
    const publish = (tag) =>
      run("Publish, with this version's part of the changelog", folder, {
        GITHUB_REF_NAME: tag,
        PATH: `${file("bin")}:${process.env.PATH}`,
      });
    const { status, stdout } = publish("v1.2.3");
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^release create v1\.2\.3 --verify-tag .* dist\/a\.deb dist\/b\.tar\.gz dist\/sha256sums\.txt$/m,
    );
    assert.equal(fs.readFileSync(file("notes.md"), "utf8").trim(), "* b");
    const missing = publish("v1.3.0");
    assert.deepEqual([missing.status, missing.stderr], [1, "CHANGELOG.md: no section ## 1.3.0\n"]);
  }));
