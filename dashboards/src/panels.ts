// Panels in the style of all dashboards, and the queries and columns in them.
import * as common from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  Panel,
  SpecialValueMatch,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as stateTimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as timeSeries from "@grafana/grafana-foundation-sdk/timeseries";
import { datasource } from "./variables";

/// Anything that gives a panel.
export interface PanelSource {
  build(): Panel;
}

export const colors = {
  quiet: "#3d7a50",
  held: "#8a8f4a",
  good: "green",
  detected: "#e0b400",
  active: "#e0502f",
  absent: "#8f5cc2",
  plain: "#5a87c5",
};

/// One line of a chart: an expression and how its series are called.
export type Line = [expression: string, legend: string];

function ranged([expression, legend]: Line, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId(index))
    .datasource(datasource)
    .expr(expression)
    .legendFormat(legend)
    .format(PromQueryFormat.TimeSeries)
    .range();
}

/// A query for the newest values.
export function instant(expression: string, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId(index))
    .datasource(datasource)
    .expr(expression)
    .format(PromQueryFormat.Table)
    .instant();
}

export function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/// Colours from values up: the first colour holds below the first step.
export function steps(base: string, ...rest: [value: number, color: string][]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: base }, ...rest.map(([value, color]) => ({ value, color }))]);
}

/// Texts and colours for numbers.
export function texts(...all: [value: number, text: string, color: string][]): ValueMapping[] {
  const options = Object.fromEntries(all.map(([value, text, color], index) => [String(value), { text, color, index }]));
  return [{ type: MappingType.ValueToText, options }];
}

export const stateTexts = texts(
  [0, "quiet", colors.quiet],
  [1, "held back", colors.held],
  [2, "detected", colors.detected],
  [3, "active", colors.active],
  [4, "absent", colors.absent],
);

/// What a stat shows without a value.
export function withoutValue(text: string): ValueMapping {
  return { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.Null, result: { text, index: 9 } } };
}

/// A link within Grafana that keeps data source and time.
export function linkTo(title: string, path: string, ...variables: string[]): DashboardLinkBuilder {
  const query = ["${datasource:queryparam}", "${__url_time_range}", ...variables].join("&");
  return new DashboardLinkBuilder(title).url(`/d/${path}?${query}`);
}

/// One big number, with its colour.
export function number(title: string, description: string, expression: string): stat.PanelBuilder {
  return new stat.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .targets([instant(expression, 0).format(PromQueryFormat.TimeSeries)])
    .unit("short")
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.None)
    .justifyMode(common.BigValueJustifyMode.Auto)
    .textMode(common.BigValueTextMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(steps(colors.plain))
    .span(4)
    .height(4);
}

/// Lines over time; the legend lists their last value and their maximum.
export function chart(title: string, description: string, ...lines: Line[]): timeSeries.PanelBuilder {
  return new timeSeries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .targets(lines.map(ranged))
    .unit("short")
    .axisSoftMin(0)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(["lastNotNull", "max"]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .span(12)
    .height(8);
}

/// Makes bars that add up.
export function stacked(panel: timeSeries.PanelBuilder): timeSeries.PanelBuilder {
  return panel
    .drawStyle(common.GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(80)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
}

/// Draws the series of such names as dashed lines without a fill, in one colour if given.
export function dashed(panel: timeSeries.PanelBuilder, pattern: string, color?: string): timeSeries.PanelBuilder {
  return panel.overrideByRegexp(pattern, [
    { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
    { id: "custom.fillOpacity", value: 0 },
    ...(color === undefined ? [] : [{ id: "color", value: { mode: "fixed", fixedColor: color } }]),
  ]);
}

/// Draws thresholds as lines, and what lies above them as an area.
export function marked(panel: timeSeries.PanelBuilder, value: number, color: string): timeSeries.PanelBuilder {
  return panel
    .thresholds(steps("transparent", [value, color]))
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
}

/// One coloured band for each series, by what `stateTexts` says.
export function states(title: string, description: string, line: Line): stateTimeline.PanelBuilder {
  return new stateTimeline.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .targets([ranged(line, 0)])
    .mappings(stateTexts)
    .mergeValues(true)
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(90)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(steps(colors.quiet))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    );
}
