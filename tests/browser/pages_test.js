// The landing page and /docs in a headless Chromium: at the root, below a route prefix, and behind a proxy that has a
// prefix of its own. Nothing may be asked of another host, and no error may appear in the console.
"use strict";
const assert = require("node:assert/strict");
const http = require("node:http");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { chromium } = require("playwright-core");
const { Exporter, chromiumOptions, deadline } = require("./support.js");

let browser;

before(async () => {
  browser = await chromium.launch(chromiumOptions);
});
after(async () => { await browser.close(); });

// A proxy that serves `origin` below /outer, and hands on the path without it.
function stripPrefix(origin) {
  const server = http.createServer((request, response) => {
    if (!request.url.startsWith("/outer/")) {
      response.writeHead(404).end();
      return;
    }
    const inner = http.request(origin + request.url.slice("/outer".length),
      { method: request.method, headers: request.headers },
      (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
    inner.on("error", () => response.destroy());
    request.pipe(inner);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const places = [
  { name: "root", flags: [], base: (origin) => origin + "/" },
  { name: "prefix", flags: ["--web.route-prefix=/a/b"], base: (origin) => origin + "/a/b/" },
  { name: "proxy", flags: ["--web.external-url=http://outer.example/outer/", "--web.route-prefix=/"], proxy: true },
];

for (const place of places) {
  describe(place.name, () => {
    let exporter, proxy, base, page, faults;

    before(async () => {
      exporter = await Exporter.start(...place.flags);
      if (place.proxy) proxy = await stripPrefix(exporter.origin);
      base = place.proxy ? `http://127.0.0.1:${proxy.address().port}/outer/` : place.base(exporter.origin);
      // Ready once the first cycle was tried.
      for (const end = Date.now() + deadline; Date.now() < end && (await fetch(base + "-/ready")).status !== 200;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
      page.setDefaultTimeout(deadline);
      faults = [];
      page.on("console", (line) => { if (line.type() === "error") faults.push(line.text()); });
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(base) && !url.startsWith("data:") && !url.startsWith("blob:")) faults.push(`asked: ${url}`);
      });
    });

    after(async () => {
      await page?.close();
      if (proxy) {
        proxy.closeAllConnections();
        await new Promise((resolve) => proxy.close(resolve));
      }
      await exporter?.stop();
    });

    // To look at; once is enough.
    const shoot = async (name) => {
      if (place.name === "root") await page.screenshot({ path: path.join(process.env.ANOMALY_SCREENSHOTS, `${name}.png`), fullPage: true });
    };

    test("every link of the landing page answers 200", async () => {
      await page.goto(base);
      assert.equal(await page.title(), "Anomaly Exporter");
      await shoot("landing");
      const links = await page.$$eval("a[href]", (all) => all.map((link) => link.href));
      assert.ok(links.length >= 8, links.join("\n"));
      for (const link of links) {
        assert.ok(link.startsWith(base), link);
        const answer = await fetch(link);
        // A detector that has seen no data yet has no model.
        const expected = link.endsWith("model_information?model=node") ? 503 : 200;
        assert.equal(answer.status, expected, link);
      }
      const text = await page.innerText("main");
      assert.match(text, /\bmean_sd\b/);
      assert.match(text, /\bnode\b/);
      assert.deepEqual(faults, []);
    });

    test("the page of the API shows every operation", async () => {
      const document = await (await fetch(base + "openapi.json")).json();
      const expected = Object.entries(document.paths)
        .flatMap(([route, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`));
      assert.ok(expected.length >= 10);
      await page.goto(base + "docs");
      await page.waitForSelector(".opblock");
      await shoot("docs");
      const shown = await page.$$eval(".opblock", (all) => all.map((block) =>
        block.querySelector(".opblock-summary-method").textContent + " " +
        block.querySelector(".opblock-summary-path").getAttribute("data-path")));
      assert.deepEqual(shown.sort(), expected.sort());
      assert.deepEqual(faults, []);
    });

    test("a prediction sent from the page of the API answers 200", async () => {
      await page.goto(base + "docs");
      const block = page.locator("#operations-prediction-predict");
      await block.locator(".opblock-summary").click();
      await block.locator("button.execute").click();
      const status = block.locator(".live-responses-table .response-col_status").last();
      await status.waitFor();
      assert.match(await status.innerText(), /^200/);
      const answer = JSON.parse(await block.locator(".live-responses-table .response-col_description code").first().innerText());
      assert.ok([1, -1].includes(answer.is_inlier), JSON.stringify(answer));
      assert.equal(answer.anomaly_score, -answer.score);
      assert.match(await block.locator(".request-url").first().innerText(), new RegExp(`\\n${base}prediction$`));
      await shoot("prediction");
      assert.deepEqual(faults, []);
    });

    test("both pages are dark for those who want them dark", async () => {
      const brightness = () => page.evaluate(() => {
        const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
        return (red + green + blue) / 3;
      });
      for (const name of ["", "docs"]) {
        await page.emulateMedia({ colorScheme: "light" });
        await page.goto(base + name);
        if (name) await page.waitForSelector(".opblock");
        assert.ok(await brightness() > 200, name);
        await page.emulateMedia({ colorScheme: "dark" });
        assert.ok(await brightness() < 60, name);
        await shoot(`${name || "landing"}_dark`);
      }
      await page.emulateMedia({ colorScheme: "light" });
      assert.deepEqual(faults, []);
    });
  });
}
