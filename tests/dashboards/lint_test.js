// The committed dashboards and what ships with them: ids, places, variables, units, descriptions, and the habits that
// Grafana's dashboard linter asks for. Where a habit does not fit, the exception stands here with its reason.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { describe, test } = require("node:test");
const yaml = require("yaml");
const { boards, folder, panelsOf, queriesOf, queryVariables, variableExpression } = require("./boards.js");
const { facts, withValues } = require("./promql.js");

// Units that Grafana knows, as far as they are used here.
const units = new Set([
  "short",
  "none",
  "percentunit",
  "s",
  "bytes",
  "Bps",
  "reqps",
  "cps",
  "cpm",
  "dateTimeFromNow",
  "sishort",
]);
const builtIn = /^__(range|range_s|interval|rate_interval|url_time_range|data|field)$/;

const everyReference = (value) =>
  [...JSON.stringify(value).matchAll(/\$(\w+)|\$\{(\w+)[^}]*\}|\[\[(\w+)[^\]]*\]\]/g)]
    .map(([, dollar, braces, brackets]) => dollar ?? braces ?? brackets)
    // What is left are the groups of label_replace().
    .filter((name) => !/^\d+$/.test(name));

function overlap(a, b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test("there are three dashboards with fixed uids", () => {
  assert.deepEqual(boards.map(({ uid, title }) => [uid, title]).sort(), [
    ["anomalies", "Anomalies"],
    ["anomaly-entity", "Entity"],
    ["anomaly-exporter", "Anomaly Exporter"],
  ]);
});

for (const board of boards) {
  describe(board.title, () => {
    const panels = panelsOf(board);

    test("it is a dashboard that Grafana 9 to 12 load, and that nobody edits in place", () => {
      assert.ok(board.schemaVersion >= 36 && board.schemaVersion <= 39, String(board.schemaVersion));
      assert.equal(board.id, null);
      assert.equal(board.editable, false);
      assert.equal(board.refresh, "1m");
      assert.ok(board.description && board.tags.includes("anomaly-exporter"));
      assert.equal(board.__inputs, undefined);
    });

    test("panel ids and refIds are unique, and panels keep to the grid without overlap", () => {
      const all = board.panels;
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
      for (const [index, { title, id, gridPos }] of all.entries()) {
        assert.ok(Number.isInteger(id) && id > 0, title);
        assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24 && gridPos.y >= 0 && gridPos.h > 0, title);
        for (const other of all.slice(index + 1))
          assert.ok(!overlap(gridPos, other.gridPos), `${title}, ${other.title}`);
      }
      for (const { title, targets } of panels) {
        const ids = targets.map(({ refId }) => refId);
        assert.ok(ids.every(Boolean) && new Set(ids).size === ids.length, title);
      }
    });

    test("every panel has a title, a description, a query and a unit or texts for its values", () => {
      for (const { title, description, targets, type, fieldConfig } of panels) {
        assert.ok(title && description?.endsWith("."), `${title}: ${description}`);
        assert.ok(targets.length > 0 && targets.every(({ expr }) => expr), title);
        const { unit, mappings } = fieldConfig.defaults;
        assert.ok(type === "state-timeline" ? mappings.length > 0 : units.has(unit), `${title}: ${unit}`);
        for (const { properties } of fieldConfig.overrides ?? []) {
          for (const { id, value } of properties) assert.ok(id !== "unit" || units.has(value), `${title}: ${value}`);
        }
      }
    });

    test("panels, variables and annotations ask the data source of the variable", () => {
      const sources = [
        ...panels,
        ...panels.flatMap(({ targets }) => targets),
        ...queryVariables(board),
        ...board.annotations.list,
      ];
      for (const { datasource } of sources) assert.deepEqual(datasource, { type: "prometheus", uid: "${datasource}" });
      const [first, ...others] = board.templating.list.filter(({ type }) => type === "datasource");
      assert.deepEqual(
        [first.name, first.label, first.query, others.length],
        ["datasource", "Data source", "prometheus", 0],
      );
    });

    test("variables are filled whenever the time range changes, and have a label", () => {
      for (const { name, refresh, label, skipUrlSync, hide } of queryVariables(board)) {
        assert.equal(refresh, 2, name);
        assert.ok(label, name);
        assert.equal(Boolean(skipUrlSync), hide === 2, `${name}: what is hidden follows from the others`);
      }
    });

    test("only variables that exist are used, and each only after those that it needs", () => {
      const known = new Set(["datasource"]);
      for (const variable of queryVariables(board)) {
        for (const name of everyReference([variable.query, variable.regex])) {
          assert.ok(known.has(name) || builtIn.test(name), `${variable.name} needs ${name}`);
        }
        known.add(variable.name);
      }
      // The links name variables of the dashboards that they lead to.
      for (const name of everyReference([board.panels, board.annotations])) {
        assert.ok(known.has(name) || builtIn.test(name), name);
      }
    });

    test("queries parse; rates are over $__rate_interval, and counters within a rate or an increase", () => {
      for (const { where, expression } of queriesOf(board)) {
        const { problem, selectors } = facts(withValues(expression));
        assert.equal(problem, undefined, `${where}: ${expression}`);
        for (const { name, inside } of selectors) {
          if (name?.endsWith("_total"))
            assert.ok(["rate", "irate", "increase"].includes(inside.at(-1)), `${where}: ${name}`);
        }
        const rates = expression.match(/\bi?rate\([^[]*\[[^\]]*\]/g) ?? [];
        for (const rate of rates) assert.ok(rate.endsWith("[$__rate_interval]"), `${where}: ${rate}`);
        assert.equal(expression.split("$__rate_interval").length - 1, rates.length, where);
      }
    });

    test("charts name their series, tables ask for the newest values", () => {
      for (const { title, type, targets } of panels) {
        for (const { legendFormat, instant, format } of targets) {
          if (["timeseries", "state-timeline"].includes(type)) assert.ok(legendFormat && !instant, title);
          if (type === "table") assert.ok(instant && format === "table", title);
        }
      }
    });

    test("links lead to dashboards that exist, with variables that these have", () => {
      const links = [...JSON.stringify(board.panels).matchAll(/"url":"([^"]*)"/g)].map(([, url]) => url);
      for (const link of links) {
        const [, uid, query] = /^\/d\/([\w-]+)\?(.*)$/.exec(link) ?? assert.fail(link);
        const target = boards.find((each) => each.uid === uid) ?? assert.fail(link);
        const names = new Set(target.templating.list.map(({ name }) => name));
        for (const [, name] of query.matchAll(/var-(\w+)=|\$\{(\w+):queryparam\}/g))
          if (name) assert.ok(names.has(name), link);
      }
      assert.deepEqual(
        board.links.map(({ type, tags, includeVars, keepTime }) => [type, tags, includeVars, keepTime]),
        [["dashboards", ["anomaly-exporter"], true, true]],
      );
    });
  });
}

describe("selectors", () => {
  test("results are chosen by detector or entity, and never by job or instance, which are the observed ones", () => {
    for (const board of boards.filter(({ uid }) => uid !== "anomaly-exporter")) {
      for (const { where, expression } of queriesOf(board)) {
        for (const { name, labels } of facts(withValues(expression)).selectors) {
          assert.ok(!labels.includes("job") && !labels.includes("instance"), `${where}: ${name}`);
          const joined = expression.includes("and on (detector)");
          assert.ok(
            name.startsWith("ALERTS") || labels.includes("detector") || labels.includes("selector") || joined,
            `${where}: ${name}`,
          );
        }
      }
    }
  });

  test("the exporter's own metrics are chosen by job and instance", () => {
    const board = boards.find(({ uid }) => uid === "anomaly-exporter");
    for (const { where, expression } of queriesOf(board)) {
      for (const { name, labels } of facts(withValues(expression)).selectors) {
        if (name !== "ALERTS") assert.ok(labels.includes("job") && labels.includes("instance"), `${where}: ${name}`);
      }
    }
    for (const name of ["job", "instance"]) {
      const variable = board.templating.list.find((each) => each.name === name);
      assert.equal(variable.label.toLowerCase(), name);
      assert.ok(variable.multi && variable.includeAll, name);
      // The linter wants `.+` for All. Here All are the listed ones: up and process_* are there for every other job too.
      assert.equal(variable.allValue, undefined, name);
      assert.match(variableExpression(variable).expression, /^anomaly_exporter_build_info/);
    }
  });
});

describe("what ships with the dashboards", () => {
  const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");

  test("the ConfigMap holds the same dashboards", () => {
    const manifest = yaml.parse(read("kubernetes/configmap.yaml"));
    const { kind, metadata, data } = manifest;
    assert.deepEqual([kind, metadata.labels.grafana_dashboard], ["ConfigMap", "1"]);
    const held = Object.entries(data).map(([name, text]) => [name, JSON.parse(text)]);
    assert.deepEqual(Object.fromEntries(held), Object.fromEntries(boards.map((board) => [`${board.uid}.json`, board])));
    assert.ok(JSON.stringify(manifest).length < 256 * 1024, "kubectl apply keeps a copy of at most 256 KiB");
  });

  test("provisioning names a Prometheus and a folder of dashboards that the interface cannot change", () => {
    const {
      datasources: [source],
    } = yaml.parse(read("provisioning/datasources/prometheus.yaml"));
    assert.deepEqual([source.type, source.jsonData.httpMethod], ["prometheus", "POST"]);
    const {
      providers: [provider],
    } = yaml.parse(read("provisioning/dashboards/anomaly_exporter.yaml"));
    assert.deepEqual([provider.type, provider.allowUiUpdates], ["file", false]);
    assert.ok(provider.options.path);
  });

  test("pictures are small", () => {
    const pictures = fs.readdirSync(path.join(folder, "pictures"));
    assert.deepEqual(pictures.sort(), boards.map(({ uid }) => `${uid}.png`).sort());
    for (const name of pictures) assert.ok(fs.statSync(path.join(folder, "pictures", name)).size < 300_000, name);
  });
});
