import { equalBytes } from '../bytes/bytes.ts'
import type { AddressKey } from './address-key.ts'
import { type Contact, compareHeads, headOf, type Nearest } from './contact.ts'

/** Contacts in waiting, which take the place of stale ones (2002 paper, §4.1: "replacement cache"). */
export const REPLACEMENTS_MAX = 8

/**
 * A k-bucket (2002 paper, §2.2). Contacts that have stayed are preferred to new ones, since those who have been up for long
 * stay up for long (§2.1); nobody leaves for a newcomer's sake.
 */
export class Bucket {
  readonly capacity: number
  readonly #contacts: Contact[] = [] // BOUNDED by the table, which asks before it adds
  /** The same by their ids' first 32 bits, as unsigned numbers: those that share a prefix stand together. */
  readonly #byHead: Contact[] = []
  readonly #waiting: Contact[] = [] // BOUNDED by REPLACEMENTS_MAX
  /** Of the last lookup in its range, Unix milliseconds. */
  refreshedMs: number

  constructor(capacity: number, nowMs: number) {
    this.capacity = capacity
    this.refreshedMs = nowMs
  }

  get contacts(): readonly Contact[] {
    return this.#contacts
  }

  get replacements(): readonly Contact[] {
    return this.#waiting
  }

  hasId(id: Uint8Array): boolean {
    const head = headOf(id)
    for (let i = this.#placeOf(head); this.#byHead[i]?.head === head; i++) {
      if (equalBytes((this.#byHead[i] as Contact).id, id)) return true
    }
    return false
  }

  /**
   * Offers those who are fit to be named, or as many of the nearest as can be wanted: of the contacts that share a prefix with the
   * target each is nearer than any that does not.
   */
  offerTo(nearest: Nearest): void {
    const all = this.#byHead
    let [from, to] = [0, all.length]
    for (let bit = 31; bit >= 0 && to - from > nearest.max; bit--) {
      const split = this.#firstWithBit(bit, from, to)
      const isSet = ((nearest.head >>> bit) & 1) === 1
      if ((isSet ? to - split : split - from) < nearest.max) break
      if (isSet) from = split
      else to = split
    }
    for (let i = from; i < to; i++) nearest.offer(all[i] as Contact)
    if (nearest.full) return
    for (let i = 0; i < from; i++) nearest.offer(all[i] as Contact)
    for (let i = to; i < all.length; i++) nearest.offer(all[i] as Contact)
  }

  add(contact: Contact): void {
    this.#contacts.push(contact)
    this.#byHead.splice(this.#placeOf(contact.head), 0, contact)
  }

  /** Where a head stands, or would. */
  #placeOf(head: number): number {
    let [low, high] = [0, this.#byHead.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareHeads((this.#byHead[middle] as Contact).head, head) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Of a range whose heads are alike above a bit, the first that has it set. */
  #firstWithBit(bit: number, from: number, to: number): number {
    let [low, high] = [from, to]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((((this.#byHead[middle] as Contact).head >>> bit) & 1) === 0) low = middle + 1
      else high = middle
    }
    return low
  }

  countPrefix(prefix: AddressKey): number {
    let count = 0
    for (const contact of this.contacts) if (contact.prefix === prefix) count++
    return count
  }

  /** The first that has failed too often, if any. */
  get stale(): Contact | undefined {
    return this.contacts.find((contact) => contact.stale)
  }

  remove(contact: Contact): void {
    const at = this.#contacts.indexOf(contact)
    if (at >= 0) {
      this.#contacts.splice(at, 1)
      this.#byHead.splice(this.#byHead.indexOf(contact), 1)
    }
    const waitingAt = this.#waiting.indexOf(contact)
    if (waitingAt >= 0) this.#waiting.splice(waitingAt, 1)
  }

  /** The latest to answer waits in front; whose id does not fit its address (BEP 42) goes first. @returns who had to go */
  wait(contact: Contact): Contact | undefined {
    this.#waiting.push(contact)
    if (this.#waiting.length <= REPLACEMENTS_MAX) return undefined
    const misfit = this.#waiting.findIndex(({ fitsAddress }) => !fitsAddress)
    return this.#waiting.splice(Math.max(misfit, 0), 1)[0]
  }

  /** The best in waiting that `fits`, taken out: an id that fits its address before others, then the latest. */
  promote(fits: (contact: Contact) => boolean): Contact | undefined {
    const candidates = this.#waiting.filter(fits)
    const best = candidates.findLast(({ fitsAddress }) => fitsAddress) ?? candidates.at(-1)
    if (best) this.#waiting.splice(this.#waiting.indexOf(best), 1)
    return best
  }
}
