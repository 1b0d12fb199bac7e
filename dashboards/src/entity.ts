// What an entity is called and how one is chosen, whatever labels its detector tells entities apart by.
//
// Results carry `detector` and the labels of the entity, which PromQL cannot enumerate. So a hidden variable `labels`
// holds their names, read off the results themselves; detector and values joined are the label `Entity`, like
// `hosts: web-3` or `pods: shop, cart-1`, which tables, legends, links and the variable `entity` show. A second hidden
// variable, `selector`, is the chosen entity as label matchers, like `detector="hosts",instance="web-3"`.
import { queryVariable, Variable } from "./variables";

/// Matches results of the chosen detectors.
export const chosenDetectors = 'detector=~"$detector"';

/// Matches results of the chosen entity.
export const chosenEntity = "${selector:raw}";

/// Gives each series of `expression` the label `Entity`. Labels that its detector does not have leave no trace, as long as
/// they are in two places among those that it has.
export function named(expression: string): string {
  const joined = `label_join(${expression}, "Entity", ", ", "detector", \${labels:doublequote})`;
  const replace = (inner: string, value: string, pattern: string) =>
    `label_replace(${inner}, "Entity", "${value}", "Entity", "${pattern}")`;
  const withoutGap = (inner: string) => replace(inner, "$1, $2", "(.*?), (?:, )+(.*)");
  const withoutEnd = replace(joined, "$1", "(.*?)(?:, )*");
  return replace(withoutGap(withoutGap(withoutEnd)), "$1: $2", "(.*?), (.*)");
}

/// One series per entity, with no other label than `Entity`.
export function byEntity(expression: string): string {
  return `max by (Entity) (${named(expression)})`;
}

/// One series per entity and feature.
export function byEntityAndFeature(expression: string): string {
  return `max by (Entity, feature) (${named(expression)})`;
}

/// What an entity is, as numbers that `stateTexts` names.
export function state(matchers: string): string {
  return (
    `4 * (anomaly_entity_absent{${matchers}} == 1) or 3 * (anomaly_active{${matchers}} == 1) or ` +
    `2 * (anomaly_detected{${matchers}} == 1) or (anomaly_severity_ratio{${matchers}} > bool 0)`
  );
}

/// What the states mean, for descriptions.
export const stateMeanings =
  "Held back: over the threshold, but direction, a minimum deviation, the aftermath of an " +
  "incident or too short a history keeps it from being detected. Detected: over the threshold. Active: people are told. " +
  "Absent: it gives no data.";

/// The `count` entities that were the worst within the shown range, by severity; those that were absent come first, then
/// those that were active. The same ones at each step.
export function worstInRange(count: number): string {
  const most = (name: string) => `max_over_time(${name}{${chosenDetectors}}[$__range] @ end())`;
  return (
    `topk(${count}, 4 * (${most("anomaly_entity_absent")} == 1) or ` +
    `2 * ${most("anomaly_active")} + ${most("anomaly_severity_ratio")})`
  );
}

// Those of the last hour, to be ordered: active ones by severity, absent ones, others by severity.
const last = (name: string) => `last_over_time(${name}{${chosenDetectors}}[1h])`;
const known =
  `1 * (anomaly_entity_absent{${chosenDetectors}} == 1) or ` +
  `2 * ${last("anomaly_active")} + ${last("anomaly_severity_ratio")}`;

const detectorVariable = queryVariable("detector", "Detector", "label_values(anomaly_entities, detector)")
  .description("Detectors, as config.yaml names them.")
  .multi(true)
  .includeAll(true)
  .allValue(".+");

const labelsVariable = queryVariable(
  "labels",
  "Labels of entities",
  `query_result(topk by (detector) (1, last_over_time(anomaly_entity_absent{${chosenDetectors}}[1h])))`,
)
  .description("Names of the labels that tell entities apart.")
  .regex('/[{,](?!detector=)(\\w+)="/g')
  .multi(true)
  .includeAll(true)
  .hidden();

const entityVariable = queryVariable("entity", "Entity", `query_result(sort_desc(${named(`topk(1000, ${known})`)}))`)
  .description(
    "Active ones come first, then absent ones, then by severity. An entity whose label values hold quotes or " +
      "backslashes cannot be chosen.",
  )
  .regex('/Entity="(.*?)"[,}]/')
  .inOrder();

const selectorVariable = queryVariable(
  "selector",
  "Matchers of the entity",
  `query_result(${named(`(${known})`)} and on (Entity) label_replace(vector(1), "Entity", "$entity", "", ""))`,
)
  .description("The chosen entity as label matchers.")
  .regex('/Entity=".*?",(.*)\\} /')
  .hidden();

/// The variables that everything above needs, in the order in which they depend on each other.
export const entityVariables: Variable[] = [detectorVariable, labelsVariable, entityVariable, selectorVariable];
