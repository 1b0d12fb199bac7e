// The dashboards as a Kubernetes ConfigMap, which Grafana's sidecar finds by its label.
import { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/// Returns the manifest. Dashboards are one line each: `kubectl apply` keeps a copy of at most 256 KiB.
export function configMap(dashboards: Dashboard[]): string {
  const data = dashboards.map((each) => `  ${each.uid}.json: |\n    ${JSON.stringify(each)}\n`).join("");
  return `# Made by dashboards/src; kubectl apply -n NAMESPACE -f this file.
apiVersion: v1
kind: ConfigMap
metadata:
  name: anomaly-exporter-dashboards
  labels:
    grafana_dashboard: "1"
    app.kubernetes.io/name: anomaly-exporter
data:
${data}`;
}
