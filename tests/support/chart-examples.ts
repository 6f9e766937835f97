// For each value of the chart: another one than the default, what must be switched on for it to count, and what then stands in the
// manifest and did not before.
import { merged, type Values, valuesAt } from './chart.ts'

export type Example = Readonly<{ value: unknown; also?: Values; shows: string | RegExp }>

const DIGEST = `sha256:${'a1'.repeat(32)}`
const EXTERNAL_NATS: Values = { nats: { bundled: { enabled: false }, external: { existingSecret: 'urls' } } }
const EXTERNAL_POSTGRES: Values = {
  postgres: { bundled: { enabled: false }, external: { existingSecret: 'database' } },
}
const GIVEN_SECRETS: Values = {
  secrets: { generate: false, cluster: { existingSecret: 'edge' }, receipt: { existingSecret: 'receipts' } },
  trialReceiver: { enabled: false },
}
const LOAD_BALANCER: Values = valuesAt('router.edge.service.type', 'LoadBalancer')
const INGRESS: Values = { ingress: { enabled: true, host: 'feeds.example.org' } }
const GATEWAY: Values = { router: { edge: { gateway: { enabled: true, parentRefs: [{ name: 'udp' }] } } } }
const LEGACY: Values = valuesAt('router.settings.legacyReceiver', 'ab'.repeat(32))
const LEGACY_KEY: Values = merged(LEGACY, valuesAt('router.settings.legacyKey.existingSecret', 'telex'))
const HTTP_ROUTE: Values = { httpRoute: { enabled: true, parentRefs: [{ name: 'web' }] } }
const HOST_NETWORK: Values = {
  router: { edge: { mode: 'hostNetwork', hostNetwork: { inReleaseNamespace: true, nodeCidrs: ['10.0.0.0/8'] } } },
}

const image = (name: string): Record<string, Example> => ({
  'image.repository': { value: 'elsewhere/it', shows: 'image: elsewhere/it:0.1.0' },
  'image.tag': { value: '9.9.9', shows: `${name}:9.9.9` },
  'image.digest': { value: DIGEST, shows: `${name}@${DIGEST}` },
})
const PLACES: Record<string, Example> = {
  nodeSelector: { value: { disk: 'fast' }, shows: 'disk: fast' },
  tolerations: { value: [{ key: 'dedicated', operator: 'Exists' }], shows: 'key: dedicated' },
}
const POD: Record<string, Example> = {
  podLabels: { value: { team: 'feeds' }, shows: 'team: feeds' },
  podAnnotations: { value: { note: 'here' }, shows: 'note: here' },
  resources: { value: { limits: { memory: '777Mi' } }, shows: 'memory: 777Mi' },
  ...PLACES,
}
const PERSISTENCE: Record<string, Example> = {
  'persistence.enabled': { value: false, shows: 'emptyDir: {}' },
  'persistence.size': { value: '77Gi', shows: 'storage: 77Gi' },
  'persistence.storageClass': { value: 'fast', shows: 'storageClassName: fast' },
}
/** The block that every service has. */
function service(part: string): Record<string, Example> {
  const probe = { periodSeconds: 17, failureThreshold: 19 }
  const probes = ['startup', 'liveness', 'readiness'].flatMap((kind) =>
    Object.entries(probe).map(
      ([key, value]) => [`probes.${kind}.${key}`, { value, shows: `${key}: ${value}` }] as const,
    ),
  )
  return {
    ...image(`p2pmsg/${part}`),
    ...POD,
    ...Object.fromEntries(probes),
    replicas: { value: 3, shows: 'replicas: 3\n  revisionHistoryLimit' },
    'pdb.enabled': { value: false, shows: '' },
    'pdb.maxUnavailable': { value: '30%', shows: 'maxUnavailable: 30%' },
    'spread.enabled': { value: false, shows: '' },
    'spread.whenUnsatisfiable': { value: 'DoNotSchedule', shows: 'whenUnsatisfiable: DoNotSchedule' },
    'drain.preStopSeconds': { value: 3, shows: 'sleep:\n                seconds: 3' },
    'drain.seconds': { value: 29, shows: 'value: "29"' },
    'drain.gracePeriodSeconds': { value: 333, shows: 'terminationGracePeriodSeconds: 333' },
    minReadySeconds: { value: 21, shows: 'minReadySeconds: 21' },
    'serviceAccount.create': { value: false, shows: 'serviceAccountName: default' },
    'serviceAccount.name': { value: 'another', shows: 'serviceAccountName: another' },
    'serviceAccount.annotations': { value: { role: 'one' }, shows: 'role: one' },
    extraEnv: { value: [{ name: 'P2PMSG_EXTRA', value: 'yes' }], shows: 'name: P2PMSG_EXTRA' },
    extraVolumes: { value: [{ name: 'more', emptyDir: {} }], shows: 'name: more' },
    extraVolumeMounts: { value: [{ name: 'more', mountPath: '/more' }], shows: 'mountPath: /more' },
    affinity: { value: { podAffinity: {} }, shows: 'podAffinity: {}' },
    priorityClassName: { value: 'high', shows: 'priorityClassName: high' },
  }
}

const under = (prefix: string, examples: Record<string, Example>): Record<string, Example> =>
  Object.fromEntries(Object.entries(examples).map(([path, example]) => [`${prefix}.${path}`, example]))
const needing = (also: Values, examples: Record<string, Example>): Record<string, Example> =>
  Object.fromEntries(
    Object.entries(examples).map(([path, example]) => [path, { ...example, also: merged(also, example.also ?? {}) }]),
  )

export const EXAMPLES: Readonly<Record<string, Example>> = {
  nameOverride: { value: 'mail', shows: 'name: demo-mail-router' },
  fullnameOverride: { value: 'mail', shows: 'name: mail-router' },
  clusterDomain: { value: 'cell.example', shows: 'demo-p2pmsg-router.place.svc.cell.example:42424' },
  commonLabels: { value: { team: 'feeds' }, shows: 'team: feeds' },
  'image.registry': { value: 'registry.example.org', shows: 'registry.example.org/p2pmsg/router:' },
  'image.prefix': { value: 'feeds-', shows: 'image: feeds-router:' },
  'image.tag': { value: '9.9.9', shows: 'p2pmsg/router:9.9.9' },
  'image.pullPolicy': { value: 'Always', shows: 'imagePullPolicy: Always' },
  'image.pullSecrets': { value: ['registry'], shows: 'imagePullSecrets:' },
  logLevel: { value: 'debug', shows: 'value: "debug"' },
  listenHost: { value: '0.0.0.0', shows: 'value: "0.0.0.0"' },
  maxAgeSeconds: { value: 3600, shows: 'value: "3600"' },
  'tracing.endpoint': { value: 'http://collector:4318', shows: 'value: "http://collector:4318"' },
  'tracing.ratio': { value: 0.5, also: valuesAt('tracing.endpoint', 'http://collector:4318'), shows: 'value: "0.5"' },
  'secrets.generate': {
    value: false,
    also: merged(merged(EXTERNAL_NATS, EXTERNAL_POSTGRES), GIVEN_SECRETS),
    shows: '',
  },
  'secrets.cluster.existingSecret': { value: 'edge', shows: 'name: edge' },
  'secrets.cluster.key': { value: 'words', shows: 'key: words' },
  'secrets.receipt.existingSecret': { value: 'receipts', shows: 'name: receipts' },
  'secrets.receipt.key': { value: 'seed', shows: 'key: seed' },
  'streams.partitions': { value: 8, shows: 'value: "8"\n            - name: P2PMSG_STREAM_REPLICAS' },
  'streams.replicas': { value: 1, shows: 'name: P2PMSG_STREAM_REPLICAS\n              value: "1"' },
  'streams.edgeBytes': { value: 7_777_777_777, shows: 'value: "7777777777"' },
  'streams.messagesBytes': { value: 7_777_777_777, shows: 'value: "7777777777"' },
  'streams.refusedBytes': { value: 7_777_777_777, shows: 'value: "7777777777"' },
  receivers: { value: [{ name: 'news', keySecret: { name: 'news-key', key: 'seed' } }], shows: 'path: receiver-0' },
  'trialReceiver.enabled': { value: false, shows: 'receivers.json: |\n    []' },

  ...under('router', service('router')),
  ...under('ingest', service('ingest')),
  ...under('store', service('store')),
  ...under('renderApi', service('render-api')),
  'router.namespace': {
    value: 'edge',
    also: merged(EXTERNAL_NATS, valuesAt('secrets.cluster.existingSecret', 'edge')),
    shows: 'namespace: edge',
  },
  'router.settings.provedRate': { value: 77, shows: 'value: "77"' },
  'router.settings.unprovedRate': { value: 77, shows: 'value: "77"' },
  'router.settings.trustedProxies': { value: ['10.0.0.0/8', '::1'], shows: 'value: "10.0.0.0/8,::1"' },
  'router.settings.legacyReceiver': { value: 'ab'.repeat(32), shows: 'ab'.repeat(32) },
  'router.settings.legacyRate': { value: 77, shows: 'value: "77"' },
  'router.settings.legacyDials': { value: 0, shows: 'value: "0"' },
  'router.settings.legacyKey.existingSecret': { value: 'telex', also: LEGACY, shows: 'name: telex' },
  'router.settings.legacyKey.key': { value: 'rsa', also: LEGACY_KEY, shows: 'key: rsa' },
  'router.settings.bootstrap': {
    value: ['router.example.org:6881', '[2001:db8::2]:6881'],
    also: HOST_NETWORK,
    shows: 'value: "router.example.org:6881,[2001:db8::2]:6881"',
  },
  'router.edge.mode': { value: 'hostNetwork', also: HOST_NETWORK, shows: 'hostNetwork: true' },
  'router.edge.port': { value: 5_555, shows: 'containerPort: 5555' },
  'router.edge.advertise.hosts': { value: ['2001:db8::1'], shows: 'value: "[2001:db8::1]:42424"' },
  'router.edge.advertise.port': { value: 4_444, shows: '.svc.cluster.local:4444' },
  'router.edge.service.type': { value: 'LoadBalancer', shows: 'type: LoadBalancer' },
  'router.edge.service.nodePort': { value: 31_000, shows: 'nodePort: 31000' },
  'router.edge.service.externalTrafficPolicy': { value: 'Cluster', shows: 'externalTrafficPolicy: Cluster' },
  'router.edge.service.loadBalancerClass': { value: 'example.org/udp', also: LOAD_BALANCER, shows: 'example.org/udp' },
  'router.edge.service.sourceRanges': { value: ['192.0.2.0/24'], also: LOAD_BALANCER, shows: '- 192.0.2.0/24' },
  'router.edge.service.annotations': { value: { lb: 'udp' }, shows: 'lb: udp' },
  'router.edge.gateway.enabled': { value: true, also: GATEWAY, shows: 'kind: UDPRoute' },
  'router.edge.gateway.apiVersion': {
    value: 'gateway.networking.k8s.io/v1alpha2',
    also: GATEWAY,
    shows: 'apiVersion: gateway.networking.k8s.io/v1alpha2',
  },
  'router.edge.gateway.parentRefs': { value: [{ name: 'another' }], also: GATEWAY, shows: 'name: another' },
  'router.edge.hostNetwork.nodeCidrs': { value: ['172.16.0.0/12'], also: HOST_NETWORK, shows: 'cidr: 172.16.0.0/12' },
  'router.edge.hostNetwork.inReleaseNamespace': { value: true, also: HOST_NETWORK, shows: 'hostNetwork: true' },
  'ingest.settings.verifyThreads': { value: 7, shows: 'name: P2PMSG_VERIFY_THREADS' },
  'store.settings.poolSize': { value: 13, shows: 'value: "13"' },
  'store.settings.retainHours': { value: 13, shows: 'value: "13"' },
  'store.settings.searchLanguage': { value: 'english', shows: 'value: "english"' },
  'renderApi.settings.defaultReceiver': { value: 'cd'.repeat(32), shows: 'cd'.repeat(32) },
  'renderApi.settings.publicUrl': { value: 'https://feeds.example.org', shows: 'value: "https://feeds.example.org"' },

  'renderApi.settings.readRate': { value: 77, shows: 'value: "77"' },
  'renderApi.settings.trustedProxies': { value: ['10.0.0.0/8', '::1'], shows: 'value: "10.0.0.0/8,::1"' },

  ...under('admin', {
    ...image('p2pmsg/admin'),
    resources: { value: { limits: { memory: '777Mi' } }, shows: '777Mi' },
    ...PLACES,
  }),
  'admin.ttlSeconds': { value: 77, shows: 'ttlSecondsAfterFinished: 77' },
  'admin.deadlineSeconds': { value: 777, shows: 'activeDeadlineSeconds: 777' },
  'admin.recordDays': { value: 77, shows: 'value: "77"' },

  ...under('nats.bundled', { ...image('docker.io/library/nats'), ...POD, ...PERSISTENCE }),
  'nats.bundled.image.repository': { value: 'elsewhere/nats', shows: 'image: elsewhere/nats:2.14' },
  'nats.bundled.enabled': { value: false, also: EXTERNAL_NATS, shows: 'name: urls' },
  'nats.bundled.replicas': { value: 5, shows: 'replicas: 5' },
  ...needing(EXTERNAL_NATS, {
    'nats.external.existingSecret': { value: 'others', shows: 'name: others' },
    'nats.external.monitorUrl': { value: 'http://nats:7777', shows: 'port: 7777' },
    'nats.external.port': { value: 7_777, shows: 'port: 7777' },
  }),
  ...under('postgres.bundled', { ...image('docker.io/library/postgres'), ...POD, ...PERSISTENCE }),
  'postgres.bundled.image.repository': { value: 'elsewhere/postgres', shows: 'image: elsewhere/postgres:18' },
  'postgres.bundled.enabled': { value: false, also: EXTERNAL_POSTGRES, shows: 'name: database' },
  'postgres.bundled.uid': { value: 70, shows: 'runAsUser: 70' },
  ...needing(EXTERNAL_POSTGRES, {
    'postgres.external.existingSecret': { value: 'others', shows: 'name: others' },
    'postgres.external.key': { value: 'dsn', shows: 'key: dsn' },
    'postgres.external.port': { value: 7_777, shows: 'port: 7777' },
  }),
  'postgres.maxConnections': { value: 77, shows: 'max_connections=77' },

  'ingress.enabled': { value: true, also: INGRESS, shows: 'kind: Ingress' },
  ...needing(INGRESS, {
    'ingress.className': { value: 'nginx', shows: 'ingressClassName: nginx' },
    'ingress.annotations': { value: { note: 'here' }, shows: 'note: here' },
    'ingress.host': { value: 'other.example.org', shows: 'host: other.example.org' },
    'ingress.tlsSecret': { value: 'certificate', shows: 'secretName: certificate' },
  }),
  'httpRoute.enabled': { value: true, also: HTTP_ROUTE, shows: 'kind: HTTPRoute' },
  'httpRoute.parentRefs': { value: [{ name: 'another' }], also: HTTP_ROUTE, shows: 'name: another' },
  'httpRoute.hostnames': { value: ['a.example.org'], also: HTTP_ROUTE, shows: '- a.example.org' },
  'networkPolicy.enabled': { value: false, shows: '' },
  'networkPolicy.httpFrom': { value: [{ ipBlock: { cidr: '192.0.2.0/24' } }], shows: 'cidr: 192.0.2.0/24' },
  'networkPolicy.metricsFrom': { value: [{ ipBlock: { cidr: '192.0.2.0/24' } }], shows: 'cidr: 192.0.2.0/24' },
  'networkPolicy.extraEgress': { value: [{ ports: [{ port: 4318 }] }], shows: 'port: 4318' },
  'test.text': { value: 'good morning', shows: 'good morning' },
  'test.timeoutSeconds': { value: 77, shows: '"--timeout","77"' },
}
