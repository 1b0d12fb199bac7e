// Anomaly Exporter: whether what it reports can be trusted, and what it costs.
import { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "./layout";
import {
  chart, Column, colors, dashed, Line, linkTo, look, marked, number, PanelSource, rows, stacked, steps, texts, withoutValue,
} from "./panels";
import { queryVariable } from "./variables";

const chosen = 'job=~"$job",instance=~"$instance"';
const chosenDetectors = `${chosen},detector=~"$detector"`;
const own = (name: string, more = "") => `${name}{${chosen}${more}}`;
const of = (name: string, more = "") => `${name}{${chosenDetectors}${more}}`;
const each = (expression: string) => `max by (instance, detector) (${expression})`;
const rate = (name: string) => `rate(${of(name)}[$__rate_interval])`;
const perMinute = (labels: string, name: string) => `60 * sum by (${labels}) (${rate(name)})`;
const age = (name: string) => `time() - ${of(name)}`;
const byDetector = "{{detector}} {{instance}}";

/// Both ends of how long something takes.
function quantiles(histogram: string, labels: string, legend: string): Line[] {
  return ([[0.5, "half within"], [0.99, "99 % within"]] as const).map(([quantile, text]) => [
    `histogram_quantile(${quantile}, sum by (le, ${labels}) (rate(${histogram}[$__rate_interval])))`, `${legend} ${text}`]);
}

const yesNo = (yes: string, no: string) => [...texts([1, yes, colors.quiet], [0, no, colors.active]), withoutValue("unknown")];
const lastScores = "anomaly_exporter_last_evaluation_success_timestamp_seconds";
const lastTraining = "anomaly_exporter_last_training_success_timestamp_seconds";
const interval = "anomaly_exporter_evaluation_interval_seconds";
const retrain = "anomaly_exporter_training_interval_seconds";

const numbers: PanelSource[] = [
  number("Scraped", "Whether Prometheus reaches every chosen exporter.", `min(${own("up")})`)
    .mappings(yesNo("up", "down")),
  number("Data source", "Whether the newest queries of the exporter reached its Prometheus.",
    `min(${own("anomaly_exporter_up")})`).mappings(yesNo("reached", "lost")),
  number("Configuration", "Whether the last edit of the configuration was accepted. If not, the old one is in force, " +
    "and the next restart would fail.",
    `min(${own("anomaly_exporter_config_last_reload_successful")})`).mappings(yesNo("loaded", "refused")),
  number("Late scores", "Detectors whose newest scores are older than three of their intervals.",
    `count(${age(lastScores)} > 3 * ${of(interval)}) or vector(0)`).thresholds(steps(colors.quiet, [1, colors.active])),
  number("Old models", "Detectors whose model is older than twice the time between trainings.",
    `count(${age(lastTraining)} > 2 * ${of(retrain)}) or vector(0)`).thresholds(steps(colors.quiet, [1, colors.detected])),
  number("Failures in the last hour", "Queries, cycles, trainings and saved states that failed.",
    "sum(" + ["query", "evaluation", "training", "state_save"]
      .map((what) => `sum(increase(${of(`anomaly_exporter_${what}_failures_total`)}[1h]))`).join(" + ") + ")")
    .decimals(0).thresholds(steps(colors.quiet, [1, colors.detected])),
];

const stateNumber = ["warming", "ready", "stale"]
  .map((state, index) => `${index + 1} * ${each(of("anomaly_exporter_detector_state", `,state="${state}"`))}`).join(" + ");
const late = (ratio: string, at: number) => ({ expression: ratio, thresholds: steps(colors.good, [at, colors.active]) });
const column = (title: string, expression: string, ...properties: Column["look"] & {}): Column =>
  ({ title, expression, look: properties });
const lateness = late(each(`(${age(lastScores)}) / ${of(interval)}`), 3);
const staleness = late(each(`(${age(lastTraining)}) / ${of(retrain)}`), 2);

const detectors = rows("Detectors", "State, size, freshness and cost of each detector, now.", [
  { title: "Detector", label: "detector", look: look.link(linkTo("Its anomalies", "anomalies",
    "var-detector=${__data.fields.Detector:percentencode}")) },
  { title: "Exporter", label: "instance" },
  column("State", stateNumber, ...look.mapped(texts([1, "warming", colors.detected], [2, "ready", colors.quiet],
    [3, "stale", colors.active])), ...look.width(90)),
  column("Entities", each(of("anomaly_entities")), ...look.unit("short")),
  column("Active", each(of("anomaly_entities_active")), ...look.unit("short"), ...look.colored(steps("text", [1, colors.active]))),
  column("Absent", each(of("anomaly_entities_absent")), ...look.unit("short"), ...look.colored(steps("text", [1, colors.absent]))),
  column("Scores are old (intervals)", lateness.expression, ...look.unit("none", 1), ...look.colored(lateness.thresholds)),
  column("Interval", each(of(interval)), ...look.unit("s")),
  column("Cycle takes", each(`rate(${of("anomaly_exporter_evaluation_duration_seconds_sum")}[$__rate_interval]) / ` +
    `rate(${of("anomaly_exporter_evaluation_duration_seconds_count")}[$__rate_interval])`), ...look.unit("s")),
  column("Model age (retrains)", staleness.expression, ...look.unit("none", 2), ...look.colored(staleness.thresholds)),
  column("Rows of the model", each(of("anomaly_exporter_model_rows")), ...look.unit("short")),
]).span(24).height(7);

const scoring: PanelSource[] = [
  chart("Age of the newest scores", "Rises while cycles fail. AnomalyExporterEvaluationStale fires at three intervals.",
    [age(lastScores), byDetector]).unit("s").span(8),
  dashed(chart("How long a cycle takes", "Fetching, joining, scoring and publishing; it has to stay below the interval.",
    ...quantiles(of("anomaly_exporter_evaluation_duration_seconds_bucket"), "detector", "{{detector}}")), "/half/")
    .unit("s").span(8),
  stacked(chart("Cycles that failed or were missed", "Failed by reason; missed: still waiting or running when the next was due.",
    [`${perMinute("detector, reason", "anomaly_exporter_evaluation_failures_total")} > 0`, "{{detector}} {{reason}}"],
    [perMinute("detector", "anomaly_exporter_evaluations_missed_total"), "{{detector}} missed"])).unit("cpm").span(8),
];

const queries: PanelSource[] = [
  chart("Queries", "Sent to the data source.",
    [`sum by (detector) (${rate("anomaly_exporter_queries_total")})`, "{{detector}}"]).unit("reqps").span(6),
  stacked(chart("Failed queries", "By reason.",
    [`${perMinute("detector, reason", "anomaly_exporter_query_failures_total")} > 0 or ` +
      perMinute("detector", "anomaly_exporter_query_failures_total"), "{{detector}} {{reason}}"])).unit("cpm").span(6),
  dashed(chart("How long a query takes", "From request to parsed answer.",
    ...quantiles(of("anomaly_exporter_query_duration_seconds_bucket"), "detector", "{{detector}}")), "/half/")
    .unit("s").span(6),
  chart("Values read, warnings, partial answers", "What the answers held, a second.",
    [`sum by (detector) (${rate("anomaly_exporter_query_samples_total")})`, "{{detector}} values"],
    [`sum by (detector) (${rate("anomaly_exporter_query_warnings_total")})`, "{{detector}} warnings"],
    [`sum by (detector) (${rate("anomaly_exporter_partial_responses_total")})`, "{{detector}} partial"])
    .unit("cps").span(6),
];

const training: PanelSource[] = [
  chart("Age of models", "Since the last training that succeeded, in times of `retrain`. At 2 AnomalyExporterModelStale fires.",
    [`(${age(lastTraining)}) / ${of(retrain)}`, byDetector]).unit("none").decimals(2).span(6),
  chart("Trainings", "Done within an hour, and failed ones by reason.",
    [`sum by (detector) (increase(${of("anomaly_exporter_trainings_total")}[1h]))`, "{{detector}}"],
    [`sum by (detector, reason) (increase(${of("anomaly_exporter_training_failures_total")}[1h])) > 0`,
      "{{detector}} failed: {{reason}}"]).decimals(0).span(6),
  chart("How long a training takes", "Mean since the exporter's start.",
    [`${of("anomaly_exporter_training_duration_seconds_sum")} / ${of("anomaly_exporter_training_duration_seconds_count")}`,
      byDetector]).unit("s").span(6),
  chart("State on disk", "Models loaded and saved within an hour, and what failed, by reason.",
    [`sum(increase(${of("anomaly_exporter_state_saves_total")}[1h]))`, "saved"],
    [`sum(increase(${of("anomaly_exporter_state_loads_total")}[1h]))`, "loaded"],
    [`sum by (reason) (increase(${of("anomaly_exporter_state_save_failures_total")}[1h])) > 0`, "not saved: {{reason}}"],
    [`sum by (reason) (increase(${of("anomaly_exporter_state_load_failures_total")}[1h])) > 0`, "not loaded: {{reason}}"])
    .decimals(0).span(6),
];

const budget: PanelSource[] = [
  dashed(chart("Alerts of an entity per day", "Realised over the last day, beside what `alert_budget` accepts.",
    [`sum by (detector) (increase(${of("anomaly_exporter_alerts_total")}[1d])) / sum by (detector) (${of("anomaly_entities")})`,
      "{{detector}}"],
    [`max by (detector) (${of("anomaly_exporter_alert_budget_per_day")})`, "{{detector}} budget"]), "/budget/", colors.active)
    .unit("none").decimals(2).span(8),
  stacked(chart("Detections held back",
    "Scores over the threshold that are not told: the deviation is to the allowed side (direction) or too small, or only " +
    "the past of an incident is odd (aftermath).",
    [perMinute("detector, reason", "anomaly_exporter_detections_suppressed_total"), "{{detector}} {{reason}}"]))
    .unit("cpm").span(8),
  stacked(chart("Left out", "Entities beyond a limit or not usable, by reason, and values outside of `range`.",
    [perMinute("detector, reason", "anomaly_exporter_series_dropped_total"), "{{detector}} {{reason}}"],
    [perMinute("detector", "anomaly_exporter_values_dropped_total"), "{{detector}} value out of range"]))
    .unit("cpm").span(8),
];

const serving: PanelSource[] = [
  chart("HTTP requests", "Answered, by route and status code.",
    [`sum by (handler, code) (rate(${own("anomaly_exporter_http_requests_total")}[$__rate_interval]))`, "{{handler}} {{code}}"])
    .unit("reqps").span(6),
  chart("How long a request takes", "99 % within, by route.",
    [`histogram_quantile(0.99, sum by (le, handler) (rate(${own("anomaly_exporter_http_request_duration_seconds_bucket")}` +
      "[$__rate_interval])))", "{{handler}}"]).unit("s").span(6),
  chart("Predictions", "Requests to /prediction, by outcome, and vectors that they scored, by verdict.",
    [`sum by (outcome) (rate(${own("anomaly_exporter_prediction_requests_total")}[$__rate_interval]))`, "{{outcome}}"],
    [`sum by (verdict) (rate(${own("anomaly_exporter_prediction_rows_total")}[$__rate_interval]))`, "{{verdict}} vectors"])
    .unit("reqps").span(6),
  chart("How long a prediction takes, and its score", "99 % within, by model, and the mean score it answered.",
    [`histogram_quantile(0.99, sum by (le, model) (rate(${own("anomaly_exporter_prediction_duration_seconds_bucket")}` +
      "[$__rate_interval])))", "{{model}} takes"],
    [`sum by (model) (rate(${own("anomaly_exporter_prediction_score_sum")}[$__rate_interval])) / ` +
      `sum by (model) (rate(${own("anomaly_exporter_prediction_score_count")}[$__rate_interval]))`, "{{model}} score"])
    .unit("s").overrideByRegexp("/score$/", [...look.unit("none", 2), { id: "custom.axisPlacement", value: "right" }]).span(6),
];

const resources: PanelSource[] = [
  chart("CPU", "Cores in use.", [`rate(${own("process_cpu_seconds_total")}[$__rate_interval])`, "{{instance}}"])
    .unit("none").decimals(3).span(6),
  chart("Memory", "Resident.", [own("process_resident_memory_bytes"), "{{instance}}"]).unit("bytes").span(6),
  chart("Series", "On /metrics, as Prometheus counts them: results and the exporter's own.",
    [own("scrape_samples_scraped"), "{{instance}}"]).span(6),
  marked(chart("Limits used", "Entities of each detector, and all series, as shares of what the configuration allows.",
    [`${each(of("anomaly_entities"))} / on (instance) group_left () ${own("anomaly_exporter_entities_limit")}`,
      "{{detector}} {{instance}} entities"],
    [`${own("scrape_samples_scraped")} / on (job, instance) ${own("anomaly_exporter_series_limit")}`, "{{instance}} series"]),
  1, colors.active).unit("percentunit").span(6),
  chart("Threads and open files", "Of the process.", [own("process_threads"), "{{instance}} threads"],
    [own("process_open_fds"), "{{instance}} files"]).span(8),
  chart("How long a scrape takes", "As Prometheus sees it.", [own("scrape_duration_seconds"), "{{instance}}"]).unit("s").span(8),
  rows("What runs", "Version and age of each exporter.", [
    { title: "Exporter", label: "instance" },
    { title: "Version", label: "version" },
    { title: "Revision", label: "revision" },
    {
      title: "Started", look: look.unit("dateTimeFromNow"),
      expression: `max by (instance, version, revision) (1000 * ${own("process_start_time_seconds")} * on (job, instance) ` +
        `group_right () ${own("anomaly_exporter_build_info")})`,
    },
  ]).span(8).height(8),
];

// All means all that are listed: `up` and `process_*` are there for every other job too.
const ownVariable = (name: string, label: string, query: string) =>
  queryVariable(name, label, query).multi(true).includeAll(true);

export const anomalyExporter: Dashboard = dashboard({
  uid: "anomaly-exporter", title: "Anomaly Exporter", from: "now-6h",
  description: "Whether what the exporter reports can be trusted: health, latency, errors, models, budget, and what it costs.",
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
