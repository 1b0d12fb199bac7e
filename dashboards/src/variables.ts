// Variables of all dashboards.
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";

/// What dashboards and panels are given as their data source.
export const datasource = { type: "prometheus", uid: "${datasource}" };

export class Variable extends QueryVariableBuilder {
  /// Keeps it out of sight and out of links: it follows from the others.
  hidden(): this {
    this.internal.skipUrlSync = true;
    return this.hide(VariableHide.HideVariable);
  }

  /// Shows the values in the order of the answer.
  inOrder(): this {
    return this.sort(VariableSort.Disabled);
  }

  includeAll(includeAll: boolean): this {
    return super.includeAll(includeAll).current({ selected: true, text: ["All"], value: ["$__all"] });
  }
}

/// A variable that Prometheus fills, again whenever the time range changes.
export function queryVariable(name: string, label: string, query: string): Variable {
  return new Variable(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: `Variable-${name}` })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

export const datasourceVariable = new DatasourceVariableBuilder("datasource")
  .label("Data source")
  .description("The Prometheus that scrapes the anomaly exporter.")
  .type("prometheus");
