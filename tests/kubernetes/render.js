// The chart as Helm renders it.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const yaml = require("yaml");
const { chart, helm } = require("./tools.js");

const release = "anomalies";
const namespace = "monitoring";

// The committed sets of values, by name.
const valueSets = Object.fromEntries(
  fs
    .readdirSync(path.join(chart, "ci"))
    .map((file) => [
      file.replace("-values.yaml", ""),
      yaml.parse(fs.readFileSync(path.join(chart, "ci", file), "utf8")),
    ]),
);
valueSets.default = {};

function withValues(values, use) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "anomaly_exporter_values.")), "values.json");
  fs.writeFileSync(file, JSON.stringify(values));
  try {
    return use(file);
  } finally {
    fs.rmSync(path.dirname(file), { recursive: true });
  }
}

// Returns the objects of a YAML stream. A key twice, which Kubernetes would refuse, is an error.
function objects(text) {
  return yaml.parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.contents === null ? [] : [document.toJS()];
  });
}

// Returns the objects that a set of values makes.
function render(values = {}, place = chart) {
  return withValues(values, (file) => objects(helm("template", release, place, "-n", namespace, "-f", file)));
}

// Returns the one object of a kind, or undefined. Of ConfigMaps: the one whose name ends so.
function pick(list, kind, suffix = "") {
  return list.find((each) => each.kind === kind && each.metadata.name.endsWith(suffix));
}

module.exports = { namespace, objects, pick, release, render, valueSets, withValues };
