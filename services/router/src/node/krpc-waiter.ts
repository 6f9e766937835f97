import {
  compactAddress,
  encodeRefusal,
  encodeReply,
  equalBytes,
  type Outgoing,
  type UdpAddress,
} from '@p2pmsg/protocol'
import type { Outcome, Waiter } from '../edge/outcome.ts'

/**
 * Who sent a `msg` query, and how it is answered: `r: {id, stage, mid}` with the message's id in `mid`, and `receipt` when it
 * was accepted; or an error that names the refusal.
 */
export class KrpcWaiter implements Waiter {
  readonly #t: Uint8Array
  readonly #to: UdpAddress
  readonly #nodeId: Uint8Array

  constructor(t: Uint8Array, to: UdpAddress, nodeId: Uint8Array) {
    this.#t = t
    this.#to = to
    this.#nodeId = nodeId
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
    const receipt = outcome.stage === 'accepted' ? outcome.receipt : undefined
    const body = { id: this.#nodeId, mid: outcome.id, receipt, stage: outcome.stage }
    return encodeReply(this.#t, body, compactAddress(this.#to))
  }

  isSame(other: Waiter): boolean {
    return other instanceof KrpcWaiter && other.#to.port === this.#to.port && equalBytes(other.#to.ip, this.#to.ip)
  }
}
