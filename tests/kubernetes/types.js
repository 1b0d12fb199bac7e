// Kubernetes' and the Prometheus operator's own types, twice: as TypeScript, which sees keys that do not exist, and as
// validators, which also see forms and ranges of values.
"use strict";
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const packages = process.env.NODE_PATH;

// Where the type of an object stands.
function home({ apiVersion, kind }) {
  const operator = apiVersion.startsWith("monitoring.coreos.com/");
  return `${operator ? "@kubernetes-models/prometheus-operator" : "kubernetes-models"}/${apiVersion}/${kind}`;
}

// Returns what the compiler says about objects, one list each.
function complaints(objects) {
  const work = fs.mkdtempSync(path.join(packages, "../types.")); // where the compiler finds the packages
  const lines = objects.map(
    (object, index) =>
      `import type { I${object.kind} as T${index} } from "${home(object)}";\n` +
      `export const o${index}: T${index} = ${JSON.stringify(object)};\n`,
  );
  lines.forEach((text, index) => fs.writeFileSync(path.join(work, `o${index}.mts`), text));
  fs.writeFileSync(
    path.join(work, "tsconfig.json"),
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
  const tsc = path.join(packages, "typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: work, encoding: "utf8" });
  fs.rmSync(work, { recursive: true });
  const said = stdout.split("\n").filter((line) => /^\S/.test(line));
  const found = objects.map((_, index) => said.filter((line) => line.startsWith(`o${index}.mts`)));
  if (found.flat().length !== said.length) throw new Error(stdout);
  return found;
}

// Returns what the validator says about an object, "" if nothing.
async function fault(object) {
  const module = await import(pathToFileURL(path.join(packages, `${home(object)}.js`)));
  try {
    new module[object.kind](object).validate();
    return "";
  } catch (error) {
    return error.message;
  }
}

module.exports = { complaints, fault };
