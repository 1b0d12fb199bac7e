// Draws a collected dashboard into the page, in a grid like Grafana's. Runs in the browser, with uPlot and units.js.
"use strict";

const named = { green: "#56a64b", text: "#d5d8de", transparent: "transparent" };
const palette = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642",
  "#cca300", "#447ebc", "#c15c17"];
const css = (color) => named[color] ?? color;
const cell = { width: 54, height: 34, gap: 6 };

function element(parent, tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

// What fieldConfig says of a field: its defaults, and over them each override that matches its name.
function fieldOf(panel, name) {
  const { defaults, overrides } = panel.fieldConfig;
  const field = { ...defaults, custom: { ...defaults.custom } };
  for (const { matcher, properties } of overrides ?? []) {
    const parts = /^\/(.*)\/$/.exec(matcher.options);
    const fits = matcher.id === "byName" ? matcher.options === name
      : new RegExp(parts ? parts[1] : `^${matcher.options}$`).test(name);
    if (!fits) continue;
    for (const { id, value } of properties) {
      if (id.startsWith("custom.")) field.custom[id.slice(7)] = value;
      else field[id] = value;
    }
  }
  return field;
}

function thresholdColor(value, field) {
  let color = field.thresholds?.steps?.[0]?.color;
  for (const step of field.thresholds?.steps ?? []) if (step.value !== null && value >= step.value) color = step.color;
  return css(color);
}

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

// Puts all series on one axis of times; a missing point is a gap.
function aligned(series, range) {
  const times = [];
  for (let time = range.from; time <= range.to; time += range.step) times.push(time);
  const at = new Map(times.map((time, index) => [time, index]));
  return [times, ...series.map(({ points }) => {
    const values = new Array(times.length).fill(null);
    for (const [time, value] of points) if (at.has(time)) values[at.get(time)] = Number.isFinite(value) ? value : null;
    return values;
  })];
}

function colorOf(field, index) {
  return field.color?.mode === "fixed" ? css(field.color.fixedColor) : palette[index % palette.length];
}

function drawLegend(body, panel, data, colors) {
  const list = element(body, "div", "legend");
  panel.series.forEach(({ name }, index) => {
    const values = data[index + 1].filter((value) => value !== null);
    const field = fieldOf(panel, name);
    const item = element(list, "div");
    element(item, "i").style.background = colors[index];
    element(item, "span", "", name);
    element(item, "b", "", values.length ? `${write(values.at(-1), field)}   max ${write(Math.max(...values), field)}` : "-");
  });
}

// Annotations as dashed lines, thresholds as dashed levels.
function marks(panel, annotations) {
  return (u) => {
    const { ctx, bbox } = u;
    const line = (color, x0, y0, x1, y1) => {
      ctx.strokeStyle = color;
      ctx.setLineDash([5, 5]);
      ctx.beginPath();
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
      ctx.stroke();
      ctx.setLineDash([]);
    };
    for (const { time } of annotations) {
      const x = u.valToPos(time, "x", true);
      if (x >= bbox.left && x <= bbox.left + bbox.width) line("#e0502faa", x, bbox.top, x, bbox.top + bbox.height);
    }
    if (panel.fieldConfig.defaults.custom?.thresholdsStyle?.mode !== "dashed") return;
    for (const { value, color } of panel.fieldConfig.defaults.thresholds.steps) {
      if (value === null) continue;
      const y = u.valToPos(value, "y", true);
      line(css(color), bbox.left, y, bbox.left + bbox.width, y);
    }
  };
}

function drawChart(body, panel, board, height) {
  if (panel.series.length === 0) {
    element(body, "div", "empty", "No data");
    return;
  }
  const data = aligned(panel.series, board.range);
  const fields = panel.series.map(({ name }) => fieldOf(panel, name));
  const colors = fields.map(colorOf);
  const custom = panel.fieldConfig.defaults.custom ?? {};
  const stackedUp = custom.stacking?.mode === "normal";
  const shown = stackedUp ? stackUp(data) : data;
  const bars = custom.drawStyle === "bars";
  const { min, max, unit, decimals } = panel.fieldConfig.defaults;
  const seriesUnit = fields[0].unit ?? unit;
  const room = element(body, "div");
  const legendHeight = Math.min(panel.series.length, 5) * 15 + 4;
  const series = fields.map((field, index) => ({
    stroke: colors[index], width: bars ? 0 : 1.5, points: { show: false }, spanGaps: false,
    dash: field.custom.lineStyle?.dash, fill: field.custom.fillOpacity ? colors[index] + (bars ? "" : "18") : undefined,
    ...(bars ? { paths: uPlot.paths.bars({ size: [1, 40], align: 1 }) } : {}),
  }));
  // Higher stacks first, so that lower ones stand before them.
  const order = series.map((_, index) => index);
  if (stackedUp) order.reverse();
  new uPlot({
    width: body.clientWidth - 4, height: height - legendHeight, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: true }, y: { range: (u, low, high) => {
      const bottom = Math.min(low, custom.axisSoftMin ?? low), top = Math.max(high, custom.axisSoftMax ?? high);
      return [min ?? bottom, max ?? (top > bottom ? top + (top - bottom) * 0.05 : bottom + 1)];
    } } },
    axes: [
      { stroke: "#9aa0ab", grid: { stroke: "#2c3038" }, font: "11px sans-serif", size: 24 },
      { stroke: "#9aa0ab", grid: { stroke: "#2c3038" }, font: "11px sans-serif", size: 62,
        values: (u, ticks) => ticks.map((tick) => write(tick, { unit: seriesUnit, decimals })) },
    ],
    series: [{}, ...order.map((index) => series[index])],
    hooks: { draw: [marks(panel, board.annotations)] },
  }, [shown[0], ...order.map((index) => shown[index + 1])], room);
  drawLegend(body, panel, data, colors);
}

function stackUp([times, ...all]) {
  const sum = new Array(times.length).fill(0);
  return [times, ...all.map((values) => values.map((value, index) => {
    sum[index] += value ?? 0;
    return value === null ? null : sum[index];
  }))];
}

function drawTimeline(body, panel, board) {
  const data = aligned(panel.series, board.range);
  const bands = element(body, "div", "bands");
  panel.series.forEach(({ name }, index) => {
    const line = element(bands, "div");
    element(line, "span", "", name);
    const band = element(line, "div", "band");
    for (const value of data[index + 1]) {
      element(band, "i").style.background = value === null ? "transparent" : mapping(value, panel.fieldConfig.defaults).color;
    }
  });
  const list = element(body, "div", "legend flat");
  for (const { text, color } of Object.values(panel.fieldConfig.defaults.mappings[0].options)) {
    const item = element(list, "div");
    element(item, "i").style.background = color;
    element(item, "span", "", text);
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
    box.style.cssText = `left:${x * cell.width}px;top:${y * cell.height}px;` +
      `width:${w * cell.width - cell.gap}px;height:${h * cell.height - cell.gap}px`;
    element(box, "h2", "", panel.title);
    if (panel.type === "row") continue;
    const body = element(box, "div", "body");
    drawers[panel.type](body, panel, board, h * cell.height - cell.gap - 30);
  }
  grid.style.height = `${bottom * cell.height}px`;
}
