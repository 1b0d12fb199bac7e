// The dashboards as a Kubernetes ConfigMap, which Grafana's sidecar finds by its label.
const indent = (text: string) => text.replace(/^(?=.)/gm, "    ");

/// Returns the manifest. `files` maps file names to their text.
export function configMap(files: Map<string, string>): string {
  const data = [...files].map(([name, text]) => `  ${name}: |\n${indent(text)}`).join("");
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
