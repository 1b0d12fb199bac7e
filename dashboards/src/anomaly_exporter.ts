// Anomaly Exporter: whether what it reports can be trusted, and what it costs.
import { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { resources, serving } from "./exporter_cost";
import { detectors, numbers } from "./exporter_health";
import { interval, own } from "./exporter_queries";
import { budget, queries, scoring, training } from "./exporter_work";
import { dashboard } from "./layout";
import { queryVariable } from "./variables";

// All means all that are listed: `up` and `process_*` are there for every other job too.
const ownVariable = (name: string, label: string, query: string) =>
  queryVariable(name, label, query).multi(true).includeAll(true);

export const anomalyExporter: Dashboard = dashboard({
  uid: "anomaly-exporter",
  title: "Anomaly Exporter",
  from: "now-6h",
  description:
    "Whether what the exporter reports can be trusted: health, latency, errors, models, budget, and what it costs.",
  variables: [
    ownVariable("job", "Job", "label_values(anomaly_exporter_build_info, job)"),
    ownVariable("instance", "Instance", 'label_values(anomaly_exporter_build_info{job=~"$job"}, instance)'),
    ownVariable("detector", "Detector", `label_values(${own(interval)}, detector)`),
  ],
  alerts: 'ALERTS{alertname=~"AnomalyExporter.*",alertstate="firing"}',
  sections: [
    { panels: [...numbers, detectors] },
    { title: "Scoring", panels: scoring },
    { title: "Queries", panels: queries },
    { title: "Models and training", panels: training },
    { title: "Alerts against the budget", panels: budget },
    { title: "Serving", panels: serving },
    { title: "Resources", panels: resources },
  ],
});
