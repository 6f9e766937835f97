import { compactAddress, type UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey, familyOf, idKey, prefixKey } from './address-key.ts'
import { PrefixCounts } from './prefix-counts.ts'

/** Peers kept for one info hash. */
const PEERS_PER_HASH_MAX = 200
/** Of those, from one /24 or /56. */
export const PEERS_PER_PREFIX_MAX = 20
const HASHES_MAX = 100_000
/** Peers in all. */
const PEERS_MAX = 500_000
/** Peers in all that one /24 or /56 may hold here. */
const PREFIX_PEERS_MAX = 5000
/** An announcement counts for this long, milliseconds. */
export const PEER_MS = 30 * 60_000

type Peer = { readonly compact: Uint8Array; readonly prefix: AddressKey; readonly family: 4 | 6; receivedMs: number }
type Peers = Map<AddressKey, Peer>
export type Kept = 'new' | 'refreshed' | 'full'

/** Who has announced itself for which info hash (BEP 5), in order of the latest announcement. */
export class PeerStore {
  readonly #hashes = new Map<string, Peers>() // BOUNDED by HASHES_MAX, each by PEERS_PER_HASH_MAX
  readonly #prefixes = new PrefixCounts(PREFIX_PEERS_MAX)
  #size = 0

  get hashes(): number {
    return this.#hashes.size
  }

  get size(): number {
    return this.#size
  }

  /** @param infoHash 20 bytes @param receivedMs when it was announced, Unix milliseconds */
  add(infoHash: Uint8Array, address: UdpAddress, receivedMs: number): Kept {
    const hash = idKey(infoHash)
    const peers = this.#hashes.get(hash) ?? new Map<AddressKey, Peer>()
    const key = addressKey(address)
    const known = peers.get(key)
    if (known) {
      known.receivedMs = Math.max(known.receivedMs, receivedMs)
      peers.delete(key) // to the end, and the hash with it: the oldest stand first
      peers.set(key, known)
      this.#hashes.delete(hash)
      this.#hashes.set(hash, peers)
      return 'refreshed'
    }
    const prefix = prefixKey(address.ip)
    if (peers.size >= PEERS_PER_HASH_MAX || this.#size >= PEERS_MAX || this.#prefixes.full(prefix)) return 'full'
    if (peers.size === 0 && this.#hashes.size >= HASHES_MAX) return 'full'
    let near = 0
    for (const peer of peers.values()) if (peer.prefix === prefix) near++
    if (near >= PEERS_PER_PREFIX_MAX) return 'full'
    peers.set(key, { compact: compactAddress(address), prefix, family: familyOf(address), receivedMs })
    this.#hashes.delete(hash)
    this.#hashes.set(hash, peers)
    this.#prefixes.add(prefix)
    this.#size++
    return 'new'
  }

  /** Compact addresses of one family, at most `max`, starting anywhere, so that all of many peers are told to someone. */
  peersOf(infoHash: Uint8Array, family: 4 | 6, max: number, nowMs: number): Uint8Array[] {
    const peers = this.#hashes.get(idKey(infoHash))
    if (!peers || max <= 0) return []
    const found: Uint8Array[] = []
    for (const peer of peers.values()) {
      if (peer.family === family && peer.receivedMs > nowMs - PEER_MS) found.push(peer.compact)
    }
    if (found.length <= max) return found
    const from = nowMs % found.length
    return Array.from({ length: max }, (_, i) => found[(from + i) % found.length] as Uint8Array)
  }

  /** Forgets what is too old, among at most `max` hashes. @returns how many peers went */
  expire(nowMs: number, max: number): number {
    const before = this.#size
    let looked = 0
    for (const [hash, peers] of this.#hashes) {
      if (looked++ >= max) break
      for (const [key, peer] of peers) {
        if (peer.receivedMs > nowMs - PEER_MS) continue
        peers.delete(key)
        this.#prefixes.remove(peer.prefix)
        this.#size--
      }
      this.#hashes.delete(hash)
      if (peers.size > 0) this.#hashes.set(hash, peers) // to the end: the others are looked at next time
    }
    return before - this.#size
  }

  *entries(): Iterable<{ infoHash: Uint8Array; compact: Uint8Array; receivedMs: number }> {
    for (const [hash, peers] of this.#hashes) {
      const infoHash = Buffer.from(hash, 'latin1')
      for (const { compact, receivedMs } of peers.values()) yield { infoHash, compact, receivedMs }
    }
  }
}
