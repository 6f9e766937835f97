import { parseCompactAddress, type UdpAddress } from '../krpc/compact.ts'
import { prefixKey } from './address-key.ts'
import { ITEM_MS, ItemStore } from './item-store.ts'
import { PEER_MS, PeerStore } from './peer-store.ts'
import type { ReplicaRecord } from './replica-record.ts'
import { isSigned, targetOf } from './stored-item.ts'

/** Items and hashes that are looked at in one go when the old are swept out. */
const SWEEP_MAX = 2000
/** How often that happens, milliseconds. */
export const SWEEP_MS = 30_000

/** What strangers have asked us to keep (2002 paper, §2.3, STORE): peers and items, in memory, for a while. */
export class Storage {
  readonly peers = new PeerStore()
  readonly items = new ItemStore()
  readonly #onStored: ((record: ReplicaRecord) => void) | undefined
  readonly counts = { stored: 0, full: 0, imported: 0, stale: 0, expired: 0 }

  /** @param onStored told of everything that a stranger stores here, for the other replicas */
  constructor(onStored?: (record: ReplicaRecord) => void) {
    this.#onStored = onStored
  }

  /** @param target the item's, if it is known already @returns false when there is no room for it */
  store(record: ReplicaRecord, from: UdpAddress, target?: Uint8Array): boolean {
    const kept =
      record.kind === 'item'
        ? this.items.put(record.item, prefixKey(from.ip), record.receivedMs, target)
        : this.peers.add(record.infoHash, record.address, record.receivedMs) !== 'full'
    if (kept) this.counts.stored++
    else this.counts.full++
    if (kept) this.#onStored?.(record)
    return kept
  }

  /** Takes over what another replica has stored; it has checked signature, token and the sender's share. @returns whether anything changed */
  import(record: ReplicaRecord, nowMs: number): boolean {
    const ageMs = record.kind === 'item' ? ITEM_MS : PEER_MS
    if (record.receivedMs <= nowMs - ageMs || !this.#isNews(record, nowMs)) {
      this.counts.stale++
      return false
    }
    this.counts.imported++
    if (record.kind === 'peer') return this.peers.add(record.infoHash, record.address, record.receivedMs) !== 'full'
    return this.items.put(record.item, undefined, record.receivedMs)
  }

  #isNews(record: ReplicaRecord, nowMs: number): boolean {
    if (record.kind === 'peer' || !isSigned(record.item)) return true
    const { claim } = this.items.claim(targetOf(record.item), record.item, undefined, nowMs)
    return claim !== 'seq-too-low'
  }

  /** Everything, for a replica that starts. */
  *export(): Iterable<ReplicaRecord> {
    for (const { item, receivedMs } of this.items.entries()) yield { kind: 'item', item, receivedMs }
    for (const { infoHash, compact, receivedMs } of this.peers.entries()) {
      const address = parseCompactAddress(compact)
      if (address) yield { kind: 'peer', infoHash, address, receivedMs }
    }
  }

  sweep(nowMs: number): void {
    this.counts.expired += this.items.expire(nowMs, SWEEP_MAX) + this.peers.expire(nowMs, SWEEP_MAX)
  }
}
