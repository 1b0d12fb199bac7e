// values.schema.json: knows every value, and refuses what is wrong by its name.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const yaml = require("yaml");
const { render, valueSets } = require("./render.js");
const { chart } = require("./tools.js");

const values = yaml.parse(fs.readFileSync(path.join(chart, "values.yaml"), "utf8"));
const schema = JSON.parse(fs.readFileSync(path.join(chart, "values.schema.json"), "utf8"));
const ofParents = ["enabled", "global"]; // what a chart gets from one that depends on it

// Each key of the schema that is closed has a default, and the other way round.
function compare(where, known, given) {
  if (known.additionalProperties !== false) return;
  const names = Object.keys(known.properties).filter((name) => where !== "" || !ofParents.includes(name));
  assert.deepEqual(Object.keys(given).sort(), names.sort(), where || "values.yaml");
  for (const name of names) compare(`${where}.${name}`, known.properties[name], given[name]);
}

test("values and schema have the same keys", () => compare("", schema, values));

// Paths of the values that hold no closed map.
function leaves(known, path = []) {
  if (known.additionalProperties !== false) return [path];
  const names = Object.keys(known.properties).filter((name) => path.length > 0 || !ofParents.includes(name));
  return names.flatMap((name) => leaves(known.properties[name], [...path, name]));
}

// Returns a copy without the value at a path, or undefined where it has none.
function without(given, [name, ...rest]) {
  if (given?.[name] === undefined) return undefined;
  const { [name]: inner, ...others } = given;
  if (rest.length === 0) return others;
  const less = without(inner, rest);
  return less && { ...others, [name]: less };
}

test("each value changes what is made", () => {
  const text = (given) => JSON.stringify(render(given));
  const whole = Object.values(valueSets).map((given) => ({ given, made: text(given) }));
  const idle = leaves(schema).filter(
    (path) =>
      !whole.some(({ given, made }) => {
        const less = without(given, path);
        return less !== undefined && text(less) !== made;
      }),
  );
  assert.deepEqual(
    idle.map((path) => path.join(".")),
    [],
    "no set of values in ci/ shows what these are for",
  );
});

const wrong = {
  "an unknown key": [{ replicas: 2 }, /replicas/],
  "an unknown key further in": [{ serviceMonitor: { honourLabels: false } }, /honourLabels/],
  "a text for a switch": [{ persistence: { enabled: "no" } }, /persistence.enabled/],
  "a number for a duration": [{ serviceMonitor: { interval: 30 } }, /serviceMonitor.interval/],
  "a duration without a unit": [{ autoReload: { interval: "30" } }, /autoReload.interval/],
  "a port that needs privileges": [{ containerPort: 80 }, /containerPort/],
  "a flag without a dash": [{ extraArgs: ["web.max-requests=1"] }, /extraArgs/],
  "an unknown log level": [{ log: { level: "verbose" } }, /log.level/],
  "a digest that is none": [{ image: { digest: "latest" } }, /image.digest/],
  "a secret by its bare name": [{ imagePullSecrets: ["registry"] }, /imagePullSecrets/],
  "a label that is a number": [{ podLabels: { level: 3 } }, /podLabels/],
  "a Grafana without a scheme": [{ prometheusRule: { grafanaUrl: "grafana:3000" } }, /grafanaUrl/],
};
for (const [what, [given, message]] of Object.entries(wrong))
  test(`${what} is refused by its name`, () =>
    assert.throws(
      () => render(given),
      ({ message: said }) => {
        assert.match(said.replaceAll("/", "."), message);
        return true;
      },
    ));
