// What a preview draws: each panel with the answers to its queries, as plain data.
"use strict";
const { resolve } = require("../grafana.js");

// The name of a series, as its legend says.
function legend(format, metric) {
  if (!format) return JSON.stringify(metric);
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? "").trim();
}

async function seriesOf(panel, scope, prometheus) {
  const found = [];
  for (const target of panel.targets) {
    const expression = scope.interpolate(target.expr);
    const answer = target.instant
      ? (await prometheus.instant(expression, scope.range.to)).map(({ metric, value }) => ({ metric, values: [value] }))
      : await prometheus.range(expression, scope.range);
    for (const { metric, values } of answer) {
      found.push({
        name: legend(target.legendFormat, metric),
        points: values.map(([time, value]) => [time, Number(value)]),
      });
    }
  }
  return found;
}

// Does what the transformations `merge` and `organize` do: one row per label set, named and ordered columns.
async function tableOf(panel, scope, prometheus) {
  const { indexByName, renameByName } = panel.transformations.find(({ id }) => id === "organize").options;
  const rows = new Map();
  for (const target of panel.targets) {
    const value = panel.targets.length === 1 ? "Value" : `Value #${target.refId}`;
    for (const {
      metric,
      value: [, text],
    } of await prometheus.instant(scope.interpolate(target.expr), scope.range.to)) {
      const key = JSON.stringify(metric);
      rows.set(key, { ...metric, ...rows.get(key), [value]: Number(text) });
    }
  }
  const sources = Object.keys(indexByName).sort((a, b) => indexByName[a] - indexByName[b]);
  const columns = sources.map((source) => renameByName[source] ?? source);
  const named = [...rows.values()].map((row) =>
    Object.fromEntries(sources.map((source, i) => [columns[i], row[source]])),
  );
  for (const { displayName, desc } of [...(panel.options.sortBy ?? [])].reverse()) {
    const order = (row) => row[displayName] ?? -Infinity;
    named.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0) * (desc ? -1 : 1));
  }
  return { columns, rows: named };
}

// One panel, or one for each value that it is repeated by, side by side.
async function drawn(panel, scope, prometheus) {
  const variable = panel.repeat && scope.values.get(panel.repeat).variable;
  const all = [];
  for (const [index, value] of (variable ? variable.found : [undefined]).entries()) {
    const own = variable ? scope.with(variable, value) : scope;
    const place = { ...panel.gridPos };
    if (variable) {
      place.x = (index % panel.maxPerRow) * place.w;
      place.y += Math.floor(index / panel.maxPerRow) * place.h;
    }
    all.push({
      title: own.interpolate(panel.title, String),
      type: panel.type,
      place,
      fieldConfig: panel.fieldConfig,
      options: panel.options,
      ...(panel.type === "row"
        ? {}
        : panel.type === "table"
          ? { table: await tableOf(panel, own, prometheus) }
          : { series: await seriesOf(panel, own, prometheus) }),
    });
  }
  return all;
}

// Moves panels down as far as repeated ones above them grew.
function moveDown(panels, from, by) {
  for (const panel of panels)
    if (panel.gridPos.y >= from) panel.gridPos = { ...panel.gridPos, y: panel.gridPos.y + by };
}

async function annotationsOf(board, scope, prometheus) {
  const found = [];
  for (const { expr, titleFormat, textFormat } of board.annotations.list) {
    for (const { metric, values } of await prometheus.range(scope.interpolate(expr), scope.range)) {
      // Each time it begins to fire.
      const begins = values
        .map(([time]) => time)
        .filter((time, index, all) => !(time - all[index - 1] <= scope.range.step));
      const text = `${legend(titleFormat, metric)} ${legend(textFormat, metric)}`;
      found.push(...begins.map((time) => ({ time, text })));
    }
  }
  return found;
}

// Returns everything that page.js needs.
async function collect(board, prometheus, range, choices) {
  const scope = await resolve(board, prometheus, range, choices);
  const panels = structuredClone(board.panels);
  const all = [];
  for (const panel of panels) {
    const parts = await drawn(panel, scope, prometheus);
    if (panel.repeat)
      moveDown(panels, panel.gridPos.y + 1, panel.gridPos.h * (Math.ceil(parts.length / panel.maxPerRow) - 1));
    all.push(...parts);
  }
  const shown = [...scope.values.values()]
    .filter(({ variable }) => variable?.type === "query" && variable.hide !== 2)
    .map(({ value, variable }) => ({
      label: variable.label,
      value: value === "$__all" ? "All" : [value].flat().join(", "),
    }));
  return {
    title: board.title,
    description: board.description,
    range,
    variables: shown,
    panels: all,
    annotations: await annotationsOf(board, scope, prometheus),
  };
}

module.exports = { collect };
