import { equalBytes } from '../bytes/bytes.ts'
import type { Item } from '../message/item.ts'
import { type AddressKey, idKey } from './address-key.ts'
import { PrefixCounts } from './prefix-counts.ts'
import { isSigned, packItem, type Storable, targetOf, unpackItem } from './stored-item.ts'

const ITEMS_MAX = 100_000
/** Items that one /24 or /56 may hold here. */
export const PREFIX_ITEMS_MAX = 2000
/** BEP 44: an item may go two hours after its last `put`; those who refresh hourly get a quarter of grace. Milliseconds. */
export const ITEM_MS = (2 * 60 + 15) * 60_000

type Entry = Readonly<{ packed: Uint8Array; prefix: AddressKey | undefined; receivedMs: number }>

/** What the stored item says about one that wants its place (BEP 44). */
export type Claim = 'new' | 'newer' | 'same' | 'cas-mismatch' | 'seq-too-low'

/** BEP 44 items by target, in order of the latest `put`. */
export class ItemStore {
  readonly #items = new Map<string, Entry>() // BOUNDED by ITEMS_MAX
  readonly #prefixes = new PrefixCounts(PREFIX_ITEMS_MAX)

  get size(): number {
    return this.#items.size
  }

  get(target: Uint8Array, nowMs: number): Storable | undefined {
    const entry = this.#items.get(idKey(target))
    return entry && entry.receivedMs > nowMs - ITEM_MS ? unpackItem(entry.packed) : undefined
  }

  /**
   * Costs no signature check, so it is asked before one. Equal `seq` with other bytes is refused: of two values for one number
   * the first stays, as everywhere else one reader sees one and another the other.
   * @param cas the `seq` that the writer believes is stored
   * @returns with the stored item's signature, if there is one
   */
  claim(
    target: Uint8Array,
    item: Item,
    cas: bigint | undefined,
    nowMs: number,
  ): { claim: Claim; signature?: Uint8Array } {
    const stored = this.get(target, nowMs)
    if (!stored || !isSigned(stored)) return { claim: 'new' }
    const { signature } = stored
    if (cas !== undefined && cas !== stored.seq) return { claim: 'cas-mismatch', signature }
    if (item.seq > stored.seq) return { claim: 'newer', signature }
    const isSame = item.seq === stored.seq && equalBytes(item.value, stored.value)
    return { claim: isSame ? 'same' : 'seq-too-low', signature }
  }

  /**
   * The caller has checked the claim and the signature.
   * @param prefix whose share it counts for; undefined = nobody's
   * @returns false when the store, or that share, is full
   */
  put(item: Storable, prefix: AddressKey | undefined, receivedMs: number, target = targetOf(item)): boolean {
    const key = idKey(target)
    const old = this.#items.get(key)
    if (prefix !== undefined && old?.prefix !== prefix && this.#prefixes.full(prefix)) return false
    if (!old && this.#items.size >= ITEMS_MAX) return false
    if (old) this.#delete(key, old)
    this.#items.set(key, { packed: packItem(item), prefix, receivedMs })
    if (prefix !== undefined) this.#prefixes.add(prefix)
    return true
  }

  /** Forgets what is too old, at most `max`. @returns how many went */
  expire(nowMs: number, max: number): number {
    let gone = 0
    for (const [key, entry] of this.#items) {
      if (gone >= max || entry.receivedMs > nowMs - ITEM_MS) break
      this.#delete(key, entry)
      gone++
    }
    return gone
  }

  *entries(): Iterable<{ item: Storable; receivedMs: number }> {
    for (const { packed, receivedMs } of this.#items.values()) yield { item: unpackItem(packed), receivedMs }
  }

  #delete(key: string, entry: Entry): void {
    this.#items.delete(key)
    if (entry.prefix !== undefined) this.#prefixes.remove(entry.prefix)
  }
}
