// Tables of the newest values.
import * as common from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  DynamicConfigValue,
  ThresholdsConfigBuilder,
  ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import * as table from "@grafana/grafana-foundation-sdk/table";
import { instant, refId } from "./panels";
import { datasource } from "./variables";

/// One column of a table: a label (`label`) or the values of a query (`expression`), and how it looks.
export interface Column {
  title: string;
  label?: string;
  expression?: string;
  look?: DynamicConfigValue[];
}

/// How a column looks.
export const look = {
  unit: (unit: string, decimals?: number): DynamicConfigValue[] => [
    { id: "unit", value: unit },
    ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
  ],
  width: (pixels: number): DynamicConfigValue[] => [{ id: "custom.width", value: pixels }],
  // A bar in the cell. Grafana before 10 and later ones read different keys; later ones translate this one.
  bar: (color: string, max: number): DynamicConfigValue[] => [
    { id: "custom.displayMode", value: "basic" },
    { id: "min", value: 0 },
    { id: "max", value: max },
    { id: "color", value: { mode: "fixed", fixedColor: color } },
  ],
  mapped: (mappings: ValueMapping[]): DynamicConfigValue[] => [
    { id: "mappings", value: mappings },
    { id: "custom.displayMode", value: "color-background-solid" },
  ],
  colored: (thresholds: ThresholdsConfigBuilder): DynamicConfigValue[] => [
    { id: "thresholds", value: thresholds.build() },
    { id: "color", value: { mode: "thresholds" } },
    { id: "custom.displayMode", value: "color-text" },
  ],
  link: (link: DashboardLinkBuilder): DynamicConfigValue[] => {
    const { title, url } = link.build();
    return [{ id: "links", value: [{ title, url, targetBlank: false }] }];
  },
};

/// A table of the newest values: rows are label sets, columns as listed; sorted by the named columns.
export function rows(title: string, description: string, columns: Column[], ...sort: string[]): table.PanelBuilder {
  const queried = columns.filter((column) => column.expression !== undefined);
  const source = (column: Column) =>
    column.label ?? (queried.length === 1 ? "Value" : `Value #${refId(queried.indexOf(column))}`);
  const panel = new table.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .targets(queried.map((column, index) => instant(column.expression ?? "", index)))
    .unit("short")
    .showHeader(true)
    .filterable(true)
    .noValue("-")
    .sortBy(sort.map((name) => new common.TableSortByFieldStateBuilder().displayName(name).desc(true)))
    .transformations([
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true },
          indexByName: Object.fromEntries(columns.map((column, index) => [source(column), index])),
          renameByName: Object.fromEntries(
            columns.filter((column) => column.title !== source(column)).map((column) => [source(column), column.title]),
          ),
        },
      },
    ]);
  for (const column of columns) if (column.look) panel.overrideByName(column.title, column.look);
  return panel;
}
