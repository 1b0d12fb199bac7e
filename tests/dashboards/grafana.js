// What Grafana does to a query before Prometheus sees it: variables, their values, and the built-in ones.
"use strict";
const { queryVariables, variableExpression } = require("./boards.js");

// $name, [[name:format]], ${name.path:format}
const reference = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

const listed = (value) => (Array.isArray(value) ? value : [value]);
const escapeRegex = (text) => text.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");

const formats = {
  raw: (value) => listed(value).join(","),
  csv: (value) => listed(value).join(","),
  pipe: (value) => listed(value).join("|"),
  doublequote: (value) =>
    listed(value)
      .map((each) => `"${each.replace(/"/g, '\\"')}"`)
      .join(","),
  regex: (value) =>
    listed(value).length === 1 ? escapeRegex(listed(value)[0]) : `(${listed(value).map(escapeRegex).join("|")})`,
  percentencode: (value) => encodeURIComponent(listed(value).join(",")),
  queryparam: (value, name) =>
    listed(value)
      .map((each) => `var-${name}=${encodeURIComponent(each)}`)
      .join("&"),
};

// How the data source writes a value into PromQL where no format is given: one that may be several is a pattern within a
// string, where a backslash counts twice.
function intoPromql(value, variable) {
  if (!variable.multi && !variable.includeAll) return value.replace(/\\/g, "\\\\");
  const escaped = listed(value).map((each) => each.replace(/\\/g, "\\\\\\\\").replace(/[$^*{}[\]'+?.()|]/g, "\\\\$&"));
  return escaped.length === 1 ? escaped[0] : `(${escaped.join("|")})`;
}

// The values of a dashboard's variables at one moment. `range` is {from, to, step}, in seconds.
class Scope {
  constructor(range) {
    this.range = range;
    const seconds = Math.round(range.to - range.from);
    this.values = new Map(
      Object.entries({
        __range: `${seconds}s`,
        __range_s: String(seconds),
        __interval: `${range.step}s`,
        __rate_interval: `${Math.max(60, 2 * range.step)}s`,
      }).map(([name, value]) => [name, { value, builtIn: true }]),
    );
  }

  set(variable, value) {
    this.values.set(variable.name, { value, variable });
  }

  // Another scope in which a panel repeated by `variable` has one value of it.
  with(variable, value) {
    const scope = new Scope(this.range);
    scope.values = new Map(this.values).set(variable.name, { value, variable });
    return scope;
  }

  options(name) {
    return this.values.get(name).variable.found;
  }

  // Puts values into a text. `plain` formats those that ask for no format; without it they are written as into PromQL.
  interpolate(text, plain) {
    return text.replace(reference, (whole, dollar, brackets, bracketsFormat, braces, field, bracesFormat) => {
      const name = dollar ?? brackets ?? braces;
      const entry = this.values.get(name);
      if (entry === undefined || field !== undefined) return whole;
      if (entry.builtIn) return entry.value;
      const { variable } = entry;
      const all = entry.value === "$__all";
      if (all && variable.allValue) return variable.allValue;
      const value = all ? variable.found : entry.value;
      const format = bracketsFormat ?? bracesFormat;
      if (format !== undefined && !(format in formats)) throw new Error(`unknown format in ${whole}`);
      return (formats[format] ?? plain ?? intoPromql)(value, format ? name : variable);
    });
  }
}

const toRegex = (text) => {
  const parts = /^\/(.*)\/([gimsuy]*)$/s.exec(text);
  return parts ? new RegExp(parts[1], parts[2]) : new RegExp(`^${text}$`);
};

// Applies a variable's pattern to one text of the answer: all captures of a pattern with the flag g, else the first.
function captures(text, pattern) {
  const matches = pattern.global ? [...text.matchAll(pattern)] : [pattern.exec(text)].filter(Boolean);
  return matches.map((match) => match[1] ?? match[0]);
}

// What query_result() makes of a series: its text, label values unescaped, then value and time.
function resultText({ metric, value }) {
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels)
    .map(([label, each]) => `${label}="${each}"`)
    .join(",");
  return `${name}{${pairs}} ${value[1]} ${value[0] * 1000}`;
}

async function optionsOf(variable, scope, prometheus) {
  const { expression, label } = variableExpression(variable);
  const asked = scope.interpolate(expression);
  const texts =
    label === undefined
      ? (await prometheus.instant(asked, scope.range.to)).map(resultText)
      : await prometheus.labelValues(label, asked, scope.range);
  const pattern = variable.regex ? toRegex(scope.interpolate(variable.regex, formats.regex)) : undefined;
  const found = [...new Set(pattern ? texts.flatMap((text) => captures(text, pattern)) : texts)];
  return variable.sort === 0 ? found : found.sort();
}

// Fills a dashboard's variables in their order. `choices` are values by name; else All, or the first option.
async function resolve(board, prometheus, range, choices = {}) {
  const scope = new Scope(range);
  for (const variable of board.templating.list) {
    if (variable.type === "datasource") scope.set({ ...variable, found: ["prometheus"] }, "prometheus");
  }
  for (const variable of queryVariables(board)) {
    const found = await optionsOf(variable, scope, prometheus);
    const first = variable.includeAll ? "$__all" : (found[0] ?? "");
    scope.set({ ...variable, found }, choices[variable.name] ?? first);
  }
  return scope;
}

module.exports = { Scope, resolve };
