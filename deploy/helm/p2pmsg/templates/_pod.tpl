{{/* What every pod of ours has in common. All of it passes the restricted Pod Security profile. */}}

{{- define "p2pmsg.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .uid }}
runAsGroup: {{ .uid }}
fsGroup: {{ .uid }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "p2pmsg.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "p2pmsg.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* A variable whose value stands in a file of /secrets. */}}
{{- define "p2pmsg.fileVariable" -}}
- name: {{ .name }}_FILE
  value: /secrets/{{ .file }}
{{- end }}

{{/* One key of a Secret as a file of /secrets. */}}
{{- define "p2pmsg.secretSource" -}}
- secret:
    name: {{ .secret }}
    items:
      - key: {{ .key }}
        path: {{ .file }}
{{- end }}

{{/* Settings that all four services have. */}}
{{- define "p2pmsg.commonEnv" -}}
{{- $own := index .root.Values (include "p2pmsg.valuesKey" .part) -}}
- name: P2PMSG_LOG_LEVEL
  value: {{ .root.Values.logLevel | quote }}
- name: P2PMSG_METRICS_HOST
  value: {{ .root.Values.listenHost | quote }}
- name: P2PMSG_METRICS_PORT
  value: "9464"
- name: P2PMSG_DRAIN_SECONDS
  value: {{ $own.drain.seconds | quote }}
{{- with .root.Values.tracing }}{{ if .endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .ratio | quote }}
- name: OTEL_SERVICE_NAME
  value: p2pmsg-{{ $.part }}
{{- end }}{{ end }}
{{ include "p2pmsg.fileVariable" (dict "name" "NATS_URL" "file" "nats-url") }}
{{- end }}

{{- define "p2pmsg.probe" -}}
httpGet:
  path: {{ .path }}
  port: metrics
periodSeconds: {{ .probe.periodSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
timeoutSeconds: 5
{{- end }}

{{/*
The pod template of a service. env, ports and sources are YAML that the service adds to the common ones.
*/}}
{{- define "p2pmsg.podTemplate" -}}
{{- $root := .root -}}
{{- $own := index $root.Values (include "p2pmsg.valuesKey" .part) -}}
metadata:
  labels:
    {{- include "p2pmsg.labels" . | nindent 4 }}
    {{- with $own.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9464"
    prometheus.io/path: /metrics
    {{- with $own.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "p2pmsg.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- include "p2pmsg.pullSecrets" $root | nindent 2 }}
  securityContext:
    {{- include "p2pmsg.podSecurity" (dict "uid" 65532) | nindent 4 }}
  {{- if .hostNetwork }}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  terminationGracePeriodSeconds: {{ $own.drain.gracePeriodSeconds }}
  {{- with $own.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $own.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $own.spread.enabled }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: {{ $own.spread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "p2pmsg.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ include "p2pmsg.image" . }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      securityContext:
        {{- include "p2pmsg.containerSecurity" $root | nindent 8 }}
      env:
        {{- include "p2pmsg.commonEnv" . | nindent 8 }}
        {{- with .env }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $own.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: metrics
          containerPort: 9464
        {{- with .ports }}
        {{- . | nindent 8 }}
        {{- end }}
      startupProbe:
        {{- include "p2pmsg.probe" (dict "path" "/livez" "probe" $own.probes.startup) | nindent 8 }}
      livenessProbe:
        {{- include "p2pmsg.probe" (dict "path" "/livez" "probe" $own.probes.liveness) | nindent 8 }}
      readinessProbe:
        {{- include "p2pmsg.probe" (dict "path" "/readyz" "probe" $own.probes.readiness) | nindent 8 }}
      {{- if gt (int $own.drain.preStopSeconds) 0 }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ $own.drain.preStopSeconds }}
      {{- end }}
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      volumeMounts:
        - name: secrets
          mountPath: /secrets
          readOnly: true
        - name: tmp
          mountPath: /tmp
        {{- with $own.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- include "p2pmsg.secretSource" (dict "secret" (include "p2pmsg.secret.nats" $root) "key" (printf "%s-url" .part) "file" "nats-url") | nindent 10 }}
          {{- with .sources }}
          {{- . | nindent 10 }}
          {{- end }}
    {{- with $own.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* ServiceAccount and PodDisruptionBudget of a service. */}}
{{- define "p2pmsg.companions" -}}
{{- $own := index .root.Values (include "p2pmsg.valuesKey" .part) -}}
{{- if $own.serviceAccount.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "p2pmsg.serviceAccount" . }}
  namespace: {{ include "p2pmsg.namespace" . }}
  labels:
    {{- include "p2pmsg.labels" . | nindent 4 }}
  {{- with $own.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- if $own.pdb.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "p2pmsg.name" . }}
  namespace: {{ include "p2pmsg.namespace" . }}
  labels:
    {{- include "p2pmsg.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ $own.pdb.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "p2pmsg.selector" . | nindent 6 }}
{{- end }}
{{- end }}

{{/* The Deployment of a service that has no identity. */}}
{{- define "p2pmsg.deployment" -}}
{{- $own := index .root.Values (include "p2pmsg.valuesKey" .part) -}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "p2pmsg.name" . }}
  namespace: {{ include "p2pmsg.namespace" . }}
  labels:
    {{- include "p2pmsg.labels" . | nindent 4 }}
spec:
  replicas: {{ $own.replicas }}
  revisionHistoryLimit: 3
  minReadySeconds: {{ $own.minReadySeconds }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "p2pmsg.selector" . | nindent 6 }}
  template:
    {{- include "p2pmsg.podTemplate" . | nindent 4 }}
{{- end }}

{{/* Where a service learns whether NATS syncs each write; nothing where that is not known. */}}
{{- define "p2pmsg.natsMonitor.env" }}
{{- if .Values.nats.bundled.enabled }}
- name: P2PMSG_NATS_MONITOR_URL
  value: http://{{ include "p2pmsg.host" (dict "root" . "part" "nats") }}:8222
{{- else if .Values.nats.external.monitorUrl }}
- name: P2PMSG_NATS_MONITOR_URL
  value: {{ .Values.nats.external.monitorUrl | quote }}
{{- end }}
{{- end }}
