{{/*
A Job whose name holds the chart's version and a hash of what it does: a release that changes either runs it again, and GitOps tools
meet no Job that cannot be changed. Whatever it needs may come after it: it waits, and is tried again.
part, account, args, env, sources, token (mounts the account's token).
*/}}
{{- define "p2pmsg.job" -}}
{{- $root := .root -}}
{{- $spec := include "p2pmsg.jobTemplate" . -}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "p2pmsg.name" . }}-{{ $root.Chart.Version | replace "." "-" | replace "+" "-" | trunc 12 }}-{{ sha256sum $spec | trunc 8 }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "p2pmsg.labels" . | nindent 4 }}
spec:
  backoffLimit: 20
  activeDeadlineSeconds: {{ $root.Values.admin.deadlineSeconds }}
  ttlSecondsAfterFinished: {{ $root.Values.admin.ttlSeconds }}
  template:
    {{- $spec | nindent 4 }}
{{- end }}

{{- define "p2pmsg.jobTemplate" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "p2pmsg.selector" . | nindent 4 }}
    app.kubernetes.io/part-of: p2pmsg
spec:
  restartPolicy: OnFailure
  serviceAccountName: {{ .account }}
  automountServiceAccountToken: {{ default false .token }}
  enableServiceLinks: false
  {{- include "p2pmsg.pullSecrets" $root | nindent 2 }}
  securityContext:
    {{- include "p2pmsg.podSecurity" (dict "uid" 65532) | nindent 4 }}
  {{- with $root.Values.admin.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.admin.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ include "p2pmsg.image" (dict "root" $root "part" (default "admin" .image)) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{ toJson .args }}
      securityContext:
        {{- include "p2pmsg.containerSecurity" $root | nindent 8 }}
      {{- with .env }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      resources:
        {{- toYaml $root.Values.admin.resources | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if .sources }}
        - name: secrets
          mountPath: /secrets
          readOnly: true
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- with .sources }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- . | nindent 10 }}
    {{- end }}
{{- end }}

{{/* The account of the Jobs that speak to NATS and Postgres alone. */}}
{{- define "p2pmsg.adminAccount" -}}
{{ include "p2pmsg.fullname" . }}-admin
{{- end }}
