import type { UdpAddress } from '../krpc/compact.ts'
import type { Query } from '../krpc/query.ts'
import { memberBytes, type ReplyKey, ReplyWriter, rawBytes, stringBytes } from '../krpc/reply-writer.ts'
import { KRPC_OUT_BYTES_MAX } from '../limits.ts'
import { type AddressKey, addressKey, familyOf } from './address-key.ts'
import { type Contact, Nearest } from './contact.ts'
import { LOOKUP_K } from './lookup.ts'
import { krpcBudget, PING_BYTES } from './reply-budget.ts'
import type { RoutingTable } from './routing-table.ts'
import type { Storage } from './storage.ts'
import { isSigned, type Storable } from './stored-item.ts'
import { TOKEN_BYTES, type Tokens } from './token.ts'

/** BEP 51: nobody is told our hashes; the interval says not to ask again for six hours, seconds. */
const SAMPLE_INTERVAL_SECONDS = 21_600
/** Nodes that make room for peers in a reply that cannot hold all. */
const NODES_BESIDE_VALUES = 4

/** Entries of `want` that are looked at. */
const WANT_MAX = 4
const TOKEN_MEMBER_BYTES = memberBytes('token', TOKEN_BYTES)
const NODE_BYTES = { 4: 26, 6: 38 } as const
const NODES_KEY = { 4: 'nodes', 6: 'nodes6' } as const satisfies Record<4 | 6, ReplyKey>
/** Key, colon and up to three digits of length. */
const NODES_HEAD_BYTES = 12

export type Tables = Readonly<{ 4: RoutingTable | undefined; 6: RoutingTable | undefined }>

export type ResponderParts = Readonly<{
  id: Uint8Array
  tables: Tables
  storage: Storage
  tokens: Tokens
  /** An item that is served beside the stored ones, such as a receiver record. */
  itemOf: (target: Uint8Array) => Storable | undefined
  /** Contacts to name beside those of the table, such as a cluster's other routers. */
  neighbours: (family: 4 | 6, nowMs: number) => readonly Contact[]
}>

/** A reply, and whether it left out a part for lack of room. */
export type Reading = Readonly<{ bytes: Uint8Array; short: boolean }>

/** Answers the queries that read: PING, FIND_NODE and FIND_VALUE of the 2002 paper, §2.3, as BEP 5 and BEP 44 have them. */
export class Responder {
  readonly #parts: ResponderParts
  readonly #writer = new ReplyWriter()

  constructor(parts: ResponderParts) {
    this.#parts = parts
  }

  ping(query: Query, from: UdpAddress): Uint8Array {
    return this.#begin(query, from).end(query.t)
  }

  findNode(query: Query, target: Uint8Array, from: UdpAddress, budget: number, nowMs: number): Reading {
    const writer = this.#begin(query, from)
    const short = this.#nodes(writer, query, target, from, krpcBudget(budget), nowMs)
    return { bytes: writer.end(query.t), short }
  }

  /** The peers of the packet's family, a token, and always nodes. */
  getPeers(query: Query, infoHash: Uint8Array, from: UdpAddress, budget: number, nowMs: number): Reading {
    const { storage, tokens } = this.#parts
    const family = familyOf(from)
    const writer = this.#begin(query, from)
    const room = krpcBudget(budget) - TOKEN_MEMBER_BYTES
    const one = stringBytes(family === 4 ? 6 : 18)
    const overhead = rawBytes('values', 2)
    const peers = storage.peers.peersOf(infoHash, family, nowMs)
    const beside = NODES_HEAD_BYTES + NODES_BESIDE_VALUES * NODE_BYTES[family]
    const reserve = peers ? Math.min(overhead + peers.bytes.length, room - writer.size - beside) : 0
    const short = this.#nodes(writer, query, infoHash, from, room - Math.max(reserve, 0), nowMs)
    writer.string('token', tokens.make(from.ip, infoHash, nowMs))
    if (!peers) return { bytes: writer.end(query.t), short }
    const fit = Math.max(Math.floor((krpcBudget(budget) - writer.size - overhead) / one), 0)
    const count = Math.min(fit, peers.count)
    // Beginning anywhere, so that all of many peers are told to someone.
    const first = count < peers.count ? (nowMs % peers.count) * one : 0
    if (count > 0) writer.list('values', peers.bytes, first, count * one)
    return { bytes: writer.end(query.t), short: short || fit < peers.count }
  }

  /** Zero samples (BEP 51). */
  sampleInfohashes(query: Query, target: Uint8Array, from: UdpAddress, budget: number, nowMs: number): Reading {
    const tail = memberBytes('samples', 0) + rawBytes('num', 3)
    const writer = this.#begin(query, from).int('interval', SAMPLE_INTERVAL_SECONDS)
    const short = this.#nodes(writer, query, target, from, krpcBudget(budget) - tail, nowMs)
    writer.int('num', 0).string('samples', new Uint8Array(0))
    return { bytes: writer.end(query.t), short }
  }

  /**
   * An item with token and the nodes that fit. Where the item does not fit, token and nodes alone, which is legal and lets the
   * asker prove its address and ask again. An item too large for BEP 32's limit goes alone, in the largest datagram we send.
   */
  get(query: Query, target: Uint8Array, from: UdpAddress, budget: number, nowMs: number): Reading {
    const item = this.#parts.itemOf(target) ?? this.#parts.storage.items.get(target, nowMs)
    const token = this.#parts.tokens.make(from.ip, target, nowMs)
    const known = query.args?.int('seq')
    const signed = item && isSigned(item) ? item : undefined
    const unchanged = signed !== undefined && known !== undefined && signed.seq <= known
    const value = unchanged ? undefined : item?.value
    const head = value && signed ? memberBytes('k', signed.key.length) : 0
    const seq = signed ? rawBytes('seq', String(signed.seq).length + 2) : 0
    const tail =
      (value && signed ? memberBytes('sig', signed.signature.length) : 0) + (value ? rawBytes('v', value.length) : 0)

    let writer = this.#begin(query, from)
    const full = writer.size + head + seq + TOKEN_MEMBER_BYTES + tail
    if (!value || full <= budget) {
      if (value && signed) writer.string('k', signed.key)
      const room = full > KRPC_OUT_BYTES_MAX ? budget : krpcBudget(budget)
      const short = this.#nodes(writer, query, target, from, room - seq - TOKEN_MEMBER_BYTES - tail, nowMs)
      if (signed) writer.int('seq', signed.seq)
      if (value && signed) writer.string('sig', signed.signature)
      writer.string('token', token)
      if (value) writer.raw('v', value)
      return { bytes: writer.end(query.t), short: short && !value }
    }
    writer = this.#writer.begin(this.#parts.id, query.t, undefined)
    if (writer.size + head + seq + tail <= budget) {
      if (signed) writer.string('k', signed.key).int('seq', signed.seq).string('sig', signed.signature)
      return { bytes: writer.raw('v', value).end(query.t), short: false }
    }
    writer = this.#begin(query, from)
    this.#nodes(writer, query, target, from, krpcBudget(budget - PING_BYTES) - TOKEN_MEMBER_BYTES, nowMs)
    return { bytes: writer.string('token', token).end(query.t), short: true }
  }

  #begin(query: Query, from: UdpAddress): ReplyWriter {
    return this.#writer.begin(this.#parts.id, query.t, from)
  }

  /** Writes the closest contacts of the families that are wanted (BEP 32), as many as fit. @returns whether some did not */
  #nodes(
    writer: ReplyWriter,
    query: Query,
    target: Uint8Array,
    from: UdpAddress,
    room: number,
    nowMs: number,
  ): boolean {
    let short = false
    const asker = addressKey(from)
    for (const family of familiesWanted(query, from)) {
      const table = this.#parts.tables[family]
      const others = this.#parts.neighbours(family, nowMs)
      const contacts = table ? table.closest(target, LOOKUP_K, others, asker) : nearest(target, others, asker)
      const fit = Math.floor((room - writer.size - NODES_HEAD_BYTES) / NODE_BYTES[family])
      const count = Math.min(contacts.length, Math.max(fit, 0))
      if (count < contacts.length) short = true
      if (room - writer.size >= NODES_HEAD_BYTES) writer.joined(NODES_KEY[family], contacts, count)
    }
    return short
  }
}

function nearest(target: Uint8Array, contacts: readonly Contact[], except: AddressKey): readonly Contact[] {
  const closest = new Nearest(target, LOOKUP_K, except)
  for (const contact of contacts) closest.offer(contact)
  return closest.contacts
}

const OF_PACKET = { 4: [4], 6: [6] } as const

/** The families of `want`; without it that of the packet. */
function familiesWanted(query: Query, from: UdpAddress): readonly (4 | 6)[] {
  const want = query.args?.list('want')
  if (!want) return OF_PACKET[familyOf(from)]
  const names = new Set(
    want.slice(0, WANT_MAX).map((name) => (name instanceof Uint8Array ? Buffer.from(name).toString('latin1') : '')),
  )
  const families = ([4, 6] as const).filter((family) => names.has(`n${family}`))
  return families.length > 0 ? families : OF_PACKET[familyOf(from)]
}
