import type { UdpAddress } from '../krpc/compact.ts'
import type { Outgoing } from '../machine.ts'
import { addressKey } from './address-key.ts'
import { compareDistance } from './id.ts'
import { LOOKUP_K, type LookupOptions } from './lookup.ts'
import { Publisher, type Written } from './publisher.ts'
import { type Answerer, type Found, type Hop, Search, type SearchQuestion } from './search.ts'
import type { Storage } from './storage.ts'
import { isSigned, type Storable, targetOf } from './stored-item.ts'
import type { Wire } from './wire.ts'
import { announcing, putting, type Writing, writeTo } from './write.ts'

export type OperationsParts = Readonly<{
  wire: Wire
  families: readonly (4 | 6)[]
  storage: Storage
  itemOf: (target: Uint8Array) => Storable | undefined
  perPrefixMax: number | undefined
}>

/** Calls back exactly once. A lookup with nobody to ask ends at once, with nothing found. */
export type Done<T> = (result: T, nowMs: number) => void

/** Told what becomes of each query, for those who watch a search. */
type Watching = Readonly<{ onHop?: (hop: Hop) => void }>
/** `salt`: of the signed item that is looked for. */
type GetOptions = Watching & Readonly<{ salt?: Uint8Array }>
/** `cas`: those who store another `seq` than this are to refuse (BEP 44). */
type PutOptions = Watching & Readonly<{ cas?: bigint }>

/** What a node does for its owner. Every call returns the datagrams to be sent; each ends by itself. */
export class Operations {
  readonly #parts: OperationsParts
  readonly #within: (act: () => void) => readonly Outgoing[]
  readonly #publisher: Publisher
  readonly #lookupOptions: LookupOptions

  /** @param within runs something and collects what is to be sent */
  constructor(parts: OperationsParts, within: (act: () => void) => readonly Outgoing[]) {
    this.#parts = parts
    this.#within = within
    this.#lookupOptions = parts.perPrefixMax === undefined ? {} : { prefixCandidatesMax: parts.perPrefixMax }
    const { agenda, random } = parts.wire
    this.#publisher = new Publisher(agenda, (item, onDone, nowMs) => this.#put(item, {}, onDone, nowMs), random)
  }

  /** Items that are kept published. */
  get published(): number {
    return this.#publisher.size
  }

  /** The nodes closest to a target. */
  find(target: Uint8Array, nowMs: number, onDone: Done<Found>, watching: Watching = {}): readonly Outgoing[] {
    return this.#within(() => this.#search({ method: 'find_node', target, ...watching }, onDone, nowMs))
  }

  /** BEP 44. The item with the highest `seq`, ours included. */
  get(target: Uint8Array, nowMs: number, onDone: Done<Found>, options: GetOptions = {}): readonly Outgoing[] {
    const question = { method: 'get', target, ...options } as const
    return this.#within(() => this.#search(question, (found, atMs) => onDone(this.#withOwn(found, atMs), atMs), nowMs))
  }

  /** BEP 5: who has announced itself. */
  getPeers(infoHash: Uint8Array, nowMs: number, onDone: Done<Found>, watching: Watching = {}): readonly Outgoing[] {
    const question = { method: 'get_peers', target: infoHash, ...watching } as const
    return this.#within(() => this.#search(question, onDone, nowMs))
  }

  /** BEP 5. @param port undefined = the one that our datagrams come from */
  announce(infoHash: Uint8Array, port: number | undefined, nowMs: number, onDone: Done<Written>): readonly Outgoing[] {
    const question = { method: 'get_peers', target: infoHash } as const
    return this.#within(() => this.#write(question, announcing(infoHash, port), onDone, nowMs))
  }

  /** BEP 44, once. */
  put(item: Storable, nowMs: number, onDone: Done<Written>, options: PutOptions = {}): readonly Outgoing[] {
    return this.#within(() => this.#put(item, options, onDone, nowMs))
  }

  /**
   * Puts an item now and each hour (2002 paper, §2.5).
   * @param onWritten told each time @throws {RangeError} when too many are published
   */
  publish(item: Storable, nowMs: number, onWritten?: (written: Written) => void): readonly Outgoing[] {
    return this.#within(() => {
      if (!this.#publisher.publish(item, onWritten, nowMs)) throw new RangeError('too many items are published')
    })
  }

  withdraw(target: Uint8Array): void {
    this.#publisher.withdraw(target)
  }

  /** A lookup in one family's table, for the node's own upkeep. */
  readonly searchIn = (target: Uint8Array, family: 4 | 6, onDone: Done<Found>, nowMs: number): void => {
    const question = { method: 'find_node', target, family } as const
    new Search(this.#parts.wire, question, this.#lookupOptions, onDone, nowMs).start(nowMs)
  }

  /** In all families at once (BEP 32: each is a network of its own). */
  #search(question: Omit<SearchQuestion, 'family'>, onDone: Done<Found>, nowMs: number): void {
    const { families, wire } = this.#parts
    const results: Found[] = []
    for (const family of families) {
      const end: Done<Found> = (found, atMs) => {
        results.push(found)
        if (results.length === families.length) onDone(merge(results), atMs)
      }
      new Search(wire, { ...question, family }, this.#lookupOptions, end, nowMs).start(nowMs)
    }
  }

  #put(item: Storable, { cas, ...watching }: PutOptions, onDone: Done<Written>, nowMs: number): void {
    this.#write({ method: 'get', target: targetOf(item), ...watching }, putting(item, cas), onDone, nowMs)
  }

  #write(question: Omit<SearchQuestion, 'family'>, writing: Writing, onDone: Done<Written>, nowMs: number): void {
    const { wire } = this.#parts
    this.#search(question, ({ closest }, atMs) => writeTo(wire, closest, writing, onDone, atMs), nowMs)
  }

  #withOwn(found: Found, nowMs: number): Found {
    const own = this.#parts.itemOf(found.target) ?? this.#parts.storage.items.get(found.target, nowMs)
    return own ? { ...found, item: newest(found.item, own) } : found
  }
}

function merge(results: readonly Found[]): Found {
  const [first] = results as [Found, ...Found[]]
  if (results.length === 1) return first
  const closest = results.flatMap((found): readonly Answerer[] => found.closest)
  const peers = new Map(results.flatMap(({ peers }) => peers.map((peer) => [addressKey(peer), peer] as const)))
  return {
    target: first.target,
    closest: closest.sort((a, b) => compareDistance(first.target, a.id, b.id)).slice(0, LOOKUP_K * results.length),
    peers: [...peers.values()] as readonly UdpAddress[],
    item: results.reduce<Storable | undefined>((best, { item }) => newest(best, item), undefined),
    queries: results.reduce((sum, { queries }) => sum + queries, 0),
    answers: results.reduce((sum, { answers }) => sum + answers, 0),
    hops: Math.max(...results.map(({ hops }) => hops)),
    tookMs: Math.max(...results.map(({ tookMs }) => tookMs)),
  }
}

function newest(a: Storable | undefined, b: Storable | undefined): Storable | undefined {
  if (!a || !b) return a ?? b
  return isSigned(a) && isSigned(b) && b.seq > a.seq ? b : a
}
