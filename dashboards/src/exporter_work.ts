// What detectors do: scoring, queries, training, and alerts beside their budget.
import { quantiles, of, rate, perMinute, age, byDetector, lastScores, lastTraining, retrain } from "./exporter_queries";
import { chart, colors, dashed, PanelSource, stacked } from "./panels";

export const scoring: PanelSource[] = [
  chart(
    "Age of the newest scores",
    "Rises while cycles fail. AnomalyExporterEvaluationStale fires at three intervals.",
    [age(lastScores), byDetector],
  )
    .unit("s")
    .span(8),
  dashed(
    chart(
      "How long a cycle takes",
      "Fetching, joining, scoring and publishing; it has to stay below the interval.",
      ...quantiles(of("anomaly_exporter_evaluation_duration_seconds_bucket"), "detector", "{{detector}}"),
    ),
    "/half/",
  )
    .unit("s")
    .span(8),
  stacked(
    chart(
      "Cycles that failed or were missed",
      "Failed by reason; missed: still waiting or running when the next was due.",
      [`${perMinute("detector, reason", "anomaly_exporter_evaluation_failures_total")} > 0`, "{{detector}} {{reason}}"],
      [perMinute("detector", "anomaly_exporter_evaluations_missed_total"), "{{detector}} missed"],
    ),
  )
    .unit("cpm")
    .span(8),
];

export const queries: PanelSource[] = [
  chart("Queries", "Sent to the data source.", [
    `sum by (detector) (${rate("anomaly_exporter_queries_total")})`,
    "{{detector}}",
  ])
    .unit("reqps")
    .span(6),
  stacked(
    chart("Failed queries", "By reason.", [
      `${perMinute("detector, reason", "anomaly_exporter_query_failures_total")} > 0 or ` +
        perMinute("detector", "anomaly_exporter_query_failures_total"),
      "{{detector}} {{reason}}",
    ]),
  )
    .unit("cpm")
    .span(6),
  dashed(
    chart(
      "How long a query takes",
      "From request to parsed answer.",
      ...quantiles(of("anomaly_exporter_query_duration_seconds_bucket"), "detector", "{{detector}}"),
    ),
    "/half/",
  )
    .unit("s")
    .span(6),
  chart(
    "Values read, warnings, partial answers",
    "What the answers held, a second.",
    [`sum by (detector) (${rate("anomaly_exporter_query_samples_total")})`, "{{detector}} values"],
    [`sum by (detector) (${rate("anomaly_exporter_query_warnings_total")})`, "{{detector}} warnings"],
    [`sum by (detector) (${rate("anomaly_exporter_partial_responses_total")})`, "{{detector}} partial"],
  )
    .unit("cps")
    .span(6),
];

export const training: PanelSource[] = [
  chart(
    "Age of models",
    "Since the last training that succeeded, in times of `retrain`. At 2 AnomalyExporterModelStale fires.",
    [`(${age(lastTraining)}) / ${of(retrain)}`, byDetector],
  )
    .unit("none")
    .decimals(2)
    .span(6),
  chart(
    "Trainings",
    "Done within an hour, and failed ones by reason.",
    [`sum by (detector) (increase(${of("anomaly_exporter_trainings_total")}[1h]))`, "{{detector}}"],
    [
      `sum by (detector, reason) (increase(${of("anomaly_exporter_training_failures_total")}[1h])) > 0`,
      "{{detector}} failed: {{reason}}",
    ],
  )
    .decimals(0)
    .span(6),
  chart("How long a training takes", "Mean since the exporter's start.", [
    `${of("anomaly_exporter_training_duration_seconds_sum")} / ${of("anomaly_exporter_training_duration_seconds_count")}`,
    byDetector,
  ])
    .unit("s")
    .span(6),
  chart(
    "State on disk",
    "Models loaded and saved within an hour, and what failed, by reason.",
    [`sum(increase(${of("anomaly_exporter_state_saves_total")}[1h]))`, "saved"],
    [`sum(increase(${of("anomaly_exporter_state_loads_total")}[1h]))`, "loaded"],
    [
      `sum by (reason) (increase(${of("anomaly_exporter_state_save_failures_total")}[1h])) > 0`,
      "not saved: {{reason}}",
    ],
    [
      `sum by (reason) (increase(${of("anomaly_exporter_state_load_failures_total")}[1h])) > 0`,
      "not loaded: {{reason}}",
    ],
  )
    .decimals(0)
    .span(6),
];

export const budget: PanelSource[] = [
  dashed(
    chart(
      "Alerts of an entity per day",
      "Realised over the last day, beside what `alert_budget` accepts.",
      [
        `sum by (detector) (increase(${of("anomaly_exporter_alerts_total")}[1d])) / sum by (detector) (${of("anomaly_entities")})`,
        "{{detector}}",
      ],
      [`max by (detector) (${of("anomaly_exporter_alert_budget_per_day")})`, "{{detector}} budget"],
    ),
    "/budget/",
    colors.active,
  )
    .unit("none")
    .decimals(2)
    .span(8),
  stacked(
    chart(
      "Detections held back",
      "Scores over the threshold that are not told: the deviation is to the allowed side (direction) or too small, or only " +
        "the past of an incident is odd (aftermath).",
      [perMinute("detector, reason", "anomaly_exporter_detections_suppressed_total"), "{{detector}} {{reason}}"],
    ),
  )
    .unit("cpm")
    .span(8),
  stacked(
    chart(
      "Left out",
      "Entities beyond a limit or not usable, by reason, and values outside of `range`.",
      [perMinute("detector, reason", "anomaly_exporter_series_dropped_total"), "{{detector}} {{reason}}"],
      [perMinute("detector", "anomaly_exporter_values_dropped_total"), "{{detector}} value out of range"],
    ),
  )
    .unit("cpm")
    .span(8),
];
