// tests/browser/run FOLDER tests/dashboards/preview.js --prometheus URL --out FOLDER [--range SECONDS] [--entity NAME]
// [--height PIXELS]: draws the dashboards from a running Prometheus into FOLDER/NAME.png, for people to look at. Not
// Grafana: it shows what the queries answer, in the places, units and colours of the panels.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { chromium } = require("playwright-core");
const { chromiumOptions } = require("../browser/support.js");
const { boards } = require("./boards.js");
const { Prometheus } = require("./prometheus.js");
const { collect } = require("./preview/collect.js");

const width = 1312; // pixels, as page.css has it
const read = (file) => fs.readFileSync(file, "utf8");
const own = (name) => read(path.join(__dirname, "preview", name));
const style = () => read(require.resolve("uplot/dist/uPlot.min.css")) + own("page.css");
const scripts = () =>
  read(require.resolve("uplot/dist/uPlot.iife.min.js")) +
  ["units.js", "fields.js", "charts.js", "page.js"].map(own).join("");

// Draws one collected dashboard into a PNG file, as far as whole sections fit. Errors of the page are thrown.
async function shoot(browser, collected, file, height) {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  const faults = [];
  page.on("pageerror", (error) => faults.push(error));
  await page.setContent(`<!DOCTYPE html><meta charset="utf-8"><style>${style()}</style><body>`);
  await page.addScriptTag({ content: scripts() });
  await page.evaluate((board) => draw(board), collected);
  const sections = await page.locator("section").count();
  const ends = await page.evaluate(() => [
    ...[...document.querySelectorAll("section.row")].map((row) => row.getBoundingClientRect().top),
    document.documentElement.scrollHeight,
  ]);
  const shown = Math.max(...ends.filter((end) => end <= height));
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width, height: shown } });
  await page.close();
  if (faults.length > 0) throw faults[0];
  return sections;
}

// Draws all dashboards, each as far as whole sections fit into `height`; returns `{file, panels, sections}` of each.
async function preview(prometheus, range, folder, { choices = {}, height = Infinity } = {}) {
  fs.mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch(chromiumOptions);
  try {
    const made = [];
    for (const board of boards) {
      const collected = await collect(board, prometheus, range, choices);
      const file = path.join(folder, `${board.uid}.png`);
      made.push({ file, panels: collected.panels.length, sections: await shoot(browser, collected, file, height) });
    }
    return made;
  } finally {
    await browser.close();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      prometheus: { type: "string" },
      out: { type: "string" },
      range: { type: "string", default: "3600" },
      entity: { type: "string" },
      height: { type: "string", default: "Infinity" },
    },
  });
  if (!values.prometheus || !values.out) throw new Error("preview: --prometheus URL and --out FOLDER are needed");
  const step = Math.max(15, Math.ceil(Number(values.range) / 240));
  const to = Math.floor(Date.now() / 1000 / step) * step;
  const range = { from: to - Math.floor(Number(values.range) / step) * step, to, step };
  const options = { choices: values.entity ? { entity: values.entity } : {}, height: Number(values.height) };
  for (const { file } of await preview(new Prometheus(values.prometheus), range, values.out, options))
    console.log(file);
}

module.exports = { preview };
if (require.main === module)
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
