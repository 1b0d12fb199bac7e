// The workflows of .github, taken apart.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const yaml = require("yaml");

const root = path.join(__dirname, "../..");
const folder = ".github/workflows";
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");

const workflows = Object.fromEntries(
  fs.readdirSync(path.join(root, folder)).map((name) => [name, yaml.parse(read(`${folder}/${name}`))]),
);
const jobs = Object.entries(workflows).flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, job]) => ({ where: `${file}: ${name}`, job })),
);
const steps = jobs.flatMap(({ where, job }) => (job.steps ?? []).map((step) => ({ where, step })));
const scripts = steps
  .filter(({ step }) => step.run)
  .map(({ where, step }) => ({ where, name: step.name, script: step.run }));

module.exports = { folder, jobs, read, root, scripts, steps, workflows };
