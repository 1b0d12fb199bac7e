// node main.js FOLDER: writes the dashboards into a folder, and there kubernetes/configmap.yaml with all of them.
import * as fs from "node:fs";
import * as path from "node:path";
import { anomalies } from "./anomalies";
import { anomalyEntity } from "./anomaly_entity";
import { anomalyExporter } from "./anomaly_exporter";
import { configMap } from "./config_map";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node main.js FOLDER");

const dashboards = [anomalies, anomalyEntity, anomalyExporter];
fs.mkdirSync(path.join(folder, "kubernetes"), { recursive: true });
for (const each of dashboards) {
  fs.writeFileSync(path.join(folder, `${each.uid}.json`), JSON.stringify(each, null, 2) + "\n");
}
fs.writeFileSync(path.join(folder, "kubernetes", "configmap.yaml"), configMap(dashboards));
