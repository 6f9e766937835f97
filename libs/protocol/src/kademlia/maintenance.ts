import { nodesOf, WANT_BOTH } from './bootstrap.ts'
import type { Contact } from './contact.ts'
import type { RoutingTable } from './routing-table.ts'
import type { Outcome } from './transactions.ts'
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
  readonly #own: Uint8Array
  readonly #search: (target: Uint8Array, family: 4 | 6, nowMs: number) => void
  /** Families in which our own id has been looked for since their table was last empty. */
  readonly #joined = new Set<4 | 6>()

  /** @param own our id */
  constructor(wire: Wire, own: Uint8Array, search: (target: Uint8Array, family: 4 | 6, nowMs: number) => void) {
    this.#wire = wire
    this.#own = own
    this.#search = search
  }

  step(nowMs: number): void {
    for (const family of [4, 6] as const) {
      const table = this.#wire.table(family)
      if (!table) continue
      if (table.size === 0) this.#askOthersFor(family, nowMs)
      else if (this.#joined.has(family)) this.#stepFor(table, family, nowMs)
      else {
        this.#joined.add(family)
        this.#search(this.#own, family, nowMs)
      }
    }
  }

  /** Each family is a network of its own (BEP 32); who stands in the other one may know somebody in this one. */
  #askOthersFor(family: 4 | 6, nowMs: number): void {
    this.#joined.delete(family)
    const { random, table, ask, heardOf } = this.#wire
    const [other] = table(family === 4 ? 6 : 4)?.closest(random(this.#own.length), 1) ?? []
    if (!other) return
    const replied: Outcome['replied'] = ({ body }, atMs) => {
      for (const node of nodesOf(body)) heardOf(node, atMs)
    }
    ask(other.address, 'find_node', { target: this.#own, want: WANT_BOTH }, { replied }, nowMs)
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
