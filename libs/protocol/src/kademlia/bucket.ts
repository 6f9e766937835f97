import { equalBytes } from '../bytes/bytes.ts'
import type { AddressKey } from './address-key.ts'
import { type Contact, headOf, type Nearest } from './contact.ts'

/** Contacts in waiting, which take the place of stale ones (2002 paper, §4.1: "replacement cache"). */
export const REPLACEMENTS_MAX = 8

/** Room for so many heads at first; it doubles. */
const HEADS_FIRST = 32

/**
 * A k-bucket (2002 paper, §2.2). Contacts that have stayed are preferred to new ones, since those who have been up for long
 * stay up for long (§2.1); nobody leaves for a newcomer's sake.
 */
export class Bucket {
  readonly capacity: number
  readonly #contacts: Contact[] = [] // BOUNDED by the table, which asks before it adds
  /** Their heads, in the same order: what a search reads first lies together in memory. */
  #heads = new Int32Array(HEADS_FIRST)
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
    for (let i = 0; i < this.#contacts.length; i++) {
      if (this.#heads[i] === head && equalBytes((this.#contacts[i] as Contact).id, id)) return true
    }
    return false
  }

  /** Offers all that are fit to be named. */
  offerTo(nearest: Nearest): void {
    const [contacts, heads] = [this.#contacts, this.#heads]
    for (let i = 0; i < contacts.length; i++) {
      if (!nearest.wants(heads[i] as number)) continue
      const contact = contacts[i] as Contact
      if (contact.reliable) nearest.offer(contact)
    }
  }

  add(contact: Contact): void {
    if (this.#contacts.length === this.#heads.length) {
      const grown = new Int32Array(this.#heads.length * 2)
      grown.set(this.#heads)
      this.#heads = grown
    }
    this.#heads[this.#contacts.length] = contact.head
    this.#contacts.push(contact)
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
      this.#heads.copyWithin(at, at + 1)
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
