// Panels on one entity, which both the overview and its own dashboard show.
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeSeries from "@grafana/grafana-foundation-sdk/timeseries";
import { chart, colors, dashed, stacked } from "./panels";
import { look, rows } from "./tables";

/// Score and threshold over time. `matchers` select the entity, here as below.
export function scoreAgainstThreshold(matchers: string): timeSeries.PanelBuilder {
  return dashed(
    chart(
      "Score against threshold",
      "From 0 to 1, higher is more anomalous. Over its threshold the entity is detected, if the reasons are allowed to alert.",
      [`anomaly_score{${matchers}}`, "score"],
      [`anomaly_score_threshold{${matchers}}`, "threshold"],
    ),
    "threshold",
    colors.active,
  )
    .unit("none")
    .decimals(2)
    .max(1);
}

/// What drives the score over time.
export function contributions(matchers: string): timeSeries.PanelBuilder {
  return stacked(
    chart(
      "What drives the score",
      "Share of each feature in the anomaly while the entity is detected or active; the five largest.",
      [`anomaly_feature_contribution{${matchers}}`, "{{feature}}"],
    ),
  )
    .unit("percentunit")
    .max(1);
}

/// How far a feature is off its expectation, as a share of the expectation.
export function deviation(matchers: string): string {
  return (
    `(anomaly_feature_value{${matchers}} - anomaly_feature_expected{${matchers}}) / ` +
    `abs(anomaly_feature_expected{${matchers}} != 0)`
  );
}

/// What its features are now.
export function featureTable(matchers: string): table.PanelBuilder {
  const feature = (expression: string) => `max by (feature) (${expression})`;
  return rows(
    "Features now",
    "Newest value of each feature, what was expected of this entity at this time, and its share in the anomaly while " +
      "there is one. Beyond `limits.feature_series` only active entities show theirs.",
    [
      { title: "Feature", label: "feature" },
      { title: "Value", look: look.unit("sishort"), expression: feature(`anomaly_feature_value{${matchers}}`) },
      { title: "Expected", look: look.unit("sishort"), expression: feature(`anomaly_feature_expected{${matchers}}`) },
      { title: "Deviation", look: look.unit("percentunit", 0), expression: feature(deviation(matchers)) },
      {
        title: "Contribution",
        look: [...look.unit("percentunit", 0), ...look.bar(colors.plain, 1)],
        expression: feature(`anomaly_feature_contribution{${matchers}}`),
      },
    ],
    "Contribution",
  ).height(8);
}
