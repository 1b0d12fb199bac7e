// Facts about a PromQL expression, from Prometheus' own grammar.
"use strict";
const { parser } = require("@prometheus-io/lezer-promql");

// Returns {problem, selectors: [{name, labels, inside}]}: what does not parse, and each selector with the labels that it
// matches and the functions around it, the nearest last.
function facts(expression) {
  const text = (node) => expression.slice(node.from, node.to);
  const found = { problem: undefined, selectors: [] };
  const calls = [];
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) found.problem ??= `at ${node.from}: ${expression.slice(node.from, node.from + 40)}`;
      if (node.name === "FunctionCall") calls.push(text(node.node.getChild("FunctionIdentifier")));
      if (node.name !== "VectorSelector") return;
      const name = node.node.getChild("Identifier");
      const matchers = node.node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
      found.selectors.push({
        name: name ? text(name) : undefined,
        labels: matchers.map((matcher) => text(matcher.getChild("LabelName"))),
        inside: [...calls],
      });
    },
    leave(node) {
      if (node.name === "FunctionCall") calls.pop();
    },
  });
  return found;
}

// An expression of a dashboard with values in the places of its variables, so that it parses.
function withValues(expression) {
  return expression
    .replaceAll("${selector:raw}", 'selector="x"')
    .replaceAll("${labels:doublequote}", '"a"')
    .replace(/\$__\w+/g, "1m");
}

module.exports = { facts, withValues };
