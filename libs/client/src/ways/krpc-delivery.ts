import { Raw } from '@p2pmsg/protocol'
import { resendMs } from '../backoff.ts'
import type { Answer, Attempt, Call, Next } from '../krpc/call.ts'
import type { Router, Routers } from '../routers.ts'
import { verdictOf } from '../verdict.ts'
import type { FinalVerdict, Parcel } from './parcel.ts'

export type KrpcDeliveryOptions = Readonly<{
  parcel: Parcel
  routers: Routers
  settle: (verdict: FinalVerdict) => void
  /** Called with why an answer was of no use. */
  onUseless: (why: string) => void
}>

/** Without a router nothing is due; whoever finds one wakes the call before this, milliseconds. */
const STARVED_MS = 60_000

/**
 * One message on its way by KRPC: the same bytes again and again, until a receipt that verifies or a final refusal. Only token and
 * router may change in between. A `logged` message goes on being sent: asking again is sending again.
 */
export class KrpcDelivery implements Call {
  readonly timed = false // the cluster's work is in the answer's time
  readonly #options: KrpcDeliveryOptions
  readonly #members: Readonly<Record<string, Uint8Array | bigint | Raw>>
  #router: Router | undefined
  #silent = false
  #sentMs = 0
  #backoff = 0
  /** Waits for a router, not for an answer. */
  starved = false

  constructor(options: KrpcDeliveryOptions) {
    this.#options = options
    const { key, salt, seq, value, signature } = options.parcel.message
    this.#members = { k: key, salt, seq, v: new Raw(value), sig: signature }
  }

  attempt(_sent: number, nowMs: number): Attempt {
    const { routers, parcel } = this.#options
    if (this.#router && this.#silent) routers.missed(this.#router, this.#sentMs)
    this.#silent = false
    const router = routers.current
    this.starved = router === undefined
    if (!router) return { datagram: undefined, waitMs: STARVED_MS }
    this.#router = router
    this.#silent = true
    this.#sentMs = nowMs
    parcel.attempts++
    const args = { token: router.token, ...this.#members }
    return { datagram: { to: router.address, method: 'msg', args }, waitMs: resendMs(this.#backoff++) }
  }

  answered(answer: Answer, _sent: number, nowMs: number): Next {
    const { parcel, routers, settle, onUseless } = this.#options
    const verdict = verdictOf(answer, parcel.expected)
    if (verdict.kind === 'useless') {
      onUseless(verdict.why)
      return 'wait'
    }
    this.#silent = false
    if (this.#router) routers.answered(this.#router, nowMs)
    switch (verdict.kind) {
      case 'accepted':
      case 'refused':
        settle(verdict)
        return 'done'
      case 'logged':
        if (!parcel.untilLogged) return 'wait'
        settle(verdict)
        return 'done'
      case 'later':
        parcel.onPutOff(verdict.code)
        return { againInMs: this.#later(verdict.retryAfterMs) }
      case 'bad-token':
        if (this.#router) routers.expired(this.#router)
        return { againInMs: 0 }
    }
  }

  unanswered(): void {
    throw new Error('a delivery has no last attempt')
  }

  /** Retry-after wins over our own doubling; a fifth on top at most, so that many do not return at one instant. */
  #later(retryAfterMs: number | undefined): number {
    if (retryAfterMs === undefined) return resendMs(this.#backoff)
    this.#backoff = 0
    return retryAfterMs * (1 + Math.random() / 5)
  }
}
