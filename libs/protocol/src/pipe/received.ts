import { ACK_RANGES_MAX, type Ack, DELAY_MS_MAX } from './ack.ts'
import { ACK_DELAY_MS_MAX } from './recovery/round-trip.ts'

/** RFC 9000 §13.2.2: an acknowledgement leaves at the latest with this many frames. */
const FRAMES_PER_ACK = 2

type Range = { first: number; last: number }

/** Which frames have come, and when to say so (RFC 9000 §13.2). */
export class Received {
  readonly #ranges: Range[] = [] // BOUNDED by ACK_RANGES_MAX; descending
  #largestMs = 0
  /** Frames that want an acknowledgement and have not been in one. */
  #waiting = 0
  #dueMs: number | undefined

  /** When an ACK must leave, Unix milliseconds; undefined = nothing waits for one. */
  get dueMs(): number | undefined {
    return this.#dueMs
  }

  /** @param eliciting whether the other end wants to hear of it */
  add(counter: number, eliciting: boolean, nowMs: number): void {
    const largest = this.#ranges[0]?.last ?? -1
    if (counter > largest) this.#largestMs = nowMs
    const inOrder = counter === largest + 1
    this.#insert(counter)
    if (!eliciting) return
    this.#waiting++
    // Out of order: something was lost or overtaken, and the sender wants to know at once.
    const dueMs = !inOrder || this.#waiting >= FRAMES_PER_ACK ? nowMs : nowMs + ACK_DELAY_MS_MAX
    this.#dueMs = Math.min(this.#dueMs ?? dueMs, dueMs)
  }

  /** The ACK that goes into the next frame, if one is wanted at all. */
  take(nowMs: number): Ack | undefined {
    if (this.#waiting === 0) return undefined
    this.#waiting = 0
    this.#dueMs = undefined
    const delayMs = Math.min(Math.max(nowMs - this.#largestMs, 0), DELAY_MS_MAX)
    return { delayMs, ranges: this.#ranges.map(({ first, last }) => ({ first, last })) }
  }

  #insert(counter: number): void {
    const ranges = this.#ranges
    let at = 0
    while (at < ranges.length && (ranges[at] as Range).first > counter + 1) at++
    const [here, below] = [ranges[at], ranges[at + 1]]
    if (here && here.last >= counter - 1) {
      if (counter > here.last) here.last = counter
      else if (counter < here.first) here.first = counter
      if (below && below.last === here.first - 1) {
        here.first = below.first
        ranges.splice(at + 1, 1)
      }
      return
    }
    ranges.splice(at, 0, { first: counter, last: counter })
    if (ranges.length > ACK_RANGES_MAX) ranges.pop()
  }
}
