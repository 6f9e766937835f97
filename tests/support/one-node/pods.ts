// What the controllers of a cluster make of rendered manifests: pods with names, numbers and addresses, and the names of Services.
import type { Manifest, PodSpec, Values } from '../chart.ts'

type Probe = Readonly<{
  httpGet?: { path: string; port: string }
  tcpSocket?: { port: string }
  exec?: unknown
}>
export type Container = Readonly<{
  name: string
  image: string
  args?: string[]
  env?: { name: string; value?: string; valueFrom?: Values }[]
  ports?: { name: string; containerPort: number }[]
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
  securityContext?: { readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } }
  resources?: { limits?: { memory?: string } }
  readinessProbe?: Probe
}>
export type Pod = Readonly<{
  name: string
  kind: string
  labels: Readonly<Record<string, string>>
  spec: PodSpec
  claims: readonly string[]
  ip: string
}>

const FIRST_ADDRESS = 10 // of the network; the gateway has the first

/** @param network the first three bytes of a /24, e.g. 10.211.7 */
export function podsOn(network: string, manifests: readonly Manifest[]): Pod[] {
  const pods: Pod[] = []
  for (const { kind, metadata, spec } of manifests) {
    const template = (kind === 'Pod' ? { metadata, spec } : spec?.template) as
      | { metadata: Manifest['metadata']; spec: PodSpec }
      | undefined
    if (!template) continue
    const replicas = typeof spec?.replicas === 'number' ? spec.replicas : 1
    const claims = ((spec?.volumeClaimTemplates ?? []) as Manifest[]).map((claim) => claim.metadata.name)
    for (let i = 0; i < replicas; i++) {
      const own = kind === 'StatefulSet' ? { 'apps.kubernetes.io/pod-index': String(i) } : {}
      const labels = { ...template.metadata.labels, ...own }
      const name = kind === 'Pod' || kind === 'Job' ? metadata.name : `${metadata.name}-${i}`
      const ip = `${network}.${FIRST_ADDRESS + pods.length}`
      pods.push({ name, kind, labels, spec: template.spec, claims, ip })
    }
  }
  return pods
}

/**
 * Each Service's name with the address of the first pod behind it, and its pods' own names. There is no proxy here, so a Service
 * must have the ports of its pods.
 */
export function namesOf(manifests: readonly Manifest[], pods: readonly Pod[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const { kind, metadata, spec } of manifests) {
    if (kind !== 'Service') continue
    const behind = pods.filter((pod) => matches(pod, spec?.selector as Record<string, string>))
    const [first] = behind
    if (!first) throw new Error(`no pod is behind the Service ${metadata.name}`)
    const host = `${metadata.name}.${metadata.namespace}.svc.cluster.local`
    names.set(host, first.ip)
    for (const pod of behind) names.set(`${pod.name}.${host}`, pod.ip)
    for (const { port, targetPort } of (spec?.ports ?? []) as { port: number; targetPort: string }[]) {
      if (portOf(first, targetPort) !== port) throw new Error(`${metadata.name}: ${port} is not ${targetPort}`)
    }
  }
  return names
}

function matches({ labels }: Pod, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}

export function portOf(pod: Pod, name: string): number {
  const ports = (pod.spec.containers as Container[]).flatMap((container) => container.ports ?? [])
  const port = ports.find((one) => one.name === name)?.containerPort
  if (port === undefined) throw new Error(`${pod.name} has no port ${name}`)
  return port
}
