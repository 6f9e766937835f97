import { DATAGRAM_OUT_BYTES_MAX } from '../../limits.ts'
import { INITIAL_WINDOW_BYTES } from './new-reno.ts'
import { GRANULARITY_MS } from './round-trip.ts'

/** RFC 9002 §7.7: a little faster than a window each round trip, so that the window and not the pacer is the limit. */
const GAIN = 1.25

/** Spreads a window over the round trip; at most the initial window leaves at once. */
export class Pacer {
  #tokens = INITIAL_WINDOW_BYTES
  #atMs = 0

  /** Whether a datagram may leave now. @param windowBytes @param roundTripMs as they are now */
  mayLeave(windowBytes: number, roundTripMs: number, nowMs: number): boolean {
    const perMs = rate(windowBytes, roundTripMs)
    this.#tokens = Math.min(this.#tokens + (nowMs - this.#atMs) * perMs, INITIAL_WINDOW_BYTES)
    this.#atMs = nowMs
    return this.#tokens >= DATAGRAM_OUT_BYTES_MAX
  }

  left(bytes: number): void {
    this.#tokens -= bytes
  }

  /** When the next one may leave, Unix milliseconds: whole ones, because a sum so close to one that is due would not come about. */
  nextMs(windowBytes: number, roundTripMs: number): number {
    return this.#atMs + Math.ceil(Math.max(DATAGRAM_OUT_BYTES_MAX - this.#tokens, 0) / rate(windowBytes, roundTripMs))
  }
}

/** Bytes each millisecond. */
function rate(windowBytes: number, roundTripMs: number): number {
  return (GAIN * windowBytes) / Math.max(roundTripMs, GRANULARITY_MS)
}
