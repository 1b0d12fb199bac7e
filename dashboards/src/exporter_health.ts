// Whether the exporter is well: numbers, and a table of its detectors.
import { own, of, each, age, lastScores, lastTraining, interval, retrain } from "./exporter_queries";
import { colors, linkTo, number, PanelSource, steps, texts, withoutValue } from "./panels";
import { Column, look, rows } from "./tables";

const yesNo = (yes: string, no: string) => [
  ...texts([1, yes, colors.quiet], [0, no, colors.active]),
  withoutValue("unknown"),
];
export const numbers: PanelSource[] = [
  number("Scraped", "Whether Prometheus reaches every chosen exporter.", `min(${own("up")})`).mappings(
    yesNo("up", "down"),
  ),
  number(
    "Data source",
    "Whether the newest queries of the exporter reached its Prometheus.",
    `min(${own("anomaly_exporter_up")})`,
  ).mappings(yesNo("reached", "lost")),
  number(
    "Configuration",
    "Whether the last edit of the configuration was accepted. If not, the old one is in force, " +
      "and the next restart would fail.",
    `min(${own("anomaly_exporter_config_last_reload_successful")})`,
  ).mappings(yesNo("loaded", "refused")),
  number(
    "Late scores",
    "Detectors whose newest scores are older than three of their intervals.",
    `count(${age(lastScores)} > 3 * ${of(interval)}) or vector(0)`,
  ).thresholds(steps(colors.quiet, [1, colors.active])),
  number(
    "Old models",
    "Detectors whose model is older than twice the time between trainings.",
    `count(${age(lastTraining)} > 2 * ${of(retrain)}) or vector(0)`,
  ).thresholds(steps(colors.quiet, [1, colors.detected])),
  number(
    "Failures in the last hour",
    "Queries, cycles, trainings and saved states that failed.",
    "sum(" +
      ["query", "evaluation", "training", "state_save"]
        .map((what) => `sum(increase(${of(`anomaly_exporter_${what}_failures_total`)}[1h]))`)
        .join(" + ") +
      ")",
  )
    .decimals(0)
    .thresholds(steps(colors.quiet, [1, colors.detected])),
];

const stateNumber = ["warming", "ready", "stale"]
  .map((state, index) => `${index + 1} * ${each(of("anomaly_exporter_detector_state", `,state="${state}"`))}`)
  .join(" + ");
const late = (ratio: string, at: number) => ({
  expression: ratio,
  thresholds: steps(colors.good, [at, colors.active]),
});
const column = (title: string, expression: string, ...properties: Column["look"] & {}): Column => ({
  title,
  expression,
  look: properties,
});
const lateness = late(each(`(${age(lastScores)}) / ${of(interval)}`), 3);
const staleness = late(each(`(${age(lastTraining)}) / ${of(retrain)}`), 2);

export const detectors = rows("Detectors", "State, size, freshness and cost of each detector, now.", [
  {
    title: "Detector",
    label: "detector",
    look: look.link(linkTo("Its anomalies", "anomalies", "var-detector=${__data.fields.Detector:percentencode}")),
  },
  { title: "Exporter", label: "instance" },
  column(
    "State",
    stateNumber,
    ...look.mapped(texts([1, "warming", colors.detected], [2, "ready", colors.quiet], [3, "stale", colors.active])),
    ...look.width(90),
  ),
  column("Entities", each(of("anomaly_entities")), ...look.unit("short")),
  column(
    "Active",
    each(of("anomaly_entities_active")),
    ...look.unit("short"),
    ...look.colored(steps("text", [1, colors.active])),
  ),
  column(
    "Absent",
    each(of("anomaly_entities_absent")),
    ...look.unit("short"),
    ...look.colored(steps("text", [1, colors.absent])),
  ),
  column(
    "Scores are old (intervals)",
    lateness.expression,
    ...look.unit("none", 1),
    ...look.colored(lateness.thresholds),
  ),
  column("Interval", each(of(interval)), ...look.unit("s")),
  column(
    "Cycle takes",
    each(
      `rate(${of("anomaly_exporter_evaluation_duration_seconds_sum")}[$__rate_interval]) / ` +
        `rate(${of("anomaly_exporter_evaluation_duration_seconds_count")}[$__rate_interval])`,
    ),
    ...look.unit("s"),
  ),
  column("Model age (retrains)", staleness.expression, ...look.unit("none", 2), ...look.colored(staleness.thresholds)),
  column("Rows of the model", each(of("anomaly_exporter_model_rows")), ...look.unit("short")),
])
  .span(24)
  .height(7);
