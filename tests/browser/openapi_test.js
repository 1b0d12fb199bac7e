// /openapi.json under a validator that is not ours: the specification's own rules, and that examples match their schemas.
"use strict";
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { createConfig, lintFromString } = require("@redocly/openapi-core");
const { Exporter } = require("./support.js");

const rules = {
  "no-invalid-media-type-examples": "error",
  "no-invalid-parameter-examples": "error",
  "no-invalid-schema-examples": "error",
  "no-unused-components": "error",
  "operation-operationId": "error",
  "operation-operationId-unique": "error",
  "spec-strict-refs": "error",
  // A probe has no 4xx of its own; what the server refuses is in `default`.
  "operation-4xx-response": "off",
};
let exporter;

before(async () => { exporter = await Exporter.start(); });
after(async () => { await exporter.stop(); });

async function problems(source) {
  const config = await createConfig({ extends: ["recommended"], rules });
  const found = await lintFromString({ source, absoluteRef: "openapi.json", config });
  return found.map((each) => `${each.ruleId}: ${each.message} ${each.location.map((at) => at.pointer).join(" ")}`);
}

test("the validator finds nothing in the document", async () => {
  const answer = await fetch(exporter.origin + "/openapi.json");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json");
  const text = await answer.text();
  assert.equal(JSON.parse(text).openapi, "3.1.0");
  assert.deepEqual(await problems(text), []);
});

test("the validator tells a document that is wrong", async () => {
  const document = await (await fetch(exporter.origin + "/openapi.json")).json();
  document.paths["/prediction"].post.requestBody.content["application/json"].examples.score.value.score = "yes";
  document.paths["/config"].get.responses["200"].content["text/plain"].schema = { $ref: "#/components/schemas/None" };
  const found = await problems(JSON.stringify(document));
  assert.ok(found.some((line) => line.startsWith("no-invalid-media-type-examples")), found.join("\n"));
  assert.ok(found.some((line) => line.startsWith("no-unresolved-refs")), found.join("\n"));
});
