// Draws a collected dashboard into the page, in a grid like Grafana's. Runs in the browser, after charts.js.
"use strict";

const cell = { width: 54, height: 34, gap: 6 };

function drawStat(body, panel) {
  const value = panel.series[0]?.points.at(-1)?.[1];
  const field = fieldOf(panel, "Value");
  const box = element(body, "div", "big", write(value, field));
  box.style.background = css(mapping(value, field)?.color ?? thresholdColor(value ?? 0, field));
}

function drawTable(body, panel) {
  const { columns, rows } = panel.table;
  if (rows.length === 0) {
    element(body, "div", "empty", panel.fieldConfig.defaults.noValue ?? "No data");
    return;
  }
  const table = element(element(body, "div", "scroll"), "table");
  const head = element(table, "tr");
  for (const column of columns) {
    const width = fieldOf(panel, column).custom.width;
    const th = element(head, "th", "", column);
    if (width) th.style.width = `${width}px`;
  }
  for (const row of rows) {
    const line = element(table, "tr");
    for (const column of columns) drawCell(element(line, "td"), row[column], fieldOf(panel, column));
  }
}

function drawCell(td, value, field) {
  const text = element(td, "span", field.links ? "link" : "", write(value, field));
  const mode = field.custom.displayMode;
  if (typeof value === "number") td.classList.add("number");
  if (mode === "basic" && value !== undefined) {
    const bar = element(td, "div", "bar");
    bar.style.width = `${Math.max(0, Math.min(1, value / field.max)) * 60}%`;
    bar.style.background = css(field.color.fixedColor);
  } else if (mode === "color-background-solid" && mapping(value, field)) {
    td.style.background = mapping(value, field).color;
    td.classList.remove("number");
  } else if (mode === "color-text") {
    text.style.color = thresholdColor(value ?? 0, field);
  }
}

const drawers = { stat: drawStat, table: drawTable, timeseries: drawChart, "state-timeline": drawTimeline };

// eslint-disable-next-line no-unused-vars -- called by preview.js
function draw(board) {
  const head = element(document.body, "header");
  element(head, "h1", "", board.title);
  for (const { label, value } of board.variables) element(head, "span", "variable", `${label}  ${value}`);
  element(head, "em", "", "Preview of the queries, drawn by tests/dashboards/preview: not Grafana");
  const grid = element(document.body, "main");
  let bottom = 0;
  for (const panel of board.panels) {
    const { x, y, w, h } = panel.place;
    bottom = Math.max(bottom, y + h);
    const box = element(grid, "section", panel.type);
    box.style.cssText =
      `left:${x * cell.width}px;top:${y * cell.height}px;` +
      `width:${w * cell.width - cell.gap}px;height:${h * cell.height - cell.gap}px`;
    element(box, "h2", "", panel.title);
    if (panel.type === "row") continue;
    const body = element(box, "div", "body");
    drawers[panel.type](body, panel, board, h * cell.height - cell.gap - 30);
  }
  grid.style.height = `${bottom * cell.height}px`;
}
