import {
  compactAddress,
  type Encodable,
  encodeError,
  encodeReply,
  type Frame,
  ID_BYTES,
  type Item,
  KRPC_OUT_BYTES_MAX,
  type NodeContact,
  Raw,
  type Tokens,
  type UdpAddress,
} from '@p2pmsg/protocol'
import { nodesThatFit, wantedFamilies } from './nodes-that-fit.ts'
import type { Pings } from './pings.ts'

export type Query = Frame & { kind: 'query' }

/** What the answers are made from. */
export type Knowledge = Readonly<{
  /** Our node id, 20 bytes. */
  id: Uint8Array
  tokens: Tokens
  pings: Pings
  /** The receiver record at a BEP 44 target. */
  record: (target: Uint8Array) => Item | undefined
  closest: (target: Uint8Array, family: 4 | 6, count: number, nowMs: number) => readonly NodeContact[]
}>

/** BEP 5's error numbers. */
const PROTOCOL_ERROR = 203
const METHOD_UNKNOWN = 204

type Members = Readonly<{ [key: string]: Encodable | undefined }>

/**
 * Answers KRPC queries as a node that knows its cluster's routers and receivers, without a routing table or storage of its own:
 * `ping`, `find_node`, `get`, and what is unknown but names a target. It keeps nothing and originates nothing. A whole Kademlia
 * node can take its place behind the same {@link answer}.
 */
export class Responder {
  readonly #knows: Knowledge

  constructor(knowledge: Knowledge) {
    this.#knows = knowledge
  }

  /**
   * @param allowance most bytes that all datagrams of the answer may have together
   * @returns the datagrams for the asker; none when not even the shortest answer is allowed
   */
  answer(query: Query, from: UdpAddress, allowance: number, nowMs: number): readonly Uint8Array[] {
    const answers = this.#answer(query, from, allowance, nowMs)
    const bytes = answers.reduce((sum, answer) => sum + answer.length, 0)
    return bytes <= allowance ? answers : []
  }

  #answer(query: Query, from: UdpAddress, allowance: number, nowMs: number): readonly Uint8Array[] {
    if (query.method === 'ping') return [this.#reply(query, from, {})]
    const target = query.args.bytes('target') ?? query.args.bytes('info_hash')
    if (target?.length === ID_BYTES) {
      if (query.method === 'get') return this.#get(query, target, from, allowance, nowMs)
      return [this.#withNodes(query, target, from, {}, allowance, nowMs)] // find_node, and libtorrent's rule for the unknown
    }
    return query.method === 'get' || query.method === 'find_node'
      ? [encodeError(query.t, PROTOCOL_ERROR, 'a target of 20 bytes is needed')]
      : [encodeError(query.t, METHOD_UNKNOWN, 'method unknown')]
  }

  /** BEP 44 `get`: the record if we host its receiver, and always a token, which messages to that receiver need. */
  #get(query: Query, target: Uint8Array, from: UdpAddress, allowance: number, nowMs: number): readonly Uint8Array[] {
    const token = this.#knows.tokens.make(from.ip, target, nowMs)
    const item = this.#knows.record(target)
    if (!item) return [this.#withNodes(query, target, from, { token }, allowance, nowMs)]
    const asked = query.args.int('seq')
    const known = asked !== undefined && item.seq <= asked
    const members = known
      ? { token, seq: item.seq }
      : { token, k: item.key, sig: item.signature, seq: item.seq, v: new Raw(item.value) }
    const bare = this.#reply(query, from, members).length
    return bare <= Math.min(allowance, KRPC_OUT_BYTES_MAX)
      ? [this.#filled(query, target, from, members, bare, allowance, nowMs)]
      : this.#withoutItem(query, target, from, token, allowance, nowMs)
  }

  /** More than an unproved address may be sent: token and nodes, and a ping whose pong lets it ask again for the rest. */
  #withoutItem(
    query: Query,
    target: Uint8Array,
    from: UdpAddress,
    token: Uint8Array,
    allowance: number,
    nowMs: number,
  ) {
    const ping = this.#knows.pings.make(from.ip, nowMs)
    const bare = this.#reply(query, from, { token })
    if (bare.length + ping.length > allowance) return [bare]
    return [this.#filled(query, target, from, { token }, bare.length, allowance - ping.length, nowMs), ping]
  }

  #withNodes(query: Query, target: Uint8Array, from: UdpAddress, members: Members, allowance: number, nowMs: number) {
    const bare = this.#reply(query, from, members).length
    return this.#filled(query, target, from, members, bare, allowance, nowMs)
  }

  /** A reply filled up with as many of the closest nodes as fit. @param bare its bytes without any */
  #filled(
    query: Query,
    target: Uint8Array,
    from: UdpAddress,
    members: Members,
    bare: number,
    allowance: number,
    nowMs: number,
  ): Uint8Array {
    const room = Math.min(allowance, KRPC_OUT_BYTES_MAX) - bare
    const families = wantedFamilies(query.args.list('want'), from.ip)
    const lists = nodesThatFit(room, families, (family, count) => this.#knows.closest(target, family, count, nowMs))
    return this.#reply(query, from, { ...members, ...lists })
  }

  #reply(query: Query, from: UdpAddress, members: Members): Uint8Array {
    return encodeReply(query.t, { id: this.#knows.id, ...members }, compactAddress(from))
  }
}
