// From panels to a finished dashboard: places, ids, and what all dashboards share.
import {
  AnnotationQueryBuilder,
  Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  Panel,
  RowBuilder,
  RowPanel,
  VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelSource } from "./panels";
import { datasource, datasourceVariable, Variable } from "./variables";

/// A heading and what stands below it, from left to right and line by line.
export interface Section {
  title?: string;
  panels: PanelSource[];
}

export interface Plan {
  uid: string;
  title: string;
  description: string;
  from: string;
  variables: Variable[];
  /// Selects the ALERTS that are drawn as annotations.
  alerts: string;
  sections: Section[];
}

// Older than what is written today: Grafana 9 loads it as it is, later versions carry it on.
const schemaVersion = 36;
const columns = 24;

// Takes panels in reading order; a line is as high as its highest panel.
class Grid {
  private x = 0;
  private y = 0;
  private height = 0;
  private id = 0;

  place(panel: Panel | RowPanel, width: number, height: number): void {
    if (this.x + width > columns) this.newLine();
    panel.id = ++this.id;
    panel.gridPos = { x: this.x, y: this.y, w: width, h: height };
    this.x += width;
    this.height = Math.max(this.height, height);
  }

  newLine(): void {
    this.y += this.height;
    this.x = this.height = 0;
  }
}

function placed(sections: Section[]): (Panel | RowPanel)[] {
  const grid = new Grid();
  return sections.flatMap(({ title, panels }) => {
    grid.newLine();
    const heading = title === undefined ? [] : [new RowBuilder(title).build()];
    for (const row of heading) grid.place(row, columns, 1);
    const built = panels.map((source) => source.build());
    // A preset of the SDK that tables no longer have.
    for (const { options } of built) delete options?.footer;
    for (const panel of built) grid.place(panel, panel.gridPos?.w ?? columns, panel.gridPos?.h ?? 8);
    return [...heading, ...built];
  });
}

function alertAnnotation(expression: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Alerts")
    .datasource(datasource)
    .enable(true)
    .iconColor("#e0502f")
    .expr(expression)
    .step("60s")
    .titleFormat("{{alertname}}")
    .textFormat("{{Entity}} {{severity}}");
}

// Leaves out what the SDK presets for variables of type interval.
function tidied({ auto, auto_min, auto_count, ...variable }: VariableModel): VariableModel {
  return variable;
}

/// Builds a dashboard. Links at its top lead to the others of the exporter, with the same variables and time.
export function dashboard(plan: Plan): Dashboard {
  const built = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags(["anomaly-exporter"])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh("1m")
    .timezone("browser")
    .time({ from: plan.from, to: "now" })
    .id(null)
    .version(1)
    .variables([datasourceVariable, ...plan.variables])
    .annotation(alertAnnotation(plan.alerts))
    .link(
      new DashboardLinkBuilder("Anomaly exporter")
        .type(DashboardLinkType.Dashboards)
        .tags(["anomaly-exporter"])
        .icon("external link")
        .tooltip("The other dashboards, with the same time and detectors")
        .includeVars(true)
        .keepTime(true),
    )
    .build();
  return {
    ...built,
    schemaVersion,
    templating: { list: built.templating.list?.map(tidied) },
    panels: placed(plan.sections),
  };
}
