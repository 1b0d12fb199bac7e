// The committed dashboards are what dashboards/src writes, and fit Grafana's own types.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { before, test } = require("node:test");
const { boards, folder } = require("./boards.js");

// Inside the folder of the installed packages, where the compiler looks for them.
const work = path.join(process.env.NODE_PATH, "../check");
const tsc = path.join(process.env.NODE_PATH, "typescript/bin/tsc");

// Where Grafana's types stand. A panel's own options and field options are in a file of its kind.
const schema = "@grafana/schema";
const kinds = {
  stat: "stat/panelcfg/x/StatPanelCfg_types.gen",
  table: "table/panelcfg/x/TablePanelCfg_types.gen",
  timeseries: "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
  "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
};
const withoutFieldOptions = new Set(["stat"]);

before(() => {
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(work, { recursive: true });
  fs.cpSync(path.join(folder, "src"), path.join(work, "src"), { recursive: true });
  fs.copyFileSync(path.join(folder, "tsconfig.json"), path.join(work, "tsconfig.json"));
});

test("dashboards and ConfigMap are what the sources write", () => {
  execFileSync(process.execPath, [tsc], { cwd: work, stdio: "inherit" });
  const out = path.join(work, "out");
  execFileSync(process.execPath, ["build/main.js", out], { cwd: work });
  const names = [...boards.map(({ uid }) => `${uid}.json`), "kubernetes/configmap.yaml"];
  assert.deepEqual(
    fs
      .readdirSync(out)
      .filter((name) => name.endsWith(".json"))
      .sort(),
    names.slice(0, -1).sort(),
  );
  for (const name of names) {
    assert.ok(
      fs.readFileSync(path.join(out, name)).equals(fs.readFileSync(path.join(folder, name))),
      `dashboards/${name} is not what dashboards/src writes; in dashboards/ run: npm ci && npm run build`,
    );
  }
});

// A JSON document has strings where the types have enums. Annotations have keys of the data source beside Grafana's own.
const head = `
import type { AnnotationQuery, Dashboard, FieldConfig, FieldConfigSource, Panel, RowPanel } from "${schema}";
${Object.entries(kinds)
  .map(([kind, file]) => `import type * as ${kind.replace("-", "_")} from "${schema}/dist/esm/raw/composable/${file}";`)
  .join("\n")}
type Plain<T> = T extends string ? \`\${T}\` : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Of<Options, Custom> = Plain<Omit<Panel, "options" | "fieldConfig">> & {
  options: Plain<Partial<Options>>;
  fieldConfig: { defaults: Plain<Omit<FieldConfig, "custom">> & { custom?: Plain<Partial<Custom>> }; overrides: Plain<FieldConfigSource["overrides"]> };
};
interface Alerts extends AnnotationQuery { expr: string; step: string; titleFormat: string; textFormat: string }
type Whole = Plain<Omit<Dashboard, "panels" | "annotations">> & { annotations: { list: Plain<Alerts>[] } };
`;

// Returns the document as TypeScript: each panel with the type of its kind, then the rest.
function literal(board) {
  const lines = board.panels.map((panel, index) => {
    const text = JSON.stringify(panel, null, 1);
    if (panel.type === "row") return `const p${index}: Plain<RowPanel> = ${text};`;
    const kind = panel.type.replace("-", "_");
    return `const p${index}: Of<${kind}.Options, ${withoutFieldOptions.has(kind) ? "{}" : `${kind}.FieldConfig`}> = ${text};`;
  });
  const rest = JSON.stringify({ ...board, panels: undefined }, null, 1);
  return (
    `${head}${lines.join("\n")}\nexport const board: Whole = ${rest};\n` +
    `export const panels = [${lines.map((_, index) => `p${index}`).join(", ")}];\n`
  );
}

// Returns what the compiler says about documents, by name.
function complaints(documents) {
  const place = path.join(work, "types");
  fs.mkdirSync(place, { recursive: true });
  for (const [name, board] of Object.entries(documents))
    fs.writeFileSync(path.join(place, `${name}.ts`), literal(board));
  fs.writeFileSync(
    path.join(place, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        module: "node16",
        target: "es2022",
        types: [],
      },
    }),
  );
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: place, encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => /^\S/.test(line));
  const found = Object.fromEntries(
    Object.keys(documents).map((name) => [name, lines.filter((line) => line.startsWith(`${name}.ts`))]),
  );
  assert.equal(Object.values(found).flat().length, lines.length, stdout);
  return found;
}

test("dashboards fit Grafana's types, and the types see what does not", () => {
  const spoilt = (change) => {
    const board = structuredClone(boards.find(({ uid }) => uid === "anomalies"));
    change(board, (type) => board.panels.find((panel) => panel.type === type));
    return board;
  };
  const wrong = {
    wrong_key: spoilt((board) => {
      board.graphToolTip = 1;
    }),
    wrong_place: spoilt((board, panel) => {
      panel("stat").gridPos.x = "0";
    }),
    wrong_mode: spoilt((board, panel) => {
      panel("stat").fieldConfig.defaults.thresholds.mode = "absolut";
    }),
    wrong_option: spoilt((board, panel) => {
      panel("timeseries").options.legend.displayMode = "tabel";
    }),
    wrong_custom: spoilt((board, panel) => {
      panel("timeseries").fieldConfig.defaults.custom.lineWith = 1;
    }),
  };
  const right = Object.fromEntries(boards.map((board) => [board.uid.replace("-", "_"), board]));
  const found = complaints({ ...right, ...wrong });
  for (const name of Object.keys(right)) assert.deepEqual(found[name], [], name);
  for (const name of Object.keys(wrong)) assert.equal(found[name].length, 1, `${name}: ${found[name].join("\n")}`);
});
