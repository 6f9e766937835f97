{{/* What the schema cannot say: values that contradict each other stop the render with a sentence. */}}
{{- define "p2pmsg.checks" -}}
{{- $v := .Values -}}
{{- $edge := $v.router.edge -}}
{{- $replicas := int $v.router.replicas -}}
{{- $hosts := len $edge.advertise.hosts -}}

{{- if and $v.nats.bundled.enabled $v.nats.external.existingSecret }}{{ fail "nats: either bundled.enabled or external.existingSecret, not both" }}{{ end }}
{{- if not (or $v.nats.bundled.enabled $v.nats.external.existingSecret) }}{{ fail "nats: without the bundled NATS, external.existingSecret must name a Secret with the URLs" }}{{ end }}
{{- if and $v.postgres.bundled.enabled $v.postgres.external.existingSecret }}{{ fail "postgres: either bundled.enabled or external.existingSecret, not both" }}{{ end }}
{{- if not (or $v.postgres.bundled.enabled $v.postgres.external.existingSecret) }}{{ fail "postgres: without the bundled Postgres, external.existingSecret must name a Secret with the URL" }}{{ end }}

{{- if not $v.secrets.generate }}
{{- if or $v.nats.bundled.enabled $v.postgres.bundled.enabled }}{{ fail "secrets.generate is off, and the bundled NATS and Postgres take generated passwords: use external ones, or turn it on" }}{{ end }}
{{- if not (and $v.secrets.cluster.existingSecret $v.secrets.receipt.existingSecret) }}{{ fail "secrets.generate is off: secrets.cluster.existingSecret and secrets.receipt.existingSecret must name Secrets" }}{{ end }}
{{- if $v.trialReceiver.enabled }}{{ fail "trialReceiver takes a generated key: turn secrets.generate on, or trialReceiver.enabled off and list your receivers" }}{{ end }}
{{- end }}

{{- if and $v.nats.bundled.enabled (gt (int $v.streams.replicas) (int $v.nats.bundled.replicas)) }}{{ fail (printf "streams.replicas is %d, and there are %d servers of the bundled NATS: a stream has no more replicas than there are servers" (int $v.streams.replicas) (int $v.nats.bundled.replicas)) }}{{ end }}

{{- range $key := list "router" "ingest" "store" "renderApi" }}
{{- $drain := (index $v $key).drain }}
{{- $needed := add (int $drain.preStopSeconds) (int $drain.seconds) 5 }}
{{- if lt (int $drain.gracePeriodSeconds) (int $needed) }}{{ fail (printf "%s.drain.gracePeriodSeconds is %d: preStopSeconds + seconds + 5 make %d, or the kubelet kills a drain that is in time" $key (int $drain.gracePeriodSeconds) (int $needed)) }}{{ end }}
{{- end }}

{{- $connections := mul (add (int $v.store.replicas) 1) (int $v.store.settings.poolSize) }}
{{- if gt (int (add $connections 5)) (int $v.postgres.maxConnections) }}{{ fail (printf "store: %d replicas and one that replaces another, with %d connections each, and 5 for others make %d: postgres.maxConnections is %d" (int $v.store.replicas) (int $v.store.settings.poolSize) (int (add $connections 5)) (int $v.postgres.maxConnections)) }}{{ end }}

{{- if and (eq $edge.mode "sharedService") (gt $hosts 1) }}{{ fail "router.edge.advertise.hosts: with sharedService all replicas are one node behind one address, so there is one host" }}{{ end }}
{{- if and (eq $edge.mode "sharedService") $v.router.settings.bootstrap }}{{ fail "router.settings.bootstrap: with sharedService the replicas are one node behind one address, which answers and originates nothing; joining the DHT needs perPodService or hostNetwork" }}{{ end }}
{{- if eq $edge.mode "perPodService" }}
{{- if not (or (eq $hosts 1) (eq $hosts $replicas)) }}{{ fail (printf "router.edge.advertise.hosts: perPodService needs one host for all replicas or one for each of the %d; there are %d" $replicas $hosts) }}{{ end }}
{{- if eq $edge.service.type "ClusterIP" }}{{ fail "router.edge.service.type: perPodService needs NodePort or LoadBalancer, or nobody outside can reach a replica of its own" }}{{ end }}
{{- $last := add (int $edge.service.nodePort) $replicas -1 }}
{{- if or (lt (int $edge.service.nodePort) 30000) (gt (int $last) 32767) }}{{ fail (printf "router.edge.service.nodePort: perPodService gives the replicas the ports from it on, and %d to %d are not all within 30000 to 32767" (int $edge.service.nodePort) (int $last)) }}{{ end }}
{{- if ne (int $edge.advertise.port) 0 }}{{ fail "router.edge.advertise.port: with perPodService each replica's port is its node port; leave it 0" }}{{ end }}
{{- end }}
{{- if eq $edge.mode "hostNetwork" }}
{{- if and (ne $hosts 0) (ne $hosts $replicas) }}{{ fail (printf "router.edge.advertise.hosts: hostNetwork takes none (each node's own address) or one for each of the %d replicas; there are %d" $replicas $hosts) }}{{ end }}
{{- if not (or $v.router.namespace $edge.hostNetwork.inReleaseNamespace) }}{{ fail "router.edge.mode hostNetwork needs a namespace that allows privileged pods: name one for the routers alone in router.namespace, or accept it for all with router.edge.hostNetwork.inReleaseNamespace" }}{{ end }}
{{- if and $v.networkPolicy.enabled $v.nats.bundled.enabled (not $edge.hostNetwork.nodeCidrs) }}{{ fail "router.edge.hostNetwork.nodeCidrs: with hostNetwork the routers come from their nodes' addresses, and the bundled NATS lets in only networks that are named" }}{{ end }}
{{- end }}
{{- if and $edge.gateway.enabled (ne $edge.mode "sharedService") }}{{ fail "router.edge.gateway: a UDPRoute leads to one Service: it needs the mode sharedService" }}{{ end }}
{{- if and $edge.gateway.enabled (not $edge.gateway.parentRefs) }}{{ fail "router.edge.gateway.parentRefs: a UDPRoute belongs to a Gateway; name it" }}{{ end }}
{{- if and $v.router.namespace (ne $v.router.namespace .Release.Namespace) }}
{{- if or $v.nats.bundled.enabled (not $v.secrets.cluster.existingSecret) }}{{ fail "router.namespace: Secrets are not shared between namespaces, so it needs nats.external.existingSecret and secrets.cluster.existingSecret, each in both namespaces" }}{{ end }}
{{- if or $v.ingress.enabled $v.httpRoute.enabled }}{{ fail "ingress and httpRoute lead to routers in the release's namespace: with router.namespace, messages are posted to the routers themselves" }}{{ end }}
{{- end }}

{{- if and $v.router.settings.legacyKey.existingSecret (not $v.router.settings.legacyReceiver) }}{{ fail "router.settings.legacyKey: it signs the messages of one receiver; name it in router.settings.legacyReceiver" }}{{ end }}

{{- $names := dict }}
{{- range $i, $receiver := $v.receivers }}
{{- if hasKey $names $receiver.name }}{{ fail (printf "receivers: two of them are called %s" $receiver.name) }}{{ end }}
{{- $_ := set $names $receiver.name true }}
{{- if eq (hasKey $receiver "record") (hasKey $receiver "keySecret") }}{{ fail (printf "receivers: %s needs either a record that was signed elsewhere or a keySecret to sign one" $receiver.name) }}{{ end }}
{{- if regexMatch "^[0-9a-fA-F]{64}$" (default "" $receiver.record) }}{{ fail (printf "receivers: the record of %s looks like a key in hex, and records are public: put the key into a Secret and name it in keySecret" $receiver.name) }}{{ end }}
{{- end }}
{{- $listed := add1 (len (include "p2pmsg.receivers" .)) }}
{{- if gt (int $listed) 1048576 }}{{ fail (printf "receivers: the list is %d bytes, and a ConfigMap of Kubernetes holds 1048576: shorten policies, or host the rest with `p2pmsg admin setup` and a P2PMSG_MANAGER of its own" (int $listed)) }}{{ end }}
{{- if and $v.ingress.enabled (not $v.ingress.host) }}{{ fail "ingress.host: an Ingress for every name would take what belongs to others; name yours" }}{{ end }}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}{{ fail "httpRoute.parentRefs: an HTTPRoute belongs to a Gateway; name it" }}{{ end }}
{{- end }}
