// The dashboards as they are committed, and the queries in them.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "../../dashboards");

const boards = fs
  .readdirSync(folder)
  .filter((name) => /^anomal.*\.json$/.test(name))
  .map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8")));

// Panels in reading order, those within collapsed rows too; rows are left out.
function panelsOf(board) {
  return board.panels.flatMap((panel) => (panel.type === "row" ? (panel.panels ?? []) : [panel]));
}

// Every expression: `{where, expression, kind}`, kind as Grafana sends it.
function queriesOf(board) {
  const ofPanels = panelsOf(board).flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({
      where: `${board.title} / ${panel.title} / ${target.refId}`,
      expression: target.expr,
      panel,
      target,
      kind: target.instant ? "instant" : "range",
    })),
  );
  const ofAnnotations = board.annotations.list.map((annotation) => ({
    where: `${board.title} / annotation ${annotation.name}`,
    expression: annotation.expr,
    kind: "range",
  }));
  return [...ofPanels, ...ofAnnotations];
}

// The expression that a variable asks for, without label_values() or query_result() around it.
function variableExpression(variable) {
  const { query } = variable.query;
  const result = /^query_result\((.+)\)\s*$/.exec(query);
  if (result) return { expression: result[1] };
  const values = /^label_values\((?:(.+),\s*)?([a-zA-Z_][a-zA-Z0-9_]*)\)\s*$/.exec(query);
  if (values) return { expression: values[1], label: values[2] };
  throw new Error(`variable ${variable.name}: neither label_values() nor query_result(): ${query}`);
}

const queryVariables = (board) => board.templating.list.filter((variable) => variable.type === "query");

module.exports = { boards, folder, panelsOf, queriesOf, queryVariables, variableExpression };
