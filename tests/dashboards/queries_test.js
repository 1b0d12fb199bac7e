// Every query of every panel, variable and annotation against a real Prometheus that scrapes the real exporter with the
// demo fleet during an incident: no error, an answer, and only names that /metrics has.
"use strict";
const assert = require("node:assert/strict");
const { after, before, describe, test } = require("node:test");
const { boards, queriesOf, queryVariables, variableExpression } = require("./boards.js");
const { Demo, missing, room, worst } = require("./demo.js");
const { resolve } = require("./grafana.js");
const { preview } = require("./preview.js");
const { facts, withValues } = require("./promql.js");

// Prometheus makes these itself.
const ofPrometheus = new Set(["ALERTS", "ALERTS_FOR_STATE", "up", "scrape_samples_scraped", "scrape_duration_seconds"]);

// Queries that have no answer in this demo, with the reason.
const mayBeEmpty = new Map(
  Object.entries({
    "Anomaly Exporter / Cycles that failed or were missed / A": "no cycle fails",
    "Anomaly Exporter / Trainings / B": "no training fails",
    "Anomaly Exporter / State on disk / C": "nothing fails to be saved",
    "Anomaly Exporter / State on disk / D": "nothing fails to be loaded",
    "Anomaly Exporter / annotation Alerts": "no alert on the exporter's health fires",
  }),
);

let demo, names;

before(async () => {
  demo = await Demo.start();
  const exposed = await (await fetch(`${demo.exporter}/metrics`)).text();
  names = new Set(
    exposed
      .split("\n")
      .filter((line) => line && !line.startsWith("#"))
      .map((line) => /^\w+/.exec(line)[0]),
  );
});
after(async () => {
  await demo?.stop();
});

// Runs one query as Grafana would, once for each value that its panel is repeated by.
async function run(query, scope, prometheus) {
  const repeated = query.panel?.repeat;
  const variable = repeated && scope.values.get(repeated).variable;
  const scopes = repeated ? variable.found.map((value) => scope.with(variable, value)) : [scope];
  const answers = [];
  for (const each of scopes) {
    const expression = each.interpolate(query.expression);
    answers.push(
      ...(await (query.kind === "instant"
        ? prometheus.instant(expression, each.range.to)
        : prometheus.range(expression, each.range))),
    );
  }
  return answers;
}

async function runAll(board, choices, prometheus = demo.prometheus) {
  const scope = await resolve(board, prometheus, demo.range(), choices);
  const results = new Map();
  for (const query of queriesOf(board)) {
    try {
      results.set(query.where, await run(query, scope, prometheus));
    } catch (error) {
      throw new Error(`${query.where}: ${error.message}`);
    }
  }
  return { scope, results };
}

const namesOf = (result) => result.map(({ metric }) => metric.Entity);

for (const board of boards) {
  describe(board.title, () => {
    test("only metrics that the exporter shows are asked for", () => {
      const expressions = [
        ...queriesOf(board).map((query) => query.expression),
        ...queryVariables(board).map((variable) => variableExpression(variable).expression),
      ];
      for (const expression of expressions) {
        const { problem, selectors } = facts(withValues(expression));
        assert.equal(problem, undefined, expression);
        for (const { name } of selectors)
          assert.ok(names.has(name) || ofPrometheus.has(name), `${name} in ${expression}`);
      }
    });

    test("every query has an answer with all detectors and the entity of the incident", async () => {
      const { scope, results } = await runAll(board, { entity: worst });
      if (scope.values.has("entity")) {
        assert.equal(scope.values.get("selector").value, 'detector="hosts",instance="web-3"');
      }
      const empty = [...results].filter(([, result]) => result.length === 0).map(([where]) => where);
      assert.deepEqual(
        empty.filter((where) => !mayBeEmpty.has(where)),
        [],
      );
    });

    for (const [what, choices] of [
      ["one detector", { detector: ["services"] }],
      ["several detectors and instances", { detector: ["hosts", "services"], job: ["anomaly-exporter", "fleet"] }],
      ["an absent entity", { entity: missing }],
    ]) {
      test(`no query fails with ${what}`, async () => {
        await runAll(board, choices);
      });
    }
  });
}

test("links from tables and charts lead to entities that the other dashboards can choose", async () => {
  const board = boards.find(({ uid }) => uid === "anomalies");
  const { scope, results } = await runAll(board);
  const options = new Set(scope.options("entity"));
  assert.ok(
    options.has(worst) && options.has(missing) && options.has(room) && options.size === 16,
    [...options].join("; "),
  );
  for (const [where, result] of results) {
    if (where.includes("annotation")) continue;
    // An alert on a whole detector has the detector's name.
    for (const name of namesOf(result)) assert.ok(!name?.includes(": ") || options.has(name), `${where}: ${name}`);
  }
});

test("an entity is chosen by whatever labels its detector has", async () => {
  const { scope, results } = await runAll(
    boards.find(({ uid }) => uid === "anomaly-entity"),
    { entity: room },
  );
  assert.equal(scope.values.get("selector").value, 'aisle="a1",detector="rooms",zone="eu"');
  for (const [where, result] of results) {
    if (!/^Entity \/ (Score|State|Features now \/ [AB]|\$feature)/.test(where)) continue;
    assert.ok(result.length > 0, where);
    for (const { metric } of result) assert.ok(["rooms", undefined].includes(metric.detector), where);
  }
});

test("VictoriaMetrics names and chooses entities as Prometheus does, and refuses no query", async () => {
  for (const board of boards) {
    const choices = { entity: room };
    const { scope, results } = await runAll(board, choices, demo.victoria);
    if (board.uid === "anomaly-exporter") continue;
    assert.deepEqual([...scope.options("entity")].sort(), [...(await runAll(board)).scope.options("entity")].sort());
    assert.equal(scope.values.get("selector").value, 'aisle="a1",detector="rooms",zone="eu"');
    assert.ok(
      [...results].some(([where, result]) => where.endsWith("Score against threshold / A") && result.length === 1),
    );
  }
});

test("an active entity is chosen at first", async () => {
  for (const board of boards.filter(({ uid }) => uid !== "anomaly-exporter")) {
    const scope = await resolve(board, demo.prometheus, demo.range());
    const { value: selector } = scope.values.get("selector");
    const active = await demo.prometheus.instant(`anomaly_active{${selector}}`, scope.range.to);
    assert.deepEqual(
      active.map(({ value }) => value[1]),
      ["1"],
      selector,
    );
  }
});

test("the tables at the top name what is anomalous and what is absent, and why", async () => {
  const { results } = await runAll(boards.find(({ uid }) => uid === "anomalies"));
  const contributions = results.get("Anomalies / Anomalous now, and why / D");
  const reasons = contributions.filter(({ metric }) => metric.Entity === worst).map(({ metric }) => metric.feature);
  assert.ok(reasons.includes("cpu_busy_cores") || reasons.includes("load"), reasons.join());
  assert.deepEqual(namesOf(results.get("Anomalies / Absent now / A")), [missing]);
  assert.ok(namesOf(results.get("Anomalies / Alerts firing / A")).includes(worst));
});

test("the preview draws every panel", async () => {
  for (const { file, panels, sections } of await preview(
    demo.prometheus,
    demo.range(),
    process.env.ANOMALY_SCREENSHOTS,
  )) {
    assert.ok(panels > 10 && sections === panels, `${file}: ${sections} of ${panels} panels`);
  }
});

test("an absent entity is shown as absent on its own dashboard", async () => {
  const { results } = await runAll(
    boards.find(({ uid }) => uid === "anomaly-entity"),
    { entity: missing },
  );
  assert.deepEqual(
    results.get("Entity / State / A").map(({ value }) => value[1]),
    ["4"],
  );
});
