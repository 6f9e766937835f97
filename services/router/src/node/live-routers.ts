import { type AddressKey, Contact, isIpv4, parseIp, parseRouterEntry } from '@p2pmsg/protocol'
import { entryRefused } from '../events.ts'

/** Routers of one cluster. */
const ROUTERS_MAX = 1024
/** A router refreshes its entry three times as often; the bucket forgets it silently, so we count ourselves, milliseconds. */
const ENTRY_MS = 30_000

type Live = Readonly<{ contact: Contact; seenMs: number }>

/** The list that answers are made from is made anew this often, milliseconds: entries end by time too. */
const LIST_MS = 1_000

/** The cluster's own routers that are alive, as the bucket tells them. */
export class LiveRouters {
  readonly #byName = new Map<string, Live>() // BOUNDED by ROUTERS_MAX
  #lists: Readonly<Record<4 | 6, readonly Contact[]>> = { 4: [], 6: [] }
  #listedMs = 0

  get size(): number {
    return this.#byName.size
  }

  put(name: string, bytes: Uint8Array, nowMs: number): void {
    const entry = parseRouterEntry(bytes)
    if (!entry.ok) return entryRefused(entry.fault)
    const { id, endpoint } = entry.value
    const ip = parseIp(endpoint.host)
    if (!ip) return entryRefused('not-an-ip')
    if (!this.#byName.has(name) && this.#byName.size >= ROUTERS_MAX) return entryRefused('too-many-routers')
    this.#byName.set(name, { contact: new Contact(id, { ip, port: endpoint.port }), seenMs: nowMs })
    this.#listedMs = 0
  }

  remove(name: string): void {
    this.#byName.delete(name)
    this.#listedMs = 0
  }

  /** All of one family. Replicas behind one address are one node. */
  contacts(family: 4 | 6, nowMs: number): readonly Contact[] {
    if (nowMs - this.#listedMs >= LIST_MS) this.#list(nowMs)
    return this.#lists[family]
  }

  #list(nowMs: number): void {
    const byAddress = new Map<AddressKey, Contact>()
    for (const { contact, seenMs } of this.#byName.values()) {
      if (nowMs - seenMs <= ENTRY_MS) byAddress.set(contact.key, contact)
    }
    const all = [...byAddress.values()]
    this.#lists = {
      4: all.filter(({ address }) => isIpv4(address.ip)),
      6: all.filter(({ address }) => !isIpv4(address.ip)),
    }
    this.#listedMs = nowMs
  }
}
