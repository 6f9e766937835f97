import { TokenBucket } from './token-bucket.ts'

/** What all unproved addresses together may be sent, bytes/s: a flood from forged sources cannot use more of our line. */
export const UNPROVED_BYTES_PER_SECOND = 2 << 20
/**
 * What replies no longer than their request may take beyond that, bytes/s. They gain an attacker nothing, and a newcomer who gets
 * his token can prove himself, so that a flood of forged sources does not shut honest ones out.
 */
export const RESERVE_BYTES_PER_SECOND = 8 << 20

/** The cap on everything that goes to addresses which have proved nothing. */
export class ReplyCap {
  readonly #cap: TokenBucket
  readonly #reserve: TokenBucket

  constructor(nowMs: number) {
    this.#cap = new TokenBucket({ perSecond: UNPROVED_BYTES_PER_SECOND, burst: UNPROVED_BYTES_PER_SECOND }, nowMs)
    this.#reserve = new TokenBucket({ perSecond: RESERVE_BYTES_PER_SECOND, burst: RESERVE_BYTES_PER_SECOND }, nowMs)
  }

  /** Whether so many bytes would pass without the reserve. */
  holds(replyBytes: number, nowMs: number): boolean {
    return this.#cap.waitMs(nowMs, replyBytes) === 0
  }

  /** Whether so many bytes may go out in answer to so many. */
  take(replyBytes: number, requestBytes: number, nowMs: number): boolean {
    if (this.#cap.take(nowMs, replyBytes)) return true
    return replyBytes <= requestBytes && this.#reserve.take(nowMs, replyBytes)
  }
}
