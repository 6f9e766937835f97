/** What a peer that was never measured gets, milliseconds. */
const UNMEASURED_MS = 400
/** A timeout below this would take a busy peer for a lost datagram, milliseconds. */
const SHORTEST_MS = 150
/** A timeout above this makes one lost datagram cost more than a second attempt, milliseconds. */
const LONGEST_MS = 1_500
const [SRTT_GAIN, VAR_GAIN, VAR_WEIGHT] = [1 / 8, 1 / 4, 4] // RFC 6298 §2.3

/** One peer's smoothed round-trip time, and the timeout that follows from it (RFC 6298 §2, other clamps). */
export class RoundTrip {
  #smoothed: number | undefined
  #variation = 0

  /** @param ms from a query that was sent once, to its answer (Karn's rule: a repeated one says nothing) */
  measured(ms: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = ms
      this.#variation = ms / 2
      return
    }
    this.#variation += VAR_GAIN * (Math.abs(this.#smoothed - ms) - this.#variation)
    this.#smoothed += SRTT_GAIN * (ms - this.#smoothed)
  }

  /** How long to wait for an answer before sending again, milliseconds. */
  get timeoutMs(): number {
    if (this.#smoothed === undefined) return UNMEASURED_MS
    return Math.min(Math.max(this.#smoothed + VAR_WEIGHT * this.#variation, SHORTEST_MS), LONGEST_MS)
  }
}
