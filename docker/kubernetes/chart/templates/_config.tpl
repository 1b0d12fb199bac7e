{{/* Content of config.yaml: the file as given, else the values under `config`. */}}
{{- define "anomaly-exporter.config" -}}
{{- if .Values.configFile }}
{{- .Values.configFile }}
{{- else }}
{{- toYaml .Values.config }}
{{- end }}
{{- end }}

{{/* Where the pod finds config.yaml, as a source of a projected volume. */}}
{{- define "anomaly-exporter.configSource" -}}
{{- $secret := .Values.existingConfig.secret -}}
- {{ ternary "secret" "configMap" (ne $secret "") }}:
    name: {{ coalesce $secret .Values.existingConfig.configMap (include "anomaly-exporter.fullname" .) }}
    {{- if or $secret .Values.existingConfig.configMap }}
    items:
      - key: {{ .Values.existingConfig.key }}
        path: config.yaml
    {{- end }}
{{- end }}

{{/* The image, by digest when there is one. */}}
{{- define "anomaly-exporter.image" -}}
{{- $repository := printf "%s/%s" .Values.image.registry .Values.image.repository | trimPrefix "/" }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest | quote }}
{{- else }}
{{- printf "%s:%s" $repository (default (printf "v%s" .Chart.AppVersion) .Values.image.tag) | quote }}
{{- end }}
{{- end }}
