// Entity: all about one.
import { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import { byEntity, chosenDetectors, chosenEntity, entityVariables, state, stateMeanings } from "./entity";
import { contributions, deviation, featureTable, scoreAgainstThreshold } from "./one_entity";
import { dashboard } from "./layout";
import {
  chart,
  colors,
  dashed,
  linkTo,
  marked,
  number,
  PanelSource,
  states,
  stateTexts,
  steps,
  withoutValue,
} from "./panels";
import { look, rows } from "./tables";
import { queryVariable } from "./variables";

const of = (name: string) => `${name}{${chosenEntity}}`;
// There for every entity, absent or not.
const self = of("anomaly_entity_absent");
const toAnomalies = linkTo("Anomalies", "anomalies", "${detector:queryparam}");
const severityColors = steps(colors.quiet, [0, colors.detected], [0.5, colors.active]);

/// When something of its detector last happened.
function age(title: string, description: string, metric: string): stat.PanelBuilder {
  return number(title, description, `1000 * max(${metric} and on (detector) ${self})`)
    .unit("dateTimeFromNow")
    .dataLinks([linkTo("Anomaly Exporter", "anomaly-exporter")]);
}

const numbers: stat.PanelBuilder[] = [
  number("State", stateMeanings, `max(${state(chosenEntity)})`).mappings(stateTexts),
  number(
    "Severity",
    "How far the score is between threshold (0) and the highest possible (1).",
    `max(${of("anomaly_severity_ratio")})`,
  )
    .unit("percentunit")
    .decimals(0)
    .thresholds(severityColors)
    .mappings([withoutValue("no score")]),
  number(
    "Active in this time",
    "Share of the shown time in which it was active.",
    `max(avg_over_time(${of("anomaly_active")}[$__range]))`,
  )
    .unit("percentunit")
    .decimals(1)
    .thresholds(steps(colors.quiet, [0.000001, colors.detected], [0.2, colors.active])),
  number(
    "Became active",
    "How often within the shown time.",
    `max(ceil(changes(${of("anomaly_active")}[$__range]) / 2))`,
  ).thresholds(steps(colors.quiet, [1, colors.detected], [5, colors.active])),
  number(
    "Features present",
    "Share of the detector's features that it has now. It is scored on what it has.",
    `max(${of("anomaly_feature_coverage_ratio")})`,
  )
    .unit("percentunit")
    .decimals(0)
    .thresholds(steps(colors.detected, [1, colors.quiet]))
    .mappings([withoutValue("none")]),
  number(
    "Others active now",
    "Other entities of its detector that are active. Several at once have a shared cause.",
    `max(anomaly_entities_active and on (detector) ${self}) - (max(${of("anomaly_active")}) or vector(0))`,
  )
    .thresholds(steps(colors.quiet, [1, colors.detected]))
    .dataLinks([toAnomalies]),
  age(
    "Scored",
    "When its detector last gave scores. Old ones tell nothing about now.",
    "anomaly_exporter_last_evaluation_success_timestamp_seconds",
  ),
  age(
    "Trained",
    "When its detector last learned what is usual.",
    "anomaly_exporter_last_training_success_timestamp_seconds",
  ),
];

const course: PanelSource[] = [
  states("State over time", stateMeanings, [byEntity(state(chosenEntity)), "{{Entity}}"])
    .span(24)
    .height(3),
  scoreAgainstThreshold(chosenEntity),
  contributions(chosenEntity),
];

const featureUnits: [pattern: string, unit: string][] = [
  ["/bytes_per_second/", "Bps"],
  ["/bytes$/", "bytes"],
  ["/seconds$/", "s"],
  ["/ratio$/", "percentunit"],
];

function featurePanel(): PanelSource {
  const matchers = `${chosenEntity},feature=~"$feature"`;
  const panel = dashed(
    chart(
      "$feature",
      "What it is, and what was expected of this entity at this time.",
      [`anomaly_feature_value{${matchers}}`, "{{feature}}"],
      [`anomaly_feature_expected{${matchers}}`, "expected {{feature}}"],
    ),
    "/^expected/",
    colors.detected,
  )
    .repeat("feature")
    .repeatDirection("h")
    .maxPerRow(3)
    .span(8)
    .height(8);
  // The name is all that is known of a feature's unit.
  for (const [pattern, unit] of featureUnits) panel.overrideByRegexp(pattern, look.unit(unit));
  return panel;
}

const features: PanelSource[] = [
  featureTable(chosenEntity).span(12).height(9),
  chart(
    "Deviation from what was expected",
    "Value less expectation, as a share of the expectation, cut off at ten times; none while 0 is expected.",
    [`clamp(${deviation(chosenEntity)}, -10, 10)`, "{{feature}}"],
  )
    .unit("percentunit")
    .axisSoftMin(-1)
    .axisSoftMax(1)
    .fillOpacity(0)
    .height(9),
];

const around: PanelSource[] = [
  marked(
    chart(
      "Severity of others",
      "The ten worst entities of its detector within the shown time. 0 is the threshold of each; far below it is cut off.",
      [
        byEntity(
          `clamp_min(anomaly_severity_ratio{${chosenDetectors}}, -1) and topk(10, ` +
            `max_over_time(anomaly_severity_ratio{${chosenDetectors}}[$__range] @ end()) and on (detector) ` +
            `last_over_time(${self}[$__range] @ end()))`,
        ),
        "{{Entity}}",
      ],
    ),
    0,
    colors.active,
  )
    .unit("percentunit")
    .min(-1)
    .max(1)
    .fillOpacity(0)
    .span(14),
  rows("Alerts about it", "Alerts that fire now and carry the labels of this entity.", [
    { title: "Alert", label: "alertname" },
    { title: "Severity", label: "severity" },
    {
      title: "Since",
      look: look.unit("dateTimeFromNow"),
      expression:
        `max by (alertname, severity) (1000 * (ALERTS_FOR_STATE{${chosenEntity}} and ` +
        `ignoring (alertstate) ALERTS{${chosenEntity},alertstate="firing"}))`,
    },
  ])
    .noValue("None fires")
    .span(10)
    .height(8),
];

export const anomalyEntity: Dashboard = dashboard({
  uid: "anomaly-entity",
  title: "Entity",
  from: "now-3h",
  description: "All about one entity: state, score, reasons, features, and what else happens around it.",
  variables: [
    ...entityVariables,
    queryVariable("feature", "Feature", `label_values(anomaly_feature_value{${chosenEntity}}, feature)`)
      .description("Features of the chosen entity.")
      .multi(true)
      .includeAll(true),
  ],
  alerts: `ALERTS{${chosenEntity},alertstate="firing"}`,
  sections: [
    { panels: [...numbers.map((panel) => panel.span(3)), ...course] },
    { title: "Features", panels: features },
    { title: "Each feature beside its expectation", panels: [featurePanel()] },
    { title: "Around it", panels: around },
  ],
});
