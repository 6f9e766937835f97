import { type AddressKey, addressKey, idKey, prefixKey } from '../kademlia/address-key.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { Split } from './noise.ts'

/** A handshake that we have answered; the client has not shown yet that it got the answer. */
export type HalfOpen = Readonly<{
  /** Our end's id. */
  ours: Uint8Array
  /** The client's. */
  theirs: Uint8Array
  client: UdpAddress
  keys: Split
  /** The very answer, for the same hello coming again. */
  welcome: Uint8Array
  /** The hello had a cookie, so the address is not forged. */
  cookie: boolean
  startedMs: number
}>

/** A client goes on within this, or shakes hands anew, milliseconds. */
const HALF_OPEN_MS = 10_000
/** Half-open handshakes of one /24 or /56 that have shown a cookie. */
const PER_PREFIX_MAX = 256

/** Handshakes under way: a table that forged addresses can fill to one half, and nobody further than its end. */
export class HalfOpenTable {
  readonly #max: number
  readonly #byId = new Map<string, HalfOpen>() // BOUNDED by #max; oldest first
  readonly #byClient = new Map<string, HalfOpen>() // BOUNDED by #max
  readonly #prefixes = new Map<AddressKey, number>() // BOUNDED by #max

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#byId.size
  }

  /** From here on a hello needs a cookie. */
  get needsCookies(): boolean {
    return this.#byId.size >= this.#max / 2
  }

  /** @param client who has shown a cookie */
  isFullFor(client: UdpAddress): boolean {
    return this.#byId.size >= this.#max || (this.#prefixes.get(prefixKey(client.ip)) ?? 0) >= PER_PREFIX_MAX
  }

  add(entry: HalfOpen): void {
    this.#byId.set(idKey(entry.ours), entry)
    this.#byClient.set(clientKey(entry.client, entry.theirs), entry)
    if (!entry.cookie) return
    const prefix = prefixKey(entry.client.ip)
    this.#prefixes.set(prefix, (this.#prefixes.get(prefix) ?? 0) + 1)
  }

  find(id: string): HalfOpen | undefined {
    return this.#byId.get(id)
  }

  /** The handshake that this client has begun with this id. */
  of(client: UdpAddress, theirs: Uint8Array): HalfOpen | undefined {
    return this.#byClient.get(clientKey(client, theirs))
  }

  delete(entry: HalfOpen): void {
    this.#byId.delete(idKey(entry.ours))
    this.#byClient.delete(clientKey(entry.client, entry.theirs))
    if (!entry.cookie) return
    const prefix = prefixKey(entry.client.ip)
    const left = (this.#prefixes.get(prefix) ?? 1) - 1
    if (left > 0) this.#prefixes.set(prefix, left)
    else this.#prefixes.delete(prefix)
  }

  get deadline(): number | undefined {
    const [oldest] = this.#byId.values()
    return oldest && oldest.startedMs + HALF_OPEN_MS
  }

  /** @returns how many were given up */
  expire(nowMs: number): number {
    let expired = 0
    for (const entry of this.#byId.values()) {
      if (entry.startedMs + HALF_OPEN_MS > nowMs) break
      this.delete(entry)
      expired++
    }
    return expired
  }
}

function clientKey(client: UdpAddress, id: Uint8Array): string {
  return `${addressKey(client)}/${idKey(id)}`
}
