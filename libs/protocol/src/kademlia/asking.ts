import { parseCompactAddress, type UdpAddress } from '../krpc/compact.ts'
import { encodeQuery } from '../krpc/encode.ts'
import type { Outgoing } from '../machine.ts'
import { familyOf } from './address-key.ts'
import type { Agenda } from './agenda.ts'
import { ExternalAddress } from './external-address.ts'
import { Pace } from './pace.ts'
import type { AddressProofs } from './proofs.ts'
import type { RoutingTable } from './routing-table.ts'
import { Timeouts } from './timeouts.ts'
import { type KrpcError, type Outcome, type Reply, Transactions } from './transactions.ts'
import type { Arguments, QueryMethod } from './wire.ts'

/**
 * Queries are padded to so many bytes, that a full answer is not more than three times as much: to those we ask we are unproved
 * at first, as they are to us.
 */
const PADDED_BYTES: Readonly<Partial<Record<QueryMethod, number>>> = { find_node: 160, get_peers: 200, get: 400 }
/** What `pad` itself adds: key, length and colon. */
const PAD_HEAD_BYTES = 9
/** Sizes of queries without `pad`; one method's differ by a few bytes at most. */
const BARE_BYTES: Readonly<Partial<Record<QueryMethod, number>>> = { find_node: 103, get_peers: 106, get: 96 }

/** Queries that wait for their node's turn; who would let one more wait is refused. */
const PACED_MAX = 1024

export type AskingParts = Readonly<{
  id: Uint8Array
  agenda: Agenda
  proofs: AddressProofs
  random: (bytes: number) => Uint8Array
  readOnly: boolean
  table: (family: 4 | 6) => RoutingTable | undefined
  send: (outgoing: Outgoing) => void
}>

/** The asking half of a node: sends queries, takes answers, and keeps the table by what became of them. */
export class Asking {
  readonly #parts: AskingParts
  readonly #transactions: Transactions
  readonly #external = new ExternalAddress()
  readonly #pace = new Pace()
  #waiting = 0
  readonly counts: Transactions['counts'] & { answers: number; errors: number; paced: number }

  constructor(parts: AskingParts) {
    this.#parts = parts
    this.#transactions = new Transactions(parts.agenda, new Timeouts(), parts.random)
    this.counts = Object.assign(this.#transactions.counts, { answers: 0, errors: 0, paced: 0 })
  }

  /** Our address by the word of enough others. */
  get externalAddress(): UdpAddress | undefined {
    return this.#external.believed
  }

  get open(): number {
    return this.#transactions.size
  }

  /** Whether an answer under this transaction is waited for, from whomever. */
  awaits(t: Uint8Array): boolean {
    return this.#transactions.has(t)
  }

  /** Sends a query: at once, or when it is the node's turn. @returns false when too much is under way: no outcome follows */
  ask(to: UdpAddress, method: QueryMethod, args: Arguments, outcome: Outcome, nowMs: number): boolean {
    const waitMs = this.#pace.take(to, nowMs)
    if (waitMs === 0) return this.#send(to, method, args, outcome, nowMs)
    if (waitMs === undefined || this.#waiting >= PACED_MAX) {
      this.counts.refusedToAsk++
      return false
    }
    this.counts.paced++
    this.#waiting++
    this.#parts.agenda.at(nowMs + waitMs, (atMs) => {
      this.#waiting--
      if (this.#send(to, method, args, outcome, atMs)) return
      outcome.late?.(atMs)
      outcome.lost?.(atMs)
    })
    return true
  }

  #send(to: UdpAddress, method: QueryMethod, args: Arguments, outcome: Outcome, nowMs: number): boolean {
    const { id, readOnly, send } = this.#parts
    const table = this.#parts.table(familyOf(to))
    const t = this.#transactions.open(
      to,
      {
        ...outcome,
        lost: (atMs) => {
          table?.failed(to)
          outcome.lost?.(atMs)
        },
      },
      nowMs,
    )
    if (!t) return false
    const contact = table?.get(to)
    if (contact) contact.askedMs = nowMs
    send({ to, bytes: encodeQuery(t, method, { id, ...args, pad: paddingFor(method) }, readOnly) })
    return true
  }

  /** An answer to one of our queries, or a stray. Only who answers from where it was asked comes into the table. */
  settle(frame: Reply | KrpcError, from: UdpAddress, nowMs: number): void {
    // The table first: what the outcome does next may ask it for the closest.
    this.#transactions.settle(frame, from, nowMs, () => {
      this.#parts.proofs.prove(from, nowMs)
      if (frame.kind === 'error') {
        this.counts.errors++
        return
      }
      this.counts.answers++
      this.#parts.table(familyOf(from))?.answered(frame.id, from, nowMs)
      const seen = frame.ip && parseCompactAddress(frame.ip)
      if (seen) this.#external.vote(seen, from)
    })
  }
}

/** One piece for each size: the bytes mean nothing. */
const PADDINGS = Object.fromEntries(
  Object.entries(PADDED_BYTES).map(([method, bytes]) => [
    method,
    new Uint8Array(bytes - PAD_HEAD_BYTES - (BARE_BYTES[method as QueryMethod] ?? 0)),
  ]),
) as Partial<Record<QueryMethod, Uint8Array>>

function paddingFor(method: QueryMethod): Uint8Array | undefined {
  return PADDINGS[method]
}
