{{/* Name of the application: the label app.kubernetes.io/name. */}}
{{- define "anomaly-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of the release's objects. At most 52 characters: what is appended must fit into 63. */}}
{{- define "anomaly-exporter.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where the objects live. */}}
{{- define "anomaly-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "anomaly-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "anomaly-exporter.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* What finds the pod. It never changes over upgrades. */}}
{{- define "anomaly-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "anomaly-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "anomaly-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "anomaly-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: exporter
app.kubernetes.io/part-of: {{ include "anomaly-exporter.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* metadata of an object: (dict "root" $ "suffix" "-web" "namespace" "" "labels" map "annotations" map) */}}
{{- define "anomaly-exporter.metadata" -}}
name: {{ include "anomaly-exporter.fullname" .root }}{{ .suffix }}
namespace: {{ default (include "anomaly-exporter.namespace" .root) .namespace }}
labels:
  {{- include "anomaly-exporter.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A file of the chart as a map. They are links into the repository; `helm package` puts their content in place. */}}
{{- define "anomaly-exporter.file" -}}
{{- $content := .root.Files.Get .path }}
{{- if not (contains "\n" $content) }}
{{- fail (printf "the chart lacks the content of %s: install the packaged chart, or from a clone with symbolic links" .path) }}
{{- end }}
{{- $content }}
{{- end }}
