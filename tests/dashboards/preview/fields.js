// What a panel says of its fields, and the elements that show them. Runs in the browser, after units.js.
"use strict";

const named = { green: "#56a64b", text: "#d5d8de", transparent: "transparent" };
const palette = [
  "#7eb26d",
  "#eab839",
  "#6ed0e0",
  "#ef843c",
  "#e24d42",
  "#1f78c1",
  "#ba43a9",
  "#705da0",
  "#508642",
  "#cca300",
  "#447ebc",
  "#c15c17",
];
const css = (color) => named[color] ?? color;

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
    const fits =
      matcher.id === "byName"
        ? matcher.options === name
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
