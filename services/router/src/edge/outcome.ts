import type { Outgoing, RefusalCode } from '@p2pmsg/protocol'

/** What became of a message, as far as this router knows. */
export type Outcome =
  | Readonly<{ stage: 'accepted'; id: Uint8Array; receipt: Uint8Array }>
  | Readonly<{ stage: 'logged'; id: Uint8Array }>
  | Refused

export type Refused = Readonly<{ stage: 'refused'; code: RefusalCode; retryAfterMs?: number }>

/** Somebody who wants to know what became of a message. May be told twice: `logged`, then the end. */
export interface Waiter {
  /** @returns a datagram to send, where that is how it is told */
  tell(outcome: Outcome, nowMs: number): Outgoing | undefined
  /** Whether the other is the same sender asking again, who then needs one answer and not two. */
  isSame(other: Waiter): boolean
}

export function refused(code: RefusalCode, retryAfterMs?: number): Refused {
  return retryAfterMs === undefined ? { stage: 'refused', code } : { stage: 'refused', code, retryAfterMs }
}
