import { equalBytes } from '../bytes/bytes.ts'
import type { NodeContact } from '../krpc/compact.ts'
import { type AddressKey, addressKey, prefixKey } from './address-key.ts'
import { compareDistance } from './id.ts'

/** How many of the closest nodes a lookup wants to have heard answer: the k of replies in Mainline. */
export const LOOKUP_K = 8
/** Queries in flight at the start (the paper's α, §2.3), and at most, when answers fail to come. */
const ALPHA = 5
const ALPHA_MAX = 10
/** How often one node is asked: one lost datagram is not a dead node. */
const TRIES_MAX = 2
/** Nodes that are remembered, the closest ones. */
const CANDIDATES_MAX = 64
/** Nodes of one answer that are looked at. */
const NODES_PER_ANSWER_MAX = 40
/** Queries of one lookup, answered or not: what an endless chain of ever closer liars costs. */
const QUERIES_MAX = 96
/** Candidates of one /24 or /56: a stranger with one network cannot fill the list. */
const PREFIX_CANDIDATES_MAX = 2

type State = 'new' | 'asked' | 'late' | 'answered' | 'failed'

export type Candidate = NodeContact & {
  readonly key: AddressKey
  /** Answers that led here; 0 = from our own table. */
  readonly hops: number
  state: State
  tries: number
}

export type LookupOptions = Readonly<{ prefixCandidatesMax?: number }>

/**
 * The node lookup (2002 paper, §2.3): ask the closest nodes known for closer ones until the k closest have answered. Knows
 * nothing of datagrams or time: `next` says whom to ask, `answered`, `late` and `failed` are what became of it.
 */
export class Lookup {
  readonly target: Uint8Array
  readonly #prefixMax: number
  readonly #candidates: Candidate[] = [] // BOUNDED by CANDIDATES_MAX, closest first
  readonly #seen = new Set<AddressKey>() // BOUNDED by QUERIES_MAX answers of NODES_PER_ANSWER_MAX
  #inFlight = 0
  #alpha = ALPHA
  #queries = 0
  #answers = 0

  constructor(target: Uint8Array, seeds: readonly NodeContact[], options: LookupOptions = {}) {
    this.target = target
    this.#prefixMax = options.prefixCandidatesMax ?? PREFIX_CANDIDATES_MAX
    for (const seed of seeds) this.#add(seed, 0)
  }

  get queries(): number {
    return this.#queries
  }

  get answers(): number {
    return this.#answers
  }

  /** The closest that have answered, closest first, at most {@link LOOKUP_K}. */
  get closest(): readonly Candidate[] {
    return this.#candidates.filter(({ state }) => state === 'answered').slice(0, LOOKUP_K)
  }

  /** The k closest have answered, or nobody is left to ask. */
  get done(): boolean {
    if (this.#queries >= QUERIES_MAX) return this.#inFlight === 0
    let answered = 0
    for (const { state } of this.#candidates) {
      if (state === 'failed') continue
      if (state !== 'answered') return false
      if (++answered >= LOOKUP_K) return true
    }
    return true
  }

  /** Whom to ask now; each is in flight from here on. Call again after anything has changed. */
  next(): readonly Candidate[] {
    const asked: Candidate[] = []
    let promising = 0
    for (const candidate of this.#candidates) {
      if (promising >= LOOKUP_K || this.#inFlight >= this.#alpha || this.#queries >= QUERIES_MAX) break
      const { state } = candidate
      // Who is late does not count among the k: the one behind is asked as well, in case it never answers.
      if (state === 'new' || state === 'asked' || state === 'answered') promising++
      if (state === 'new' || (state === 'late' && candidate.tries < TRIES_MAX)) {
        candidate.state = 'asked'
        candidate.tries++
        this.#inFlight++
        this.#queries++
        asked.push(candidate)
      }
    }
    return asked
  }

  /** @param id the answerer's own word on its id @param nodes what it knows, from its answer */
  answered(candidate: Candidate, id: Uint8Array, nodes: readonly NodeContact[]): void {
    this.#answers++
    this.#landed(candidate)
    // Another id than the one it was named by: whoever it is, it does not stand where we were told.
    candidate.state = equalBytes(id, candidate.id) ? 'answered' : 'failed'
    const closest = this.#candidates[0]
    for (const node of nodes.slice(0, NODES_PER_ANSWER_MAX)) this.#add(node, candidate.hops + 1)
    // "If a round fails to return a node any closer than the closest already seen, the initiator resends to all of the k
    // closest nodes it has not already queried" (§2.3): the end is near, and waiting for one after another would only take time.
    if (this.#candidates[0] === closest) this.#alpha = ALPHA_MAX
  }

  /** No answer within the peer's timeout: it is asked once more, and others sooner. An answer may still come. */
  late(candidate: Candidate): void {
    this.#landed(candidate)
    if (candidate.state !== 'asked') return
    candidate.state = candidate.tries < TRIES_MAX ? 'late' : 'failed'
    this.#alpha = Math.min(this.#alpha + 1, ALPHA_MAX)
  }

  /** It answered with an error, or could not be asked. */
  failed(candidate: Candidate): void {
    this.#landed(candidate)
    if (candidate.state !== 'answered') candidate.state = 'failed'
  }

  #landed(candidate: Candidate): void {
    if (candidate.state === 'asked') this.#inFlight--
  }

  #add({ id, address }: NodeContact, hops: number): void {
    const key = addressKey(address)
    if (address.port === 0 || this.#seen.has(key)) return
    const candidates = this.#candidates
    const at = this.#placeFor(id)
    if (at >= CANDIDATES_MAX || (candidates[at] && equalBytes(candidates[at].id, id))) return
    const prefix = prefixKey(address.ip)
    if (candidates.filter(({ address }) => prefixKey(address.ip) === prefix).length >= this.#prefixMax) return
    this.#seen.add(key)
    candidates.splice(at, 0, { id, address, key, hops, state: 'new', tries: 0 })
    // Only who was never asked is dropped: an answer on its way would find nobody.
    if (candidates.length > CANDIDATES_MAX && candidates.at(-1)?.state === 'new') candidates.pop()
  }

  #placeFor(id: Uint8Array): number {
    let [low, high] = [0, this.#candidates.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareDistance(this.target, (this.#candidates[middle] as Candidate).id, id) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
