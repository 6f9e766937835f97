import type { UdpAddress } from '../krpc/compact.ts'
import { TRANSACTION_BYTES } from '../krpc/encode.ts'
import type { Frame } from '../krpc/frame.ts'
import { type AddressKey, addressKey } from './address-key.ts'
import type { Agenda } from './agenda.ts'
import type { Timeouts } from './timeouts.ts'

/** Queries that may be open at once; who would open one more is refused. */
const TRANSACTIONS_MAX = 4096
/** An answer is taken for this long after the query, milliseconds, however early the query was called late. */
const ANSWER_MS_MAX = 5000

export type Reply = Extract<Frame, { kind: 'reply' }>
export type KrpcError = Extract<Frame, { kind: 'error' }>

/** What becomes of a query: maybe `late`, and then exactly one of the others. */
export type Outcome = Readonly<{
  replied: (reply: Reply, nowMs: number) => void
  refused?: (error: KrpcError, nowMs: number) => void
  /** No answer within the peer's timeout; one may still come. */
  late?: (nowMs: number) => void
  /** No answer within {@link ANSWER_MS_MAX}. */
  lost?: (nowMs: number) => void
}>

type Open = Readonly<{ peer: AddressKey; sentMs: number; outcome: Outcome }>

/** Our open queries, by the transaction id that their answers bring back (2002 paper, §2.3: the RPC ID). */
export class Transactions {
  readonly #open = new Map<number, Open>() // BOUNDED by TRANSACTIONS_MAX
  readonly #agenda: Agenda
  readonly #timeouts: Timeouts
  readonly #random: (bytes: number) => Uint8Array
  readonly counts = { asked: 0, refusedToAsk: 0, late: 0, lateAnswers: 0, lost: 0, stray: 0, wrongAddress: 0 }

  constructor(agenda: Agenda, timeouts: Timeouts, random: (bytes: number) => Uint8Array) {
    this.#agenda = agenda
    this.#timeouts = timeouts
    this.#random = random
  }

  get size(): number {
    return this.#open.size
  }

  /** @returns the query's transaction id, which nobody can guess; undefined when too many are open */
  open(to: UdpAddress, outcome: Outcome, nowMs: number): Uint8Array | undefined {
    if (this.#open.size >= TRANSACTIONS_MAX) {
      this.counts.refusedToAsk++
      return undefined
    }
    let t = this.#random(TRANSACTION_BYTES)
    while (this.#open.has(numberOf(t))) t = this.#random(TRANSACTION_BYTES)
    const number = numberOf(t)
    const open: Open = { peer: addressKey(to), sentMs: nowMs, outcome }
    this.#open.set(number, open)
    this.counts.asked++
    const timeoutMs = Math.ceil(this.#timeouts.for(open.peer))
    this.#agenda.at(nowMs + timeoutMs, (late) => this.#onLate(number, open, late))
    return t
  }

  has(t: Uint8Array): boolean {
    return t.length === TRANSACTION_BYTES && this.#open.has(numberOf(t))
  }

  /** @param expected called before the outcome, when the answer is one that we wait for, from where we sent the query */
  settle(frame: Reply | KrpcError, from: UdpAddress, nowMs: number, expected: () => void): void {
    const number = frame.t.length === TRANSACTION_BYTES ? numberOf(frame.t) : -1
    const open = this.#open.get(number)
    if (!open) {
      this.counts.stray++
      return
    }
    if (open.peer !== addressKey(from)) {
      this.counts.wrongAddress++
      return
    }
    this.#open.delete(number)
    const tookMs = nowMs - open.sentMs
    if (tookMs > this.#timeouts.for(open.peer)) this.counts.lateAnswers++
    this.#timeouts.measured(open.peer, tookMs)
    expected()
    if (frame.kind === 'reply') open.outcome.replied(frame, nowMs)
    else open.outcome.refused?.(frame, nowMs)
  }

  #onLate(number: number, open: Open, nowMs: number): void {
    if (this.#open.get(number) !== open) return
    this.counts.late++
    this.#agenda.at(open.sentMs + ANSWER_MS_MAX, (later) => this.#onLost(number, open, later))
    open.outcome.late?.(nowMs)
  }

  #onLost(number: number, open: Open, nowMs: number): void {
    if (this.#open.get(number) !== open) return
    this.#open.delete(number)
    this.counts.lost++
    open.outcome.lost?.(nowMs)
  }
}

function numberOf(t: Uint8Array): number {
  return (((t[0] as number) << 24) | ((t[1] as number) << 16) | ((t[2] as number) << 8) | (t[3] as number)) >>> 0
}
