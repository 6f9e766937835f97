import {
  compactAddress,
  encodeRefusal,
  encodeReply,
  equalBytes,
  type Outgoing,
  type UdpAddress,
} from '@p2pmsg/protocol'
import type { Outcome, Waiter } from '../edge/outcome.ts'
import type { AcceptedReply } from './accepted-reply.ts'

/** Who answers. */
export type AnsweringNode = Readonly<{ id: Uint8Array; accepted: AcceptedReply }>

/**
 * Who sent a `msg` query, and how it is answered: `r: {id, stage, mid}` with the message's id in `mid`, and `receipt` when it
 * was accepted; or an error that names the refusal.
 */
export class KrpcWaiter implements Waiter {
  readonly #t: Uint8Array
  readonly #to: UdpAddress
  readonly #node: AnsweringNode

  constructor(t: Uint8Array, to: UdpAddress, node: AnsweringNode) {
    this.#t = t
    this.#to = to
    this.#node = node
  }

  tell(outcome: Outcome, nowMs: number): Outgoing {
    return { to: this.#to, bytes: this.#bytes(outcome, nowMs) }
  }

  #bytes(outcome: Outcome, nowMs: number): Uint8Array {
    if (outcome.stage === 'refused') {
      const { code, retryAfterMs } = outcome
      // Where the sender's clock is the trouble, it is told ours.
      const clock = code === 'future' || code === 'too-old' ? { nowMs } : {}
      return encodeRefusal(this.#t, code, retryAfterMs === undefined ? clock : { ...clock, retryAfterMs })
    }
    const { id: mid, stage } = outcome
    if (stage === 'accepted') return this.#node.accepted.encode(this.#t, this.#to, mid, outcome.receipt)
    return encodeReply(this.#t, { id: this.#node.id, mid, stage }, compactAddress(this.#to))
  }

  isSame(other: Waiter): boolean {
    return other instanceof KrpcWaiter && other.#to.port === this.#to.port && equalBytes(other.#to.ip, this.#to.ip)
  }
}
