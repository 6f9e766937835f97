import {
  compactAddress,
  compareDistance,
  isIpv4,
  type NodeContact,
  parseIp,
  parseRouterEntry,
  toHex,
} from '@p2pmsg/protocol'
import { entryRefused } from '../events.ts'

/** Routers of one cluster. */
const ROUTERS_MAX = 1024
/** A router refreshes its entry three times as often; the bucket forgets it silently, so we count ourselves, milliseconds. */
const ENTRY_MS = 30_000

type Live = Readonly<{ contact: NodeContact; seenMs: number }>

/** The list that answers are made from is made anew this often, milliseconds: entries end by time too. */
const LIST_MS = 1_000

/** The cluster's own routers that are alive, as the bucket tells them. */
export class LiveRouters {
  readonly #byName = new Map<string, Live>() // BOUNDED by ROUTERS_MAX
  #lists: Readonly<Record<4 | 6, readonly NodeContact[]>> = { 4: [], 6: [] }
  #listedMs = 0

  put(name: string, bytes: Uint8Array, nowMs: number): void {
    const entry = parseRouterEntry(bytes)
    if (!entry.ok) return entryRefused(entry.fault)
    const { id, endpoint } = entry.value
    const ip = parseIp(endpoint.host)
    if (!ip) return entryRefused('not-an-ip')
    if (!this.#byName.has(name) && this.#byName.size >= ROUTERS_MAX) return entryRefused('too-many-routers')
    this.#byName.set(name, { contact: { id, address: { ip, port: endpoint.port } }, seenMs: nowMs })
    this.#listedMs = 0
  }

  remove(name: string): void {
    this.#byName.delete(name)
    this.#listedMs = 0
  }

  /** The closest to a target, of one family, nearest first. Replicas behind one address are one node. */
  closest(target: Uint8Array, family: 4 | 6, count: number, nowMs: number): readonly NodeContact[] {
    if (nowMs - this.#listedMs >= LIST_MS) this.#list(nowMs)
    return [...this.#lists[family]].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count)
  }

  #list(nowMs: number): void {
    const byAddress = new Map<string, NodeContact>()
    for (const { contact, seenMs } of this.#byName.values()) {
      if (nowMs - seenMs <= ENTRY_MS) byAddress.set(toHex(compactAddress(contact.address)), contact)
    }
    const all = [...byAddress.values()]
    this.#lists = {
      4: all.filter(({ address }) => isIpv4(address.ip)),
      6: all.filter(({ address }) => !isIpv4(address.ip)),
    }
    this.#listedMs = nowMs
  }
}
