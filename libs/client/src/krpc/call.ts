import type { Dict, encodeQuery, UdpAddress } from '@p2pmsg/protocol'

/** What a peer answered to a query. */
export type Answer =
  | Readonly<{
      kind: 'reply'
      body: Dict
      id: Uint8Array
      /** The compact address that the peer saw us at (BEP 42), if it said so. */
      ip: Uint8Array | undefined
      from: UdpAddress
    }>
  | Readonly<{ kind: 'error'; code: number; text: string; from: UdpAddress }>

/** One transmission: to whom, what (nothing yet, when `to` is absent), and how long to wait before the next. */
export type Attempt = Readonly<{
  datagram: Readonly<{ to: UdpAddress; method: string; args: Parameters<typeof encodeQuery>[2] }> | undefined
  waitMs: number
}>

/** What becomes of a call after an answer: it ends, goes on waiting, or transmits again in so many milliseconds. */
export type Next = 'done' | 'wait' | Readonly<{ againInMs: number }>

/**
 * A question that may be put several times, to several peers, under one transaction id. The caller decides what is sent and
 * when the answer will do; {@link Calls} keeps the time and matches the answers.
 */
export interface Call {
  /** Whether the peer answers at once, so that the time it takes is the path's and not the work's. */
  readonly timed: boolean
  /** @param sent transmissions so far @returns the next one, or undefined to end in silence */
  attempt(sent: number, nowMs: number): Attempt | undefined
  answered(answer: Answer, sent: number, nowMs: number): Next
  /** The last attempt's wait is over and `attempt` wanted no other. */
  unanswered(): void
}
