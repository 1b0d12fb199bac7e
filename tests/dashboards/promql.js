// Facts about a PromQL expression, from Prometheus' own grammar.
"use strict";
const { parser } = require("@prometheus-io/lezer-promql");

// Returns {problem, selectors: [{name, labels}], calls: [{name, ranges, counters}], durations}.
function facts(expression) {
  const text = (node) => expression.slice(node.from, node.to);
  const found = { problem: undefined, selectors: [], calls: [] };
  const calls = []; // those around the place
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) found.problem ??= `at ${node.from}: ${expression.slice(node.from, node.from + 40)}`;
      if (node.name === "FunctionCall") {
        calls.push({ name: text(node.node.getChild("FunctionIdentifier")), ranges: [], metrics: [] });
        found.calls.push(calls.at(-1));
      } else if (node.name === "VectorSelector") {
        const name = node.node.getChild("Identifier");
        const labels = node.node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
        const selector = { name: name ? text(name) : undefined, labels: labels.map((label) => text(label.getChild("LabelName"))) };
        selector.inside = calls.map((call) => call.name);
        found.selectors.push(selector);
      } else if (node.name === "MatrixSelector") {
        calls.at(-1)?.ranges.push(/\[([^\]]*)\]$/.exec(text(node))[1]);
      }
    },
    leave(node) {
      if (node.name === "FunctionCall") calls.pop();
    },
  });
  return found;
}

module.exports = { facts };
