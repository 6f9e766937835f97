/** RFC 9002 §6.2.2: before the first sample, milliseconds. */
const INITIAL_MS = 333
/** RFC 9002 §6.1.2: our clocks tick no finer, milliseconds. */
export const GRANULARITY_MS = 1
/** RFC 9000 §18.2: an end holds an acknowledgement back for no longer, milliseconds. */
export const ACK_DELAY_MS_MAX = 25

/** What is known of the time to the other end and back (RFC 9002 §5). */
export class RoundTrip {
  #latest = 0
  #smoothed = INITIAL_MS
  #variation = INITIAL_MS / 2
  #min = 0
  #samples = 0

  /** Whether there was a sample yet. */
  get isMeasured(): boolean {
    return this.#samples > 0
  }

  get smoothedMs(): number {
    return this.#smoothed
  }

  /** @param ms from sending a frame to its acknowledgement @param delayMs what the other end says it held that back */
  measured(ms: number, delayMs: number): void {
    this.#latest = ms
    if (this.#samples++ === 0) {
      this.#min = ms
      this.#smoothed = ms
      this.#variation = ms / 2
      return
    }
    this.#min = Math.min(this.#min, ms)
    const held = Math.min(delayMs, ACK_DELAY_MS_MAX)
    const adjusted = ms >= this.#min + held ? ms - held : ms
    this.#variation += (Math.abs(this.#smoothed - adjusted) - this.#variation) / 4
    this.#smoothed += (adjusted - this.#smoothed) / 8
  }

  /** RFC 9002 §6.1.2: a frame older than this, with a later one acknowledged, is lost. */
  get lossDelayMs(): number {
    return Math.max((9 / 8) * Math.max(this.#latest, this.#smoothed), GRANULARITY_MS)
  }

  /** RFC 9002 §6.2.1: how long to wait for an acknowledgement before asking for one, milliseconds. */
  get probeTimeoutMs(): number {
    return this.#smoothed + Math.max(4 * this.#variation, GRANULARITY_MS) + ACK_DELAY_MS_MAX
  }

  /** RFC 9002 §7.6.1: when everything sent over so long was lost, the path is not what it was. */
  get persistentMs(): number {
    return 3 * this.probeTimeoutMs
  }
}
