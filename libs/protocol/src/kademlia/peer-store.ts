import { concat, utf8 } from '../bytes/bytes.ts'
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
/** Compact addresses of one family as `values` carries them: `count` bencoded strings of equal length, one behind another. */
export type Told = Readonly<{ bytes: Uint8Array; count: number }>
/** True until one of them is too old. */
type Encoded = Told & Readonly<{ untilMs: number }>
type Kin = { readonly byAddress: Map<AddressKey, Peer>; told: Partial<Record<4 | 6, Encoded>> }
export type Kept = 'new' | 'refreshed' | 'full'

/** Who has announced itself for which info hash (BEP 5), in order of the latest announcement. */
export class PeerStore {
  readonly #hashes = new Map<string, Kin>() // BOUNDED by HASHES_MAX, each by PEERS_PER_HASH_MAX
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
    const kin = this.#hashes.get(hash) ?? { byAddress: new Map<AddressKey, Peer>(), told: {} }
    const peers = kin.byAddress
    const key = addressKey(address)
    const known = peers.get(key)
    if (known) {
      known.receivedMs = Math.max(known.receivedMs, receivedMs)
      peers.delete(key) // to the end, and the hash with it: the oldest stand first
      peers.set(key, known)
      this.#hashes.delete(hash)
      this.#hashes.set(hash, kin)
      return 'refreshed'
    }
    const prefix = prefixKey(address.ip)
    if (peers.size >= PEERS_PER_HASH_MAX || this.#size >= PEERS_MAX || this.#prefixes.full(prefix)) return 'full'
    if (peers.size === 0 && this.#hashes.size >= HASHES_MAX) return 'full'
    let near = 0
    for (const peer of peers.values()) if (peer.prefix === prefix) near++
    if (near >= PEERS_PER_PREFIX_MAX) return 'full'
    peers.set(key, { compact: compactAddress(address), prefix, family: familyOf(address), receivedMs })
    kin.told = {}
    this.#hashes.delete(hash)
    this.#hashes.set(hash, kin)
    this.#prefixes.add(prefix)
    this.#size++
    return 'new'
  }

  /** All of one family, encoded once for all who ask until one comes or goes. @returns undefined when there are none */
  peersOf(infoHash: Uint8Array, family: 4 | 6, nowMs: number): Told | undefined {
    const kin = this.#hashes.get(idKey(infoHash))
    const known = kin?.told[family]
    if (!kin || (known && known.untilMs > nowMs)) return known
    const peers = [...kin.byAddress.values()].filter((peer) => peer.family === family && isLive(peer, nowMs))
    if (peers.length === 0) return undefined
    const untilMs = Math.min(...peers.map(({ receivedMs }) => receivedMs)) + PEER_MS
    const bytes = concat(peers.flatMap(({ compact }) => [utf8(`${compact.length}:`), compact]))
    const told: Encoded = { bytes, count: peers.length, untilMs }
    kin.told[family] = told
    return told
  }

  /** Forgets what is too old, among at most `max` hashes. @returns how many peers went */
  expire(nowMs: number, max: number): number {
    const before = this.#size
    let looked = 0
    for (const [hash, kin] of this.#hashes) {
      if (looked++ >= max) break
      for (const [key, peer] of kin.byAddress) {
        if (isLive(peer, nowMs)) continue
        kin.byAddress.delete(key)
        kin.told = {}
        this.#prefixes.remove(peer.prefix)
        this.#size--
      }
      this.#hashes.delete(hash)
      if (kin.byAddress.size > 0) this.#hashes.set(hash, kin) // to the end: the others are looked at next time
    }
    return before - this.#size
  }

  *entries(): Iterable<{ infoHash: Uint8Array; compact: Uint8Array; receivedMs: number }> {
    for (const [hash, { byAddress }] of this.#hashes) {
      const infoHash = Buffer.from(hash, 'latin1')
      for (const { compact, receivedMs } of byAddress.values()) yield { infoHash, compact, receivedMs }
    }
  }
}

function isLive({ receivedMs }: Peer, nowMs: number): boolean {
  return receivedMs > nowMs - PEER_MS
}
