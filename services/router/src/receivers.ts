import { type Budget, type Item, parseEntry, type ReceiverEntry, recordTarget, toHex } from '@p2pmsg/protocol'
import { TokenBucket } from './edge/token-bucket.ts'
import { entryRefused } from './events.ts'

/** A receiver that this cluster hosts, with what it may take. */
export type Hosted = Readonly<{
  entry: ReceiverEntry
  /** Where its record is found in the DHT, 20 bytes. */
  target: Uint8Array
  /** What it takes from everybody together, on this router. */
  budget: TokenBucket
}>

/** Hosted receivers. Routers hold all of them in memory. */
const RECEIVERS_MAX = 100_000

/** Who wants to know which receivers are hosted. */
export type ReceiversListener = Readonly<{ hosted: (receiver: Hosted) => void; gone: (target: Uint8Array) => void }>

/** The hosted receivers, as the bucket tells them: by key for messages, by target for those who look up a record. */
export class Receivers {
  readonly #byKey = new Map<string, Hosted>() // BOUNDED by RECEIVERS_MAX
  readonly #byTarget = new Map<string, Hosted>()
  #listener: ReceiversListener | undefined

  /** Tells of all that are hosted, and from now on of each change. One can listen at a time. @returns how to stop */
  follow(listener: ReceiversListener): () => void {
    this.#listener = listener
    for (const hosted of this.#byKey.values()) listener.hosted(hosted)
    return () => {
      this.#listener = undefined
    }
  }

  get size(): number {
    return this.#byKey.size
  }

  /** @param name the entry's name in the bucket: the key in hex */
  put(name: string, bytes: Uint8Array, nowMs: number): void {
    const entry = parseEntry(name, bytes)
    if (!entry.ok) return entryRefused(entry.fault)
    const known = this.#byKey.get(name)
    if (!known && this.#byKey.size >= RECEIVERS_MAX) return entryRefused('too-many-receivers')
    const { key, budget: limit } = entry.value
    const target = recordTarget(key)
    // A new record must not fill the bucket anew.
    const budget = known && sameBudget(known.entry.budget, limit) ? known.budget : new TokenBucket(limit, nowMs)
    const hosted = { entry: entry.value, target, budget }
    this.#byKey.set(name, hosted)
    this.#byTarget.set(toHex(target), hosted)
    this.#listener?.hosted(hosted)
  }

  remove(name: string): void {
    const known = this.#byKey.get(name)
    if (!known) return
    this.#byKey.delete(name)
    this.#byTarget.delete(toHex(known.target))
    this.#listener?.gone(known.target)
  }

  find(key: Uint8Array): Hosted | undefined {
    return this.#byKey.get(toHex(key))
  }

  /** The record whose BEP 44 target this is. */
  record(target: Uint8Array): Item | undefined {
    return this.#byTarget.get(toHex(target))?.entry.item
  }
}

function sameBudget(a: Budget, b: Budget): boolean {
  return a.perSecond === b.perSecond && a.burst === b.burst
}
