{{/* How the exporter is reached: prefix, scheme, and whether a probe without credentials gets an answer. */}}

{{/* Prefix of all paths, "" or like "/anomaly": web.routePrefix, else the path of web.externalUrl. */}}
{{- define "anomaly-exporter.prefix" -}}
{{- $path := .Values.web.routePrefix }}
{{- if not $path }}
{{- $path = get (urlParse .Values.web.externalUrl) "path" }}
{{- end }}
{{- with trimAll "/" $path }}/{{ . }}{{ end }}
{{- end }}

{{/* Content of the web configuration, which web.tls.secretName may complete; "" for none. */}}
{{- define "anomaly-exporter.webConfig" -}}
{{- $config := deepCopy .Values.web.config }}
{{- if and .Values.web.tls.secretName (not (hasKey $config "tls_server_config")) }}
{{- $_ := set $config "tls_server_config" (dict "cert_file" "tls/tls.crt" "key_file" "tls/tls.key") }}
{{- end }}
{{- if $config }}{{ toYaml $config }}{{ end }}
{{- end }}

{{/* Name of the Secret that holds the web configuration; "" for none. */}}
{{- define "anomaly-exporter.webSecret" -}}
{{- if .Values.web.existingSecret }}
{{- .Values.web.existingSecret }}
{{- else if include "anomaly-exporter.webConfig" . }}
{{- include "anomaly-exporter.fullname" . }}-web
{{- end }}
{{- end }}

{{/* HTTP or HTTPS. What an existing Secret holds is not seen here: web.tls.enabled tells. */}}
{{- define "anomaly-exporter.scheme" -}}
{{- $config := include "anomaly-exporter.webConfig" . | fromYaml }}
{{- if or .Values.web.tls.enabled (and (not .Values.web.existingSecret) $config.tls_server_config) }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{/* "true" when a request needs a password or a certificate, so that the kubelet's own probes would be refused. */}}
{{- define "anomaly-exporter.protected" -}}
{{- $config := include "anomaly-exporter.webConfig" . | fromYaml }}
{{- $client := dig "tls_server_config" "client_auth_type" "NoClientCert" $config }}
{{- if or .Values.web.existingSecret $config.basic_auth_users (ne $client "NoClientCert") }}true{{ end }}
{{- end }}

{{/* Flags of the container, one a line. */}}
{{- define "anomaly-exporter.args" -}}
- --config.file=/etc/anomaly_exporter/config.yaml
{{- if .Values.autoReload.enabled }}
- --config.auto-reload
- --config.auto-reload-interval={{ .Values.autoReload.interval }}
{{- end }}
- --web.listen-address=:{{ .Values.containerPort }}
{{- if include "anomaly-exporter.webSecret" . }}
- --web.config.file=/etc/anomaly_exporter/web.yml
{{- end }}
{{- with .Values.web.telemetryPath }}
- --web.telemetry-path={{ . }}
{{- end }}
{{- with .Values.web.externalUrl }}
- --web.external-url={{ . }}
{{- end }}
{{- with .Values.web.routePrefix }}
- --web.route-prefix={{ . }}
{{- end }}
{{- if not .Values.web.enableLifecycle }}
- --no-web.enable-lifecycle
{{- end }}
- --log.level={{ .Values.log.level }}
- --log.format={{ .Values.log.format }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A probe: (dict "root" $ "path" "/-/ready" "settings" map). Behind a password the exporter asks itself. */}}
{{- define "anomaly-exporter.probe" -}}
{{- if include "anomaly-exporter.protected" .root -}}
exec:
  command:
    - anomaly_exporter
    {{- include "anomaly-exporter.args" .root | nindent 4 }}
    - --healthcheck
{{- else -}}
httpGet:
  path: {{ include "anomaly-exporter.prefix" .root }}{{ .path }}
  port: http
  scheme: {{ include "anomaly-exporter.scheme" .root }}
{{- end }}
{{ toYaml .settings }}
{{- end }}
