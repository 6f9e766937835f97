import {
  compactAddress,
  encodeQuery,
  encodeReply,
  type Frame,
  type Machine,
  type Outgoing,
  parseFrame,
  TRANSACTION_BYTES,
  type UdpAddress,
} from '@p2pmsg/protocol'
import type { Answer, Call } from './call.ts'
import { RoundTrip } from './round-trip.ts'

/** Questions open at once; opening one more is the caller's defect, who keeps a window far below it. */
const CALLS_MAX = 8_192
/** Peers whose round-trip time is remembered; the one first asked longest ago makes room. */
const PEERS_MAX = 256
/** Peers whose answer to one call is taken: those of its last attempts. */
const ASKED_MAX = 4

type Open = {
  readonly call: Call
  readonly t: Uint8Array
  /** Keys of the peers asked, latest last. */
  readonly asked: string[]
  sent: number
  sentMs: number
  dueMs: number
}

/** Names an open call. */
export type CallId = number

/**
 * The asking half of a KRPC node (BEP 5), without I/O: transactions, their timeouts, and pongs to those whom we asked, which is
 * how a router proves our address. It answers no other query (BEP 43), and nobody else.
 */
export class Calls implements Machine {
  readonly #open = new Map<CallId, Open>() // BOUNDED by CALLS_MAX
  readonly #peers = new Map<string, RoundTrip>() // BOUNDED by PEERS_MAX
  readonly #id: Uint8Array
  #nextId: CallId
  #deadline: number | undefined
  /** Datagrams that were no answer to an open question, and how many were no KRPC at all. */
  readonly counts = { stray: 0, faulty: 0, pongs: 0 }

  /** @param id our node id, 20 bytes @param firstTransaction uint32, random: strangers must not guess it */
  constructor(id: Uint8Array, firstTransaction: number) {
    this.#id = id
    this.#nextId = firstTransaction
  }

  /** Never later than the next wait's end; it may be earlier, after calls have ended. */
  get deadline(): number | undefined {
    return this.#open.size === 0 ? undefined : this.#deadline
  }

  get size(): number {
    return this.#open.size
  }

  /** How long to wait for this peer, milliseconds. */
  timeoutMs(to: UdpAddress): number {
    return this.#peers.get(keyOf(to))?.timeoutMs ?? new RoundTrip().timeoutMs
  }

  open(call: Call, nowMs: number): { id: CallId; outgoing: Outgoing[] } {
    if (this.#open.size >= CALLS_MAX) throw new RangeError(`more than ${CALLS_MAX} open calls`)
    while (this.#open.has(this.#nextId)) this.#nextId = (this.#nextId + 1) >>> 0
    const id = this.#nextId
    this.#nextId = (id + 1) >>> 0
    const t = Buffer.alloc(TRANSACTION_BYTES)
    t.writeUInt32BE(id)
    const open = { call, t, asked: [], sent: 0, sentMs: nowMs, dueMs: nowMs }
    this.#open.set(id, open)
    return { id, outgoing: this.#transmit(id, open, nowMs) }
  }

  /** Transmits now, whatever the call waits for. */
  wake(id: CallId, nowMs: number): Outgoing[] {
    const open = this.#open.get(id)
    return open ? this.#transmit(id, open, nowMs) : []
  }

  /** Forgets a call without a word to it. */
  close(id: CallId): void {
    this.#open.delete(id)
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): Outgoing[] {
    const frame = parseFrame(bytes)
    if (!frame.ok) {
      this.counts.faulty++
      return []
    }
    const peer = keyOf(from)
    return frame.value.kind === 'query'
      ? this.#pong(frame.value, from, peer)
      : this.#answer(frame.value, from, peer, nowMs)
  }

  tick(nowMs: number): Outgoing[] {
    const outgoing: Outgoing[] = []
    this.#deadline = undefined
    for (const [id, open] of this.#open) {
      if (open.dueMs <= nowMs) outgoing.push(...this.#transmit(id, open, nowMs))
      else this.#wakeAt(open.dueMs)
    }
    return outgoing
  }

  #pong(query: Frame & { kind: 'query' }, from: UdpAddress, peer: string): Outgoing[] {
    if (query.method !== 'ping' || !this.#peers.has(peer)) {
      this.counts.stray++
      return []
    }
    this.counts.pongs++
    return [{ to: from, bytes: encodeReply(query.t, { id: this.#id }, compactAddress(from)) }]
  }

  #answer(frame: Exclude<Frame, { kind: 'query' }>, from: UdpAddress, peer: string, nowMs: number): Outgoing[] {
    const id = frame.t.length === TRANSACTION_BYTES ? Buffer.from(frame.t).readUInt32BE() : undefined
    const open = id === undefined ? undefined : this.#open.get(id)
    if (id === undefined || !open?.asked.includes(peer)) {
      this.counts.stray++ // late, or from somebody whom we did not ask
      return []
    }
    if (open.call.timed && open.sent === 1) this.#peers.get(peer)?.measured(nowMs - open.sentMs)
    const next = open.call.answered(answerOf(frame, from), open.sent, nowMs)
    if (next === 'done') this.#open.delete(id)
    else if (next !== 'wait') {
      open.dueMs = nowMs + next.againInMs
      if (next.againInMs <= 0) return this.#transmit(id, open, nowMs)
      this.#wakeAt(open.dueMs)
    }
    return []
  }

  #transmit(id: CallId, open: Open, nowMs: number): Outgoing[] {
    const attempt = open.call.attempt(open.sent, nowMs)
    if (!attempt) {
      this.#open.delete(id)
      open.call.unanswered()
      return []
    }
    open.dueMs = nowMs + attempt.waitMs
    this.#wakeAt(open.dueMs)
    if (!attempt.datagram) return []
    const { to, method, args } = attempt.datagram
    this.#remember(open, keyOf(to))
    open.sent++
    open.sentMs = nowMs
    // Read-only (BEP 43): nobody is to keep us in a routing table, we are gone in a moment.
    return [{ to, bytes: encodeQuery(open.t, method, { id: this.#id, ...args }, true) }]
  }

  #remember(open: Open, peer: string): void {
    if (!open.asked.includes(peer)) {
      if (open.asked.length === ASKED_MAX) open.asked.shift()
      open.asked.push(peer)
    }
    if (this.#peers.has(peer)) return
    if (this.#peers.size >= PEERS_MAX) {
      const [eldest] = this.#peers.keys()
      if (eldest !== undefined) this.#peers.delete(eldest)
    }
    this.#peers.set(peer, new RoundTrip())
  }

  #wakeAt(dueMs: number): void {
    if (this.#deadline === undefined || dueMs < this.#deadline) this.#deadline = dueMs
  }
}

function answerOf(frame: Exclude<Frame, { kind: 'query' }>, from: UdpAddress): Answer {
  return frame.kind === 'reply'
    ? { kind: 'reply', body: frame.body, id: frame.id, ip: frame.ip, from }
    : { kind: 'error', code: frame.code, text: frame.text, from }
}

/** One string per address, for maps. */
function keyOf({ ip, port }: UdpAddress): string {
  return `${Buffer.from(ip.buffer, ip.byteOffset, ip.length).toString('latin1')}${port}`
}
