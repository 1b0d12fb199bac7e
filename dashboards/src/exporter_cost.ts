// What the exporter serves, and what it takes.
import { own, of, each } from "./exporter_queries";
import { chart, colors, marked, PanelSource } from "./panels";
import { look, rows } from "./tables";

export const serving: PanelSource[] = [
  chart("HTTP requests", "Answered, by route and status code.", [
    `sum by (handler, code) (rate(${own("anomaly_exporter_http_requests_total")}[$__rate_interval]))`,
    "{{handler}} {{code}}",
  ])
    .unit("reqps")
    .span(6),
  chart("How long a request takes", "99 % within, by route.", [
    `histogram_quantile(0.99, sum by (le, handler) (rate(${own("anomaly_exporter_http_request_duration_seconds_bucket")}` +
      "[$__rate_interval])))",
    "{{handler}}",
  ])
    .unit("s")
    .span(6),
  chart(
    "Predictions",
    "Requests to /prediction, by outcome, and vectors that they scored, by verdict.",
    [`sum by (outcome) (rate(${own("anomaly_exporter_prediction_requests_total")}[$__rate_interval]))`, "{{outcome}}"],
    [
      `sum by (verdict) (rate(${own("anomaly_exporter_prediction_rows_total")}[$__rate_interval]))`,
      "{{verdict}} vectors",
    ],
  )
    .unit("reqps")
    .span(6),
  chart(
    "How long a prediction takes, and its score",
    "99 % within, by model, and the mean score it answered.",
    [
      `histogram_quantile(0.99, sum by (le, model) (rate(${own("anomaly_exporter_prediction_duration_seconds_bucket")}` +
        "[$__rate_interval])))",
      "{{model}} takes",
    ],
    [
      `sum by (model) (rate(${own("anomaly_exporter_prediction_score_sum")}[$__rate_interval])) / ` +
        `sum by (model) (rate(${own("anomaly_exporter_prediction_score_count")}[$__rate_interval]))`,
      "{{model}} score",
    ],
  )
    .unit("s")
    .overrideByRegexp("/score$/", [...look.unit("none", 2), { id: "custom.axisPlacement", value: "right" }])
    .span(6),
];

export const resources: PanelSource[] = [
  chart("CPU", "Cores in use.", [`rate(${own("process_cpu_seconds_total")}[$__rate_interval])`, "{{instance}}"])
    .unit("none")
    .decimals(3)
    .span(6),
  chart("Memory", "Resident.", [own("process_resident_memory_bytes"), "{{instance}}"])
    .unit("bytes")
    .span(6),
  chart("Series", "On /metrics, as Prometheus counts them: results and the exporter's own.", [
    own("scrape_samples_scraped"),
    "{{instance}}",
  ]).span(6),
  marked(
    chart(
      "Limits used",
      "Entities of each detector, and all series, as shares of what the configuration allows.",
      [
        `${each(of("anomaly_entities"))} / on (instance) group_left () ${own("anomaly_exporter_entities_limit")}`,
        "{{detector}} {{instance}} entities",
      ],
      [
        `${own("scrape_samples_scraped")} / on (job, instance) ${own("anomaly_exporter_series_limit")}`,
        "{{instance}} series",
      ],
    ),
    1,
    colors.active,
  )
    .unit("percentunit")
    .span(6),
  chart(
    "Threads and open files",
    "Of the process.",
    [own("process_threads"), "{{instance}} threads"],
    [own("process_open_fds"), "{{instance}} files"],
  ).span(8),
  chart("How long a scrape takes", "As Prometheus sees it.", [own("scrape_duration_seconds"), "{{instance}}"])
    .unit("s")
    .span(8),
  rows("What runs", "Version and age of each exporter.", [
    { title: "Exporter", label: "instance" },
    { title: "Version", label: "version" },
    { title: "Revision", label: "revision" },
    {
      title: "Started",
      look: look.unit("dateTimeFromNow"),
      expression:
        `max by (instance, version, revision) (1000 * ${own("process_start_time_seconds")} * on (job, instance) ` +
        `group_right () ${own("anomaly_exporter_build_info")})`,
    },
  ])
    .span(8)
    .height(8),
];
