import type { UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey, isLocal } from './address-key.ts'

/** Between two queries to one node, milliseconds, in the long run: nodes take those who ask more often for an attack. */
const QUERY_EVERY_MS = 500
/** Queries that one node may get at once: a lookup asks, repeats, and then writes. */
const BURST = 6
/** A query that would have to wait longer is not asked, milliseconds. */
const WAIT_MS_MAX = 5000
/** Nodes that are remembered; who was asked longest ago makes room, who has long been allowed a whole burst again. */
const PEERS_MAX = 4096

/**
 * How often one node may be asked: a leaky bucket for each (the generic cell rate algorithm, ITU-T I.371). Local addresses are
 * one's own network, and nobody there takes offence.
 */
export class Pace {
  /** When each bucket will have run empty, Unix milliseconds. */
  readonly #emptyMs = new Map<AddressKey, number>() // BOUNDED by PEERS_MAX

  /** Takes a place for one query. @returns how long it has to wait, milliseconds; undefined = too long, and none is taken */
  take(to: UdpAddress, nowMs: number): number | undefined {
    if (isLocal(to.ip)) return 0
    const key = addressKey(to)
    const emptyMs = Math.max(this.#emptyMs.get(key) ?? 0, nowMs)
    const waitMs = Math.max(emptyMs + QUERY_EVERY_MS - BURST * QUERY_EVERY_MS - nowMs, 0)
    if (waitMs > WAIT_MS_MAX) return undefined
    this.#emptyMs.delete(key) // to the end: who stands first was asked longest ago
    if (this.#emptyMs.size >= PEERS_MAX) this.#emptyMs.delete(this.#emptyMs.keys().next().value as AddressKey)
    this.#emptyMs.set(key, emptyMs + QUERY_EVERY_MS)
    return waitMs
  }
}
