import { equalBytes } from '../bytes/bytes.ts'
import type { AddressKey } from './address-key.ts'
import { type Contact, headOf } from './contact.ts'

/** Contacts in waiting, which take the place of stale ones (2002 paper, §4.1: "replacement cache"). */
export const REPLACEMENTS_MAX = 8

/**
 * A k-bucket (2002 paper, §2.2). Contacts that have stayed are preferred to new ones, since those who have been up for long
 * stay up for long (§2.1); nobody leaves for a newcomer's sake.
 */
export class Bucket {
  readonly capacity: number
  readonly contacts: Contact[] = [] // BOUNDED by capacity
  readonly #waiting: Contact[] = [] // BOUNDED by REPLACEMENTS_MAX
  /** Of the last lookup in its range, Unix milliseconds. */
  refreshedMs: number

  constructor(capacity: number, nowMs: number) {
    this.capacity = capacity
    this.refreshedMs = nowMs
  }

  get replacements(): readonly Contact[] {
    return this.#waiting
  }

  hasId(id: Uint8Array): boolean {
    const head = headOf(id)
    for (const contact of this.contacts) if (contact.head === head && equalBytes(contact.id, id)) return true
    return false
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
    const at = this.contacts.indexOf(contact)
    if (at >= 0) this.contacts.splice(at, 1)
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
