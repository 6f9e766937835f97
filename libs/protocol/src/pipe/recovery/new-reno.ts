import { DATAGRAM_OUT_BYTES_MAX } from '../../limits.ts'

/** RFC 9002 §7.2: bytes in flight at the start, and after an idle path at once. */
export const INITIAL_WINDOW_BYTES = Math.min(10 * DATAGRAM_OUT_BYTES_MAX, Math.max(14_720, 2 * DATAGRAM_OUT_BYTES_MAX))
const WINDOW_BYTES_MIN = 2 * DATAGRAM_OUT_BYTES_MAX
/** What is in flight is remembered frame by frame: about 3,500 full ones. */
const WINDOW_BYTES_MAX = 4 << 20
const LOSS_REDUCTION_FACTOR = 0.5
/** A window that is this close to full limits the sender: three datagrams, as implementations of QUIC reckon. */
const ROOM_BYTES_MIN = 3 * DATAGRAM_OUT_BYTES_MAX

/** How many bytes may be on their way: RFC 9002 §7 and appendix B. */
export class NewReno {
  #window = INITIAL_WINDOW_BYTES
  #threshold = Number.POSITIVE_INFINITY
  /** Frames sent up to then belong to a loss that has been answered, Unix milliseconds. */
  #recoveryMs = Number.NEGATIVE_INFINITY

  get windowBytes(): number {
    return this.#window
  }

  get isSlowStart(): boolean {
    return this.#window < this.#threshold
  }

  /** @param inFlightBytes with it, before it was acknowledged: a window that was not used does not grow (§7.8) */
  acknowledged(bytes: number, sentMs: number, inFlightBytes: number): void {
    if (sentMs <= this.#recoveryMs || !this.#limits(inFlightBytes)) return
    const more = this.isSlowStart ? bytes : (DATAGRAM_OUT_BYTES_MAX * bytes) / this.#window
    this.#window = Math.min(this.#window + more, WINDOW_BYTES_MAX)
  }

  /** @param sentMs when the last of the lost frames was sent */
  lost(sentMs: number, nowMs: number): void {
    if (sentMs <= this.#recoveryMs) return
    this.#recoveryMs = nowMs
    this.#threshold = this.#window * LOSS_REDUCTION_FACTOR
    this.#window = Math.max(this.#threshold, WINDOW_BYTES_MIN)
  }

  /** §7.6.2 */
  persistentCongestion(): void {
    this.#window = WINDOW_BYTES_MIN
    this.#recoveryMs = Number.NEGATIVE_INFINITY
  }

  #limits(inFlightBytes: number): boolean {
    if (this.isSlowStart && inFlightBytes > this.#window / 2) return true
    return this.#window - inFlightBytes <= ROOM_BYTES_MIN
  }
}
