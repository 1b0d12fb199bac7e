// How the dashboard of the exporter asks for its own metrics.
import { Line } from "./panels";

export const chosen = 'job=~"$job",instance=~"$instance"';
export const chosenDetectors = `${chosen},detector=~"$detector"`;
export const own = (name: string, more = "") => `${name}{${chosen}${more}}`;
export const of = (name: string, more = "") => `${name}{${chosenDetectors}${more}}`;
export const each = (expression: string) => `max by (instance, detector) (${expression})`;
export const rate = (name: string) => `rate(${of(name)}[$__rate_interval])`;
export const perMinute = (labels: string, name: string) => `60 * sum by (${labels}) (${rate(name)})`;
export const age = (name: string) => `time() - ${of(name)}`;
export const byDetector = "{{detector}} {{instance}}";

/// Both ends of how long something takes.
export function quantiles(histogram: string, labels: string, legend: string): Line[] {
  return (
    [
      [0.5, "half within"],
      [0.99, "99 % within"],
    ] as const
  ).map(([quantile, text]) => [
    `histogram_quantile(${quantile}, sum by (le, ${labels}) (rate(${histogram}[$__rate_interval])))`,
    `${legend} ${text}`,
  ]);
}

export const lastScores = "anomaly_exporter_last_evaluation_success_timestamp_seconds";
export const lastTraining = "anomaly_exporter_last_training_success_timestamp_seconds";
export const interval = "anomaly_exporter_evaluation_interval_seconds";
export const retrain = "anomaly_exporter_training_interval_seconds";
