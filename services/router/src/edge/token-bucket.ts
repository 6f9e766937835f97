/** Lets through so much a second, and a burst beyond. What is let through is counted in whatever unit the owner chooses. */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #held: number
  #filledMs: number

  constructor(limit: Readonly<{ perSecond: number; burst: number }>, nowMs: number) {
    this.#perMs = limit.perSecond / 1000
    this.#burst = limit.burst
    this.#held = limit.burst
    this.#filledMs = nowMs
  }

  take(nowMs: number, cost = 1): boolean {
    this.#fill(nowMs)
    if (this.#held < cost) return false
    this.#held -= cost
    return true
  }

  /** How long until `cost` is there, milliseconds. */
  waitMs(nowMs: number, cost = 1): number {
    this.#fill(nowMs)
    return Math.max(0, (cost - this.#held) / this.#perMs)
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledMs) return
    this.#held = Math.min(this.#burst, this.#held + (nowMs - this.#filledMs) * this.#perMs)
    this.#filledMs = nowMs
  }
}
