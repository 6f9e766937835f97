import { compareDistance, isIpv4, type NodeContact, parseIp, parseRouterEntry } from '@p2pmsg/protocol'
import { entryRefused } from '../events.ts'

/** Routers of one cluster. */
const ROUTERS_MAX = 1024
/** A router refreshes its entry three times as often; the bucket forgets it silently, so we count ourselves, milliseconds. */
const ENTRY_MS = 30_000

type Live = Readonly<{ contact: NodeContact; seenMs: number }>

/** The cluster's own routers that are alive, as the bucket tells them. */
export class LiveRouters {
  readonly #byName = new Map<string, Live>() // BOUNDED by ROUTERS_MAX

  put(name: string, bytes: Uint8Array, nowMs: number): void {
    const entry = parseRouterEntry(bytes)
    if (!entry.ok) return entryRefused(entry.fault)
    const { id, endpoint } = entry.value
    const ip = parseIp(endpoint.host)
    if (!ip) return entryRefused('not-an-ip')
    if (!this.#byName.has(name) && this.#byName.size >= ROUTERS_MAX) return entryRefused('too-many-routers')
    this.#byName.set(name, { contact: { id, address: { ip, port: endpoint.port } }, seenMs: nowMs })
  }

  remove(name: string): void {
    this.#byName.delete(name)
  }

  /** The closest to a target, of one family, nearest first. Replicas behind one address are one node. */
  closest(target: Uint8Array, family: 4 | 6, count: number, nowMs: number): NodeContact[] {
    const byAddress = new Map<string, NodeContact>()
    for (const { contact, seenMs } of this.#byName.values()) {
      const { ip, port } = contact.address
      if (nowMs - seenMs > ENTRY_MS || isIpv4(ip) !== (family === 4)) continue
      byAddress.set(`${Buffer.from(ip).toString('hex')}:${port}`, contact)
    }
    return [...byAddress.values()].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count)
  }
}
