// A container of a pod as arguments of `docker run`, as a kubelet would start it. What it does not know, it refuses: a field that is
// passed over would prove nothing.
import { join } from 'node:path'
import type { Values } from '../chart.ts'
import type { ApiServer } from './api-server.ts'
import type { Container, Pod } from './pods.ts'
import { aFolderFor, filesInto } from './volumes.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const CONTAINER_FIELDS = new Set(
  `name image imagePullPolicy args env ports volumeMounts securityContext resources
   startupProbe livenessProbe readinessProbe lifecycle`.split(/\s+/),
)

export type Node = Readonly<{ folder: string; network: string; api: ApiServer; names: ReadonlyMap<string, string> }>
type PodSecurity = Readonly<{ runAsUser: number; runAsGroup: number; fsGroup: number; runAsNonRoot: boolean }>

/** Resolves when all Secrets that the container mounts are there. */
export async function wordsFor(node: Node, pod: Pod, container: Container, configMaps: ReadonlyMap<string, Values>) {
  for (const field of Object.keys(container))
    if (!CONTAINER_FIELDS.has(field)) throw new Error(`${pod.name}: this node does not know ${field}`)
  const security = pod.spec.securityContext as unknown as PodSecurity
  if (!security.runAsNonRoot || security.runAsUser === 0) throw new Error(`${pod.name} would run as root`)
  const words = ['--network', node.network, '--ip', pod.ip, '--hostname', pod.name]
  words.push('--user', `${security.runAsUser}:${security.runAsGroup}`, '--group-add', String(security.fsGroup))
  words.push('--security-opt=no-new-privileges')
  if (container.securityContext?.readOnlyRootFilesystem) words.push('--read-only')
  for (const capability of container.securityContext?.capabilities?.drop ?? []) words.push(`--cap-drop=${capability}`)
  const memory = container.resources?.limits?.memory
  if (memory) words.push('--memory', memory.replace('i', '').toLowerCase())
  for (const [name, ip] of node.names) words.push('--add-host', `${name}:${ip}`)
  const volumes = await volumesOf(node, pod, configMaps, security.fsGroup)
  for (const { name, mountPath, readOnly } of container.volumeMounts ?? []) {
    const volume = volumes.get(name)
    if (!volume) throw new Error(`${pod.name} has no volume ${name}`)
    if (volume === 'memory') words.push('--tmpfs', `${mountPath}:mode=1777`)
    else words.push('--volume', `${volume}:${mountPath}${readOnly ? ':ro' : ''}`)
  }
  if (pod.spec.automountServiceAccountToken) {
    const account = await aFolderFor(node.folder, pod.name, 'account', security.fsGroup)
    await filesInto(account, node.api.account, 0o440, security.fsGroup)
    words.push('--volume', `${account}:${ACCOUNT}:ro`)
  }
  for (const [name, value] of Object.entries(await environmentOf(node, pod, container)))
    words.push('--env', `${name}=${value}`)
  return [...words, container.image, ...(container.args ?? [])]
}

async function environmentOf({ api }: Node, pod: Pod, container: Container): Promise<Record<string, string>> {
  // Every pod gets these of the cluster's own Service, whatever enableServiceLinks says.
  const env: Record<string, string> = { KUBERNETES_SERVICE_HOST: api.host, KUBERNETES_SERVICE_PORT: String(api.port) }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { fieldRef, secretKeyRef } = (valueFrom ?? {}) as {
      fieldRef?: { fieldPath: string }
      secretKeyRef?: { name: string; key: string }
    }
    if (fieldRef) env[name] = fieldOf(pod, fieldRef.fieldPath)
    else if (secretKeyRef) env[name] = (await api.secret(secretKeyRef.name))[secretKeyRef.key] ?? ''
    else env[name] = (value ?? '').replaceAll(/\$\((\w+)\)/g, (whole, other: string) => env[other] ?? whole)
  }
  return env
}

function fieldOf(pod: Pod, path: string): string {
  const label = /^metadata\.labels\['(.+)'\]$/.exec(path)?.[1]
  const value = label === undefined ? { 'metadata.name': pod.name }[path] : pod.labels[label]
  if (value === undefined) throw new Error(`${pod.name}: this node does not know the field ${path}`)
  return value
}

type Source = Readonly<{
  secret?: { name?: string; secretName?: string; items?: { key: string; path: string }[]; defaultMode?: number }
  configMap?: { name: string }
}>

/** Where each volume of a pod is on this machine; `memory` for those that are in memory. */
async function volumesOf(node: Node, pod: Pod, configMaps: ReadonlyMap<string, Values>, group: number) {
  const places = new Map<string, string>()
  for (const claim of pod.claims) places.set(claim, await aFolderFor(node.folder, pod.name, claim, group))
  for (const volume of pod.spec.volumes ?? []) {
    const { name, emptyDir, projected, ...source } = volume as Source & {
      name: string
      emptyDir?: { medium?: string }
      projected?: { sources: Source[]; defaultMode: number }
    }
    const place = emptyDir?.medium === 'Memory' ? 'memory' : await aFolderFor(node.folder, pod.name, name, group)
    places.set(name, place)
    if (emptyDir) continue
    // YAML 1.1, which Kubernetes reads, takes 0440 for octal; this reader took it for decimal.
    const mode = Number.parseInt(String(projected?.defaultMode ?? source.secret?.defaultMode), 8)
    for (const one of projected?.sources ?? [source]) {
      const files: Record<string, string> = {}
      if (one.configMap) Object.assign(files, configMaps.get(one.configMap.name))
      const { secret } = one
      if (secret) {
        const values = await node.api.secret(secret.secretName ?? secret.name ?? '')
        for (const { key, path } of secret.items ?? []) {
          const value = values[key]
          if (value === undefined) throw new Error(`${pod.name}: a Secret has no key ${key}`)
          files[path] = value
        }
      }
      if (Object.keys(files).length === 0) throw new Error(`${pod.name}: this node does not know the volume ${name}`)
      await filesInto(join(place), files, mode, group)
    }
  }
  return places
}
