// Numbers as Grafana writes them, as far as the dashboards use its units. Runs in the page.
"use strict";

function scaled(value, base, names, suffix) {
  let index = 0;
  while (Math.abs(value) >= base && index < names.length - 1) {
    value /= base;
    index++;
  }
  return `${significant(value)} ${names[index]}${suffix}`.trim();
}

function significant(value, decimals) {
  if (decimals !== undefined && decimals !== null) return value.toFixed(decimals);
  return String(Number(value.toPrecision(3)));
}

function duration(seconds) {
  for (const [size, name] of [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
    [1e-3, "ms"],
  ]) {
    if (Math.abs(seconds) >= size) return `${significant(seconds / size)} ${name}`;
  }
  return `${significant(seconds * 1e6)} us`;
}

const writers = {
  short: (value) => scaled(value, 1000, ["", "K", "Mil", "Bil", "Tri"], ""),
  sishort: (value) => scaled(value, 1000, ["", "k", "M", "G", "T"], ""),
  bytes: (value) => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], ""),
  Bps: (value) => scaled(value, 1000, ["B", "kB", "MB", "GB"], "/s"),
  s: duration,
  percentunit: (value, decimals) => `${significant(value * 100, decimals)}%`,
  reqps: (value) => `${significant(value)} req/s`,
  cps: (value) => `${significant(value)} c/s`,
  cpm: (value) => `${significant(value)} c/m`,
  dateTimeFromNow: (value) => `${duration(Date.now() / 1000 - value / 1000)} ago`,
  none: significant,
};

// A value of a field: its mapping, or number and unit. `field` holds unit, decimals, mappings.
function write(value, field) {
  const mapped = mapping(value, field);
  if (mapped) return mapped.text;
  if (value === undefined || value === null || Number.isNaN(value)) return field.noValue ?? "-";
  if (typeof value === "string") return value;
  const writer = writers[field.unit ?? "short"];
  if (!writer) throw new Error(`the preview does not know the unit ${field.unit}`);
  return writer(value, field.decimals);
}

function mapping(value, field) {
  for (const { type, options } of field.mappings ?? []) {
    if (type === "value" && options[String(value)]) return options[String(value)];
    if (type === "special" && (value === undefined || value === null)) return options.result;
  }
  return undefined;
}
