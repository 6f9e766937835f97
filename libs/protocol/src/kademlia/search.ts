import { equalBytes } from '../bytes/bytes.ts'
import type { Dict } from '../bytes/dict.ts'
import { type NodeContact, parseCompactAddress, parseCompactNodes, type UdpAddress } from '../krpc/compact.ts'
import { itemOf, verifyItem } from '../message/item.ts'
import { type AddressKey, addressKey } from './address-key.ts'
import { sharedPrefixBits } from './distance.ts'
import { type Candidate, Lookup, type LookupOptions } from './lookup.ts'
import { ITEM_VALUE_BYTES_MAX, isSigned, type Storable, targetOf } from './stored-item.ts'
import type { Wire } from './wire.ts'

/** Tokens longer than this are no token: nobody sends them back. */
const TOKEN_BYTES_MAX = 64
/** Peers that one search collects. */
const PEERS_FOUND_MAX = 2000
/** Our own node's contacts to start from: as many as may be in flight, and some for those who are gone. */
const SEEDS_MAX = 16

/** What became of one query of a search. */
export type Hop = NodeContact &
  Readonly<{
    outcome: 'answered' | 'refused' | 'late'
    /** Answers that led to this node; 0 = from our own table. */
    hops: number
    /** Leading bits that its id shares with the target: it grows as the search comes closer. */
    bits: number
    /** Nodes that it named, and peers. */
    nodes: number
    peers: number
    /** It had the item, and the signature or the hash is right. */
    item: Storable | undefined
    tookMs: number
  }>

export type SearchQuestion = Readonly<{
  method: 'find_node' | 'get_peers' | 'get'
  target: Uint8Array
  family: 4 | 6
  /** Of a signed item; the answers do not carry it. */
  salt?: Uint8Array
  onHop?: (hop: Hop) => void
}>

/** A node that answered, with the token that lets us write to it. */
export type Answerer = NodeContact & Readonly<{ token: Uint8Array | undefined; hops: number }>

export type Found = Readonly<{
  target: Uint8Array
  /** The k closest that answered, closest first. */
  closest: readonly Answerer[]
  peers: readonly UdpAddress[]
  /** The item with the highest `seq` whose signature, or hash, is right. */
  item: Storable | undefined
  queries: number
  answers: number
  /** How many answers led to the closest node. */
  hops: number
  tookMs: number
}>

/** A lookup on the wire: FIND_NODE or FIND_VALUE of the 2002 paper, §2.3, over the nodes of one family of addresses. */
export class Search {
  readonly #wire: Wire
  readonly #question: SearchQuestion
  readonly #lookup: Lookup
  readonly #onDone: (found: Found, nowMs: number) => void
  readonly #startedMs: number
  readonly #tokens = new Map<Candidate, Uint8Array>() // BOUNDED by the lookup's queries
  readonly #peers = new Map<AddressKey, UdpAddress>() // BOUNDED by PEERS_FOUND_MAX
  #item: Storable | undefined
  #ended = false

  constructor(
    wire: Wire,
    question: SearchQuestion,
    options: LookupOptions,
    onDone: (found: Found, nowMs: number) => void,
    nowMs: number,
  ) {
    this.#wire = wire
    this.#question = question
    this.#onDone = onDone
    this.#startedMs = nowMs
    const { target, family } = question
    const table = wire.table(family)
    table?.refreshed(target, nowMs)
    this.#lookup = new Lookup(target, table?.closest(target, SEEDS_MAX) ?? [], options)
  }

  /** To be called once; the end may come at once, when there is nobody to ask. */
  start(nowMs: number): void {
    this.#advance(nowMs)
  }

  #advance(nowMs: number): void {
    if (this.#ended) return
    for (const candidate of this.#lookup.next()) this.#ask(candidate, nowMs)
    if (this.#lookup.done) this.#end(nowMs)
  }

  #ask(candidate: Candidate, nowMs: number): void {
    const { method, target } = this.#question
    const args = method === 'get_peers' ? { info_hash: target } : { target }
    const sent = this.#wire.ask(
      candidate.address,
      method,
      args,
      {
        replied: ({ body, id }, atMs) => this.#onReply(candidate, id, body, nowMs, atMs),
        refused: (_error, atMs) => {
          this.#lookup.failed(candidate)
          this.#tell(candidate, 'refused', atMs - nowMs)
          this.#advance(atMs)
        },
        late: (atMs) => {
          this.#lookup.late(candidate)
          this.#tell(candidate, 'late', atMs - nowMs)
          this.#advance(atMs)
        },
      },
      nowMs,
    )
    if (!sent) this.#lookup.failed(candidate)
  }

  #onReply(candidate: Candidate, id: Uint8Array, body: Dict, askedMs: number, nowMs: number): void {
    if (this.#ended) return
    const { family, method } = this.#question
    const nodes = parseCompactNodes(body.bytes(family === 4 ? 'nodes' : 'nodes6') ?? NONE, family)
    this.#lookup.answered(candidate, id, nodes)
    for (const node of nodes) this.#wire.heardOf(node, nowMs)
    const token = body.bytes('token')
    if (token && token.length <= TOKEN_BYTES_MAX) this.#tokens.set(candidate, token)
    const peers = method === 'get_peers' ? this.#collectPeers(body) : 0
    const item = method === 'get' ? this.#itemIn(body) : undefined
    if (item) this.#keep(item)
    this.#tell(candidate, 'answered', nowMs - askedMs, { nodes: nodes.length, peers, item })
    // An item under its own hash cannot get any newer.
    if (this.#item && !isSigned(this.#item)) this.#end(nowMs)
    else this.#advance(nowMs)
  }

  /** @returns how many it had */
  #collectPeers(body: Dict): number {
    const values = body.list('values') ?? []
    for (const value of values) {
      const peer = value instanceof Uint8Array ? parseCompactAddress(value) : undefined
      if (peer && peer.port !== 0 && this.#peers.size < PEERS_FOUND_MAX) this.#peers.set(addressKey(peer), peer)
    }
    return values.length
  }

  /** The item of an answer, if it stands where it should and its signature or hash is right. */
  #itemIn(body: Dict): Storable | undefined {
    const { target, salt } = this.#question
    const value = body.raw('v')
    if (!value || value.length > ITEM_VALUE_BYTES_MAX) return undefined
    const item = itemOf(body)
    if (!item.ok) return equalBytes(targetOf({ value }), target) ? { value } : undefined
    const signed = { ...item.value, salt: salt ?? NONE }
    return equalBytes(targetOf(signed), target) && verifyItem(signed) ? signed : undefined
  }

  #keep(item: Storable): void {
    const best = this.#item
    if (best && isSigned(best) && isSigned(item) && best.seq >= item.seq) return
    this.#item = item
  }

  #tell(
    { id, address, hops }: Candidate,
    outcome: Hop['outcome'],
    tookMs: number,
    said: Pick<Hop, 'nodes' | 'peers' | 'item'> = NOTHING_SAID,
  ): void {
    const { onHop, target } = this.#question
    onHop?.({ id, address, hops, outcome, tookMs, bits: sharedPrefixBits(id, target), ...said })
  }

  #end(nowMs: number): void {
    if (this.#ended) return
    this.#ended = true
    const closest = this.#lookup.closest.map(
      (candidate): Answerer => ({
        id: candidate.id,
        address: candidate.address,
        hops: candidate.hops,
        token: this.#tokens.get(candidate),
      }),
    )
    const found: Found = {
      target: this.#question.target,
      closest,
      peers: [...this.#peers.values()],
      item: this.#item,
      queries: this.#lookup.queries,
      answers: this.#lookup.answers,
      hops: closest[0]?.hops ?? 0,
      tookMs: nowMs - this.#startedMs,
    }
    this.#onDone(found, nowMs)
  }
}

const NONE = new Uint8Array(0)
const NOTHING_SAID = { nodes: 0, peers: 0, item: undefined }
