{{/* Names, labels, images: nothing here makes an object. */}}

{{- define "p2pmsg.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- end }}

{{- define "p2pmsg.name" -}}
{{- printf "%s-%s" (include "p2pmsg.fullname" .root) .part -}}
{{- end }}

{{/* What finds the pods of a part. It never changes in the life of a release. */}}
{{- define "p2pmsg.selector" -}}
app.kubernetes.io/name: p2pmsg
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "p2pmsg.labels" -}}
{{ include "p2pmsg.selector" . }}
app.kubernetes.io/part-of: p2pmsg
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The values of a service: `render-api` is `renderApi` there. */}}
{{- define "p2pmsg.valuesKey" -}}
{{- ternary "renderApi" . (eq . "render-api") -}}
{{- end }}

{{/* An image of ours. A digest wins over a tag. */}}
{{- define "p2pmsg.image" -}}
{{- $all := .root.Values.image -}}
{{- $own := (index .root.Values (include "p2pmsg.valuesKey" .part)).image -}}
{{- $repository := printf "%s%s" $all.prefix .part -}}
{{- with $all.registry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}{{ end -}}
{{- include "p2pmsg.reference" (dict "repository" (default $repository $own.repository) "digest" $own.digest "tag" (coalesce $own.tag $all.tag .root.Chart.AppVersion)) -}}
{{- end }}

{{- define "p2pmsg.reference" -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag }}{{ end -}}
{{- end }}

{{- define "p2pmsg.namespace" -}}
{{- if eq .part "router" }}{{ default .root.Release.Namespace .root.Values.router.namespace }}{{ else }}{{ .root.Release.Namespace }}{{ end -}}
{{- end }}

{{- define "p2pmsg.serviceAccount" -}}
{{- $own := (index .root.Values (include "p2pmsg.valuesKey" .part)).serviceAccount -}}
{{- if $own.create }}{{ default (include "p2pmsg.name" .) $own.name }}{{ else }}{{ default "default" $own.name }}{{ end -}}
{{- end }}

{{/* A Service's name as every namespace of the cluster can look it up. */}}
{{- define "p2pmsg.host" -}}
{{- printf "%s.%s.svc.%s" (include "p2pmsg.name" .) (include "p2pmsg.namespace" .) .root.Values.clusterDomain -}}
{{- end }}

{{/* Secrets: the given one, else the one that the Job makes. */}}
{{- define "p2pmsg.secret.nats" -}}
{{- if .Values.nats.bundled.enabled }}{{ include "p2pmsg.fullname" . }}-nats{{ else }}{{ .Values.nats.external.existingSecret }}{{ end -}}
{{- end }}
{{- define "p2pmsg.secret.postgres" -}}
{{- if .Values.postgres.bundled.enabled }}{{ include "p2pmsg.fullname" . }}-postgres{{ else }}{{ .Values.postgres.external.existingSecret }}{{ end -}}
{{- end }}
{{- define "p2pmsg.secret.cluster" -}}
{{- default (printf "%s-cluster" (include "p2pmsg.fullname" .)) .Values.secrets.cluster.existingSecret -}}
{{- end }}
{{- define "p2pmsg.secret.receipt" -}}
{{- default (printf "%s-receipt" (include "p2pmsg.fullname" .)) .Values.secrets.receipt.existingSecret -}}
{{- end }}
{{- define "p2pmsg.secret.receiver" -}}
{{- include "p2pmsg.fullname" . }}-receiver
{{- end }}

{{/* What the secrets' Job makes, separated by commas; empty = there is no Job. */}}
{{- define "p2pmsg.secretKinds" -}}
{{- $kinds := list -}}
{{- if .Values.secrets.generate -}}
{{- if .Values.nats.bundled.enabled }}{{ $kinds = append $kinds "nats" }}{{ end -}}
{{- if .Values.postgres.bundled.enabled }}{{ $kinds = append $kinds "postgres" }}{{ end -}}
{{- if not .Values.secrets.cluster.existingSecret }}{{ $kinds = append $kinds "cluster" }}{{ end -}}
{{- if not .Values.secrets.receipt.existingSecret }}{{ $kinds = append $kinds "receipt" }}{{ end -}}
{{- if .Values.trialReceiver.enabled }}{{ $kinds = append $kinds "receiver" }}{{ end -}}
{{- end -}}
{{- join "," $kinds -}}
{{- end }}

{{/* Where messages are taken, host:port, one for each address that the values name. */}}
{{- define "p2pmsg.endpoints" -}}
{{- $edge := .Values.router.edge -}}
{{- $perPod := eq $edge.mode "perPodService" -}}
{{- $hosts := $edge.advertise.hosts -}}
{{- if not $hosts }}{{ $hosts = list (include "p2pmsg.host" (dict "root" . "part" "router")) }}{{ end -}}
{{- $endpoints := list -}}
{{- range $i := until (ternary (int .Values.router.replicas) (len $hosts) $perPod) -}}
{{- $host := index $hosts (ternary 0 $i (eq (len $hosts) 1)) -}}
{{- if contains ":" $host }}{{ $host = printf "[%s]" $host }}{{ end -}}
{{- $port := default (int $edge.port) (int $edge.advertise.port) -}}
{{- if $perPod }}{{ $port = add (int $edge.service.nodePort) $i }}{{ end -}}
{{- $endpoints = append $endpoints (printf "%s:%d" $host (int $port)) -}}
{{- end -}}
{{- join "," $endpoints -}}
{{- end }}

{{- define "p2pmsg.feedUrl" -}}
{{- default (printf "http://%s:8080" (include "p2pmsg.host" (dict "root" . "part" "render-api"))) .Values.renderApi.settings.publicUrl -}}
{{- end }}
{{- define "p2pmsg.postUrl" -}}
{{- if .Values.renderApi.settings.publicUrl }}{{ .Values.renderApi.settings.publicUrl }}/v1/messages
{{- else }}http://{{ include "p2pmsg.name" (dict "root" . "part" "router-http") }}.{{ include "p2pmsg.namespace" (dict "root" . "part" "router") }}.svc.{{ .Values.clusterDomain }}:8081/v1/messages
{{- end -}}
{{- end }}
