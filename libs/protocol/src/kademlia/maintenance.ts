import type { Contact } from './contact.ts'
import type { RoutingTable } from './routing-table.ts'
import type { Wire } from './wire.ts'

/** One thing is done for each table in this time, milliseconds. */
export const STEP_MS = 5000
/** A contact that failed is not asked again sooner, milliseconds. */
const AGAIN_MS = 5000
/** One that is stale, and still there because nobody has come in its place: after a partition that is how two halves meet. */
const STALE_AGAIN_MS = 10 * 60_000

/**
 * Keeps the tables true: contacts that failed are pinged until it is clear whether they are gone, buckets without traffic are
 * refreshed by a lookup of a random id in their range (2002 paper, §2.3), contacts that were silent for long are pinged.
 * One of these per step and table, so that a table costs the network little.
 */
export class Maintenance {
  readonly #wire: Wire
  readonly #search: (target: Uint8Array, family: 4 | 6, nowMs: number) => void

  constructor(wire: Wire, search: (target: Uint8Array, family: 4 | 6, nowMs: number) => void) {
    this.#wire = wire
    this.#search = search
  }

  step(nowMs: number): void {
    for (const family of [4, 6] as const) {
      const table = this.#wire.table(family)
      if (table && table.size > 0) this.#stepFor(table, family, nowMs)
    }
  }

  #stepFor(table: RoutingTable, family: 4 | 6, nowMs: number): void {
    let failing: Contact | undefined
    let silent: Contact | undefined
    let stale: Contact | undefined
    for (const { contacts } of table.buckets) {
      for (const contact of contacts) {
        if (contact.askedMs >= nowMs - (contact.stale ? STALE_AGAIN_MS : AGAIN_MS)) continue
        if (contact.stale) stale = earlier(stale, contact)
        else if (contact.fails > 0) failing = earlier(failing, contact)
        else if (!contact.isGood(nowMs)) silent = earlier(silent, contact)
      }
    }
    if (failing) return this.#ping(failing, nowMs)
    const target = table.refreshTarget(nowMs, this.#wire.random)
    if (target) this.#search(target, family, nowMs)
    else if (silent) this.#ping(silent, nowMs)
    else if (stale) this.#ping(stale, nowMs)
  }

  #ping(contact: Contact, nowMs: number): void {
    this.#wire.ask(contact.address, 'ping', {}, { replied: () => undefined }, nowMs)
  }
}

/** Who was asked longest ago comes first. */
function earlier(a: Contact | undefined, b: Contact): Contact {
  return a && a.askedMs <= b.askedMs ? a : b
}
