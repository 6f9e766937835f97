// The chart as tests see it: rendered by helm, read as YAML.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Outcome, runCommand } from '@p2pmsg/local'
import { parseAllDocuments } from 'yaml'
import { ROOT } from '../steps.ts'
import type { ChartTools } from './chart-tools.ts'

export const CHART = join(ROOT, 'deploy', 'helm', 'p2pmsg')
const HELM_MS = 30_000

export type Values = { [key: string]: unknown }
/** A Kubernetes object, as much of it as tests look at. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  spec?: Values
  data?: Record<string, string>
  rules?: Values[]
  automountServiceAccountToken?: boolean
}

/** Runs a helm command on the chart with values; failing is an outcome. */
export async function helm(tools: ChartTools, words: readonly string[], values: Values = {}): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-chart-'))
  const file = join(folder, 'values.json')
  await writeFile(file, JSON.stringify(values))
  try {
    // Nothing of the person's own: no repositories, no plugins, no cluster.
    const env = { PATH: process.env.PATH, HOME: folder }
    return await runCommand(tools.helm, [...words, '--values', file], { env, timeoutMs: HELM_MS })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What `helm install demo` into the namespace `place` would make. @throws {Error} what helm says */
export async function renderText(tools: ChartTools, values: Values = {}): Promise<string> {
  const rendered = await helm(tools, ['template', 'demo', CHART, '--namespace', 'place'], values)
  if (rendered.code !== 0) throw new Error(rendered.stderr)
  return rendered.stdout
}

export async function render(tools: ChartTools, values: Values = {}): Promise<Manifest[]> {
  return documents(await renderText(tools, values))
}

function documents(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => {
      const [error] = document.errors
      if (error) throw error
      return document.toJS() as Manifest | null
    })
    .filter((document) => document !== null)
}

/** Puts a value where a path such as `router.edge.mode` leads. */
export function valuesAt(path: string, value: unknown): Values {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values
}

/** What stands where a path leads. */
export function at(values: Values, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), values)
}

export function merged(one: Values, two: Values): Values {
  const both = { ...one }
  for (const [key, value] of Object.entries(two)) {
    const there = both[key]
    both[key] = isMap(there) && isMap(value) ? merged(there, value) : value
  }
  return both
}

export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Container = Values & { name: string; image: string; securityContext?: Values }
export type PodSpec = Values & {
  containers: Container[]
  initContainers?: Container[]
  securityContext?: Values
  volumes?: Values[]
  hostNetwork?: boolean
}

/** Every pod that a manifest makes, by the name of what makes it. */
export function podsOf(manifests: readonly Manifest[]): [string, PodSpec][] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'Pod') return [[`Pod ${metadata.name}`, spec as PodSpec] as [string, PodSpec]]
    const template = spec?.template as { spec: PodSpec } | undefined
    return template ? [[`${kind} ${metadata.name}`, template.spec] as [string, PodSpec]] : []
  })
}

/** Values of a cluster in earnest: nothing bundled, nothing generated, everything switched on. */
export const PRODUCTION: Values = {
  image: { registry: 'registry.example.org', tag: '1.2.3', pullSecrets: ['registry'] },
  tracing: { endpoint: 'http://collector.tracing:4318' },
  secrets: {
    generate: false,
    cluster: { existingSecret: 'edge', key: 'secrets' },
    receipt: { existingSecret: 'receipts', key: 'seed' },
  },
  trialReceiver: { enabled: false },
  receivers: [
    { name: 'offline', record: 'ZDE6YWJj', policy: { allow: null, block: ['ab'.repeat(32)] } },
    { name: 'online', keySecret: { name: 'news', key: 'seed' }, budget: { perSecond: 10, burst: 20 } },
  ],
  nats: { bundled: { enabled: false }, external: { existingSecret: 'nats-urls', monitorUrl: 'http://nats:8222' } },
  postgres: { bundled: { enabled: false }, external: { existingSecret: 'database' }, maxConnections: 200 },
  router: {
    replicas: 3,
    edge: {
      advertise: { hosts: ['router.example.org'] },
      service: { type: 'LoadBalancer', loadBalancerClass: 'example.org/udp', sourceRanges: ['0.0.0.0/0'] },
      gateway: { enabled: true, parentRefs: [{ name: 'udp' }] },
    },
  },
  renderApi: { settings: { publicUrl: 'https://feeds.example.org', defaultReceiver: 'cd'.repeat(32) } },
  ingress: { enabled: true, host: 'feeds.example.org', className: 'nginx', tlsSecret: 'feeds-tls' },
  httpRoute: { enabled: true, parentRefs: [{ name: 'web', namespace: 'gateways' }], hostnames: ['feeds.example.org'] },
  networkPolicy: { httpFrom: [{ namespaceSelector: {} }], extraEgress: [{ ports: [{ port: 4318 }] }] },
}

/** Ways to the edge that the defaults do not show. */
export const PER_POD: Values = {
  router: {
    replicas: 2,
    edge: {
      mode: 'perPodService',
      advertise: { hosts: ['a.example.org', '2001:db8::2'] },
      service: { nodePort: 32_000 },
    },
  },
}
export const HOST_NETWORK: Values = merged(PRODUCTION, {
  router: { namespace: 'edge', edge: { mode: 'hostNetwork', advertise: { hosts: [] }, gateway: { enabled: false } } },
  ingress: { enabled: false },
  httpRoute: { enabled: false },
})
