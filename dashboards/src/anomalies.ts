// Anomalies: what is anomalous now, and why. For people on call, so the most urgent comes first.
import { Dashboard, DashboardLinkBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import {
  byEntity,
  byEntityAndFeature,
  chosenDetectors,
  chosenEntity,
  entityVariables,
  named,
  state,
  stateMeanings,
  worstInRange,
} from "./entity";
import { contributions, featureTable, scoreAgainstThreshold } from "./one_entity";
import { dashboard } from "./layout";
import { chart, colors, linkTo, marked, number, PanelSource, stacked, states, stateTexts, steps } from "./panels";
import { look, rows } from "./tables";

const firing = 'ALERTS{alertname=~"Anomaly.*",alertstate="firing"}';

/// Gives alerts the label `Entity`: on results, of one entity or of a detector; alerts on the exporter's health have none.
function ofEntities(alerts: (names: string) => string): string {
  return (
    `${named(alerts('alertname=~"Anomaly.*",alertname!~"AnomalyExporter.*"'))} or ` +
    alerts('alertname=~"AnomalyExporter.*"')
  );
}
const entities = (name: string) => `${name}{${chosenDetectors}}`;

/// Opens the dashboard of the entity in the row.
const toEntity: DashboardLinkBuilder = linkTo(
  "All about this entity",
  "anomaly-entity",
  "var-entity=${__data.fields.Entity:percentencode}",
);
const toEntityOfSeries: DashboardLinkBuilder = linkTo(
  "All about this entity",
  "anomaly-entity",
  "var-entity=${__field.labels.Entity:percentencode}",
);
const toExporter: DashboardLinkBuilder = linkTo("Anomaly Exporter", "anomaly-exporter");

const sum = (name: string) => `sum(${entities(name)})`;

const numbers: PanelSource[] = [
  number(
    "Active",
    "Entities that people should know of now: from a new detection until it has calmed down.",
    sum("anomaly_entities_active"),
  ).thresholds(steps(colors.quiet, [1, colors.active])),
  number(
    "Absent",
    "Entities that should be there and give no data. They have no score.",
    sum("anomaly_entities_absent"),
  ).thresholds(steps(colors.quiet, [1, colors.absent])),
  number(
    "Share active",
    "Active entities of all that are watched. Many at once have a shared cause.",
    `${sum("anomaly_entities_active")} / ${sum("anomaly_entities")}`,
  )
    .unit("percentunit")
    .decimals(1)
    .thresholds(steps(colors.quiet, [0.1, colors.detected], [0.3, colors.active])),
  number(
    "Alerts firing",
    "Alerts of the exporter's rules, on results and on its own health.",
    `count(${firing}) or vector(0)`,
  ).thresholds(steps(colors.quiet, [1, colors.active])),
  number("Watched", "Entities of the chosen detectors that are scored.", sum("anomaly_entities")),
  number(
    "Detectors not ready",
    "Detectors that still warm up, or have no fresh scores: what they do not report means nothing.",
    `count(anomaly_exporter_detector_state{${chosenDetectors},state!="ready"} == 1) or vector(0)`,
  )
    .thresholds(steps(colors.quiet, [1, colors.detected]))
    .dataLinks([toExporter]),
];

// The worst active entities, and the features that account for at least a twentieth of what is odd about them.
const worstActive = `topk(20, ${entities("anomaly_severity_ratio")} and ${entities("anomaly_active")} == 1)`;
const reasons = `(${entities("anomaly_feature_contribution")} >= 0.05 and ignoring (feature) ${worstActive})`;

const why = rows(
  "Anomalous now, and why",
  "The twenty worst active entities with the features that drive their score: what they are, what was expected of this " +
    "entity at this time, and their share in the anomaly. Click an entity for all about it.",
  [
    { title: "Entity", label: "Entity", look: [...look.link(toEntity), ...look.width(320)] },
    {
      title: "Severity",
      look: [...look.unit("percentunit", 0), ...look.bar(colors.active, 1), ...look.width(220)],
      expression: byEntityAndFeature(
        `${entities("anomaly_severity_ratio")} * ignoring (feature) group_right () (${reasons} > bool 0)`,
      ),
    },
    { title: "Feature", label: "feature" },
    {
      title: "Value",
      look: look.unit("sishort"),
      expression: byEntityAndFeature(`${entities("anomaly_feature_value")} and ${reasons}`),
    },
    {
      title: "Expected",
      look: look.unit("sishort"),
      expression: byEntityAndFeature(`${entities("anomaly_feature_expected")} and ${reasons}`),
    },
    {
      title: "Contribution",
      look: [...look.unit("percentunit", 0), ...look.bar(colors.plain, 1), ...look.width(220)],
      expression: byEntityAndFeature(reasons),
    },
  ],
  "Severity",
  "Contribution",
)
  .noValue("Nothing is active")
  .span(24)
  .height(8);

const alerts = rows(
  "Alerts firing",
  "Alerts of the exporter's rules. What Alertmanager silences or inhibits is listed too.",
  [
    { title: "Alert", label: "alertname" },
    { title: "Severity", label: "severity", look: look.width(110) },
    { title: "Detector", label: "detector", look: look.width(150) },
    { title: "Entity", label: "Entity", look: look.link(toEntity) },
    {
      title: "Since",
      look: [...look.unit("dateTimeFromNow"), ...look.width(160)],
      expression:
        "max by (alertname, severity, detector, Entity) (" +
        ofEntities(
          (names) =>
            `1000 * (ALERTS_FOR_STATE{${names}} and ignoring (alertstate) ALERTS{${names},alertstate="firing"})`,
        ) +
        ")",
    },
  ],
  "Since",
)
  .noValue("None fires")
  .span(16)
  .height(7);

const absent = rows(
  "Absent now",
  "Entities that should be there and gave no data for as many answers as `absence.after` says.",
  [
    { title: "Entity", label: "Entity", look: look.link(toEntity) },
    {
      title: "State",
      look: [...look.mapped(stateTexts), ...look.width(90)],
      expression: byEntity(`4 * (${entities("anomaly_entity_absent")} == 1)`),
    },
  ],
)
  .noValue("All are there")
  .span(8)
  .height(7);

const timeline = states(
  "What the worst entities went through",
  `The twenty entities that were absent or the most anomalous within the shown time. ${stateMeanings}`,
  [byEntity(`(${state(chosenDetectors)}) and ${worstInRange(20)}`), "{{Entity}}"],
)
  .dataLinks([toEntityOfSeries])
  .span(24)
  .height(10);

const perDetector = (name: string) => `sum by (detector) (${entities(name)})`;
const history: PanelSource[] = [
  stacked(
    chart("Active entities", "How many entities of each detector are active.", [
      perDetector("anomaly_entities_active"),
      "{{detector}}",
    ]),
  ).span(8),
  stacked(
    chart("Absent entities", "How many entities of each detector should be there and give no data.", [
      perDetector("anomaly_entities_absent"),
      "{{detector}}",
    ]),
  ).span(8),
  marked(
    chart(
      "Share of entities that are active",
      "Of each detector. Above the line, at five entities or more, AnomalyWidespread fires: look for a shared cause.",
      [`${perDetector("anomaly_entities_active")} / ${perDetector("anomaly_entities")}`, "{{detector}}"],
    ),
    0.3,
    colors.active,
  )
    .unit("percentunit")
    .max(1)
    .span(8),
];

const top = `topk(50, ${entities("anomaly_severity_ratio")})`;
const ranked: PanelSource[] = [
  rows(
    "Ranked by severity",
    "The fifty entities with the highest severity now: how far the score is between threshold (0) and the highest " +
      `possible (1). Below 0 is usual. ${stateMeanings}`,
    [
      { title: "Entity", label: "Entity", look: [...look.link(toEntity), ...look.width(260)] },
      {
        title: "Severity",
        look: [...look.unit("percentunit", 0), ...look.bar(colors.active, 1)],
        expression: byEntity(top),
      },
      {
        title: "State",
        look: [...look.mapped(stateTexts), ...look.width(90)],
        expression: byEntity(`(${state(chosenDetectors)}) and ${top}`),
      },
      {
        title: "Score",
        look: [...look.unit("none", 3), ...look.width(80)],
        expression: byEntity(`${entities("anomaly_score")} and ${top}`),
      },
      {
        title: "Threshold",
        look: [...look.unit("none", 3), ...look.width(90)],
        expression: byEntity(`${entities("anomaly_score_threshold")} and ${top}`),
      },
    ],
    "Severity",
  )
    .span(12)
    .height(10),
  marked(
    chart(
      "Severity of the worst",
      "The ten entities with the highest severity within the shown time. 0 is the threshold of each; far below it is cut off.",
      [byEntity(`clamp_min(${entities("anomaly_severity_ratio")}, -1) and ${worstInRange(10)}`), "{{Entity}}"],
    ),
    0,
    colors.active,
  )
    .unit("percentunit")
    .min(-1)
    .max(1)
    .fillOpacity(0)
    .dataLinks([toEntityOfSeries])
    .height(10),
];

export const anomalies: Dashboard = dashboard({
  uid: "anomalies",
  title: "Anomalies",
  from: "now-3h",
  description: "What behaves unlike itself now, why, and what it went through.",
  variables: entityVariables,
  alerts: ofEntities((names) => `ALERTS{${names},alertstate="firing"}`),
  sections: [
    { panels: [...numbers, why, alerts, absent] },
    { title: "Course", panels: [timeline, ...history] },
    { title: "Ranking", panels: ranked },
    {
      title: "The chosen entity: $entity",
      panels: [
        scoreAgainstThreshold(chosenEntity),
        contributions(chosenEntity),
        featureTable(chosenEntity).span(24).height(7),
      ],
    },
  ],
});
