// Draws charts and bands of states. Runs in the browser, after uPlot and fields.js.
"use strict";

// Puts all series on one axis of times; a missing point is a gap.
function aligned(series, range) {
  const times = [];
  for (let time = range.from; time <= range.to; time += range.step) times.push(time);
  const at = new Map(times.map((time, index) => [time, index]));
  return [
    times,
    ...series.map(({ points }) => {
      const values = new Array(times.length).fill(null);
      for (const [time, value] of points)
        if (at.has(time)) values[at.get(time)] = Number.isFinite(value) ? value : null;
      return values;
    }),
  ];
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
    element(
      item,
      "b",
      "",
      values.length ? `${write(values.at(-1), field)}   max ${write(Math.max(...values), field)}` : "-",
    );
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
    stroke: colors[index],
    width: bars ? 0 : 1.5,
    points: { show: false },
    spanGaps: false,
    dash: field.custom.lineStyle?.dash,
    fill: field.custom.fillOpacity ? colors[index] + (bars ? "" : "18") : undefined,
    ...(bars ? { paths: uPlot.paths.bars({ size: [1, 40], align: 1 }) } : {}),
  }));
  // Higher stacks first, so that lower ones stand before them.
  const order = series.map((_, index) => index);
  if (stackedUp) order.reverse();
  new uPlot(
    {
      width: body.clientWidth - 4,
      height: height - legendHeight,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true },
        y: {
          range: (u, low, high) => {
            const bottom = Math.min(low, custom.axisSoftMin ?? low),
              top = Math.max(high, custom.axisSoftMax ?? high);
            return [min ?? bottom, max ?? (top > bottom ? top + (top - bottom) * 0.05 : bottom + 1)];
          },
        },
      },
      axes: [
        { stroke: "#9aa0ab", grid: { stroke: "#2c3038" }, font: "11px sans-serif", size: 24 },
        {
          stroke: "#9aa0ab",
          grid: { stroke: "#2c3038" },
          font: "11px sans-serif",
          size: 62,
          values: (u, ticks) => ticks.map((tick) => write(tick, { unit: seriesUnit, decimals })),
        },
      ],
      series: [{}, ...order.map((index) => series[index])],
      hooks: { draw: [marks(panel, board.annotations)] },
    },
    [shown[0], ...order.map((index) => shown[index + 1])],
    room,
  );
  drawLegend(body, panel, data, colors);
}

function stackUp([times, ...all]) {
  const sum = new Array(times.length).fill(0);
  return [
    times,
    ...all.map((values) =>
      values.map((value, index) => {
        sum[index] += value ?? 0;
        return value === null ? null : sum[index];
      }),
    ),
  ];
}

function drawTimeline(body, panel, board) {
  const data = aligned(panel.series, board.range);
  const bands = element(body, "div", "bands");
  panel.series.forEach(({ name }, index) => {
    const line = element(bands, "div");
    element(line, "span", "", name);
    const band = element(line, "div", "band");
    for (const value of data[index + 1]) {
      element(band, "i").style.background =
        value === null ? "transparent" : mapping(value, panel.fieldConfig.defaults).color;
    }
  });
  const list = element(body, "div", "legend flat");
  for (const { text, color } of Object.values(panel.fieldConfig.defaults.mappings[0].options)) {
    const item = element(list, "div");
    element(item, "i").style.background = color;
    element(item, "span", "", text);
  }
}
