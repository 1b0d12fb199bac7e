// Asks a Prometheus what Grafana asks.
"use strict";

class Prometheus {
  constructor(url) {
    this.url = url;
  }

  async ask(path, parameters) {
    const body = new URLSearchParams(parameters);
    const answer = await fetch(`${this.url}/api/v1/${path}`, { method: "POST", body });
    const { data, error } = await answer.json();
    if (error) throw new Error(`${error}\n  ${parameters.query ?? ""}`);
    return data;
  }

  async instant(query, time) {
    return (await this.ask("query", { query, time: String(time) })).result;
  }

  async range(query, { from, to, step }) {
    return (await this.ask("query_range", { query, start: String(from), end: String(to), step: String(step) })).result;
  }

  async labelValues(label, selector, { from, to }) {
    const parameters = new URLSearchParams({ "match[]": selector, start: String(from), end: String(to) });
    const answer = await (await fetch(`${this.url}/api/v1/label/${label}/values?${parameters}`)).json();
    if (answer.error) throw new Error(`${answer.error}\n  ${selector}`);
    return answer.data;
  }
}

module.exports = { Prometheus };
