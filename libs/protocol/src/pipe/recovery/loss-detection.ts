import type { Ack } from '../ack.ts'
import type { RoundTrip } from './round-trip.ts'
import type { SentFrame } from './sent-frame.ts'

/** RFC 9002 §6.1.1: so many later frames acknowledged, and one is lost. */
const PACKET_THRESHOLD = 3
/** The probe timeout doubles no further: idleness ends a pipe before. */
const PROBES_MAX = 8

/** RFC 9002 §6 and appendix A: what has come, what is lost, and when to ask. */
export class LossDetection {
  readonly #sent = new Map<number, SentFrame>() // BOUNDED by the congestion window; in the order of sending
  #largestAcked = -1
  #probes = 0
  #lossMs: number | undefined
  #lastSentMs = 0
  #order = 0
  #inFlightBytes = 0

  get inFlightBytes(): number {
    return this.#inFlightBytes
  }

  /** The frame that has waited longest. */
  get oldest(): SentFrame | undefined {
    for (const frame of this.#sent.values()) return frame
    return undefined
  }

  sent(frame: Omit<SentFrame, 'order'>): void {
    this.#sent.set(frame.counter, { ...frame, order: this.#order++ })
    this.#inFlightBytes += frame.bytes
    this.#lastSentMs = frame.sentMs
  }

  /** @returns the frames that it acknowledges for the first time, in the order in which they were sent */
  acknowledged(ack: Ack, roundTrip: RoundTrip, nowMs: number): SentFrame[] {
    const largest = ack.ranges[0]?.last ?? -1
    const frames: SentFrame[] = []
    for (const frame of this.#sent.values()) {
      if (frame.counter > largest) break
      if (ack.ranges.some(({ first, last }) => first <= frame.counter && frame.counter <= last)) frames.push(frame)
    }
    this.#largestAcked = Math.max(this.#largestAcked, largest)
    const latest = frames.at(-1)
    if (!latest) return frames
    // §5.1: a sample only where the largest one is new.
    if (latest.counter === largest) roundTrip.measured(nowMs - latest.sentMs, ack.delayMs)
    for (const frame of frames) this.#remove(frame)
    this.#probes = 0
    return frames
  }

  /** Takes out and returns what is lost by now. */
  takeLost(roundTrip: RoundTrip, nowMs: number): SentFrame[] {
    this.#lossMs = undefined
    const lost: SentFrame[] = []
    const delayMs = roundTrip.lossDelayMs
    for (const frame of this.#sent.values()) {
      if (frame.counter > this.#largestAcked) break
      if (frame.sentMs <= nowMs - delayMs || this.#largestAcked >= frame.counter + PACKET_THRESHOLD) lost.push(frame)
      else this.#lossMs = Math.min(this.#lossMs ?? Number.POSITIVE_INFINITY, frame.sentMs + delayMs)
    }
    for (const frame of lost) this.#remove(frame)
    return lost
  }

  /** §6.2.1: nothing may be lost yet, but an answer is overdue. */
  probeDueMs(roundTrip: RoundTrip): number | undefined {
    if (this.#sent.size === 0) return undefined
    return this.#lastSentMs + roundTrip.probeTimeoutMs * 2 ** Math.min(this.#probes, PROBES_MAX)
  }

  probed(): void {
    this.#probes++
  }

  deadline(roundTrip: RoundTrip): number | undefined {
    return this.#lossMs ?? this.probeDueMs(roundTrip)
  }

  isLossDue(nowMs: number): boolean {
    return this.#lossMs !== undefined && this.#lossMs <= nowMs
  }

  /** What was in flight on a path that is no more counts for nothing (RFC 9000 §9.4). */
  takeAll(): SentFrame[] {
    const frames = [...this.#sent.values()]
    for (const frame of frames) this.#remove(frame)
    return frames
  }

  #remove(frame: SentFrame): void {
    this.#sent.delete(frame.counter)
    this.#inFlightBytes -= frame.bytes
  }
}

/**
 * RFC 9002 §7.6.2: whether two of the lost frames, with none acknowledged between them, were sent so far apart.
 * @param lost in the order of sending
 */
export function isPersistent(lost: readonly SentFrame[], roundTrip: RoundTrip): boolean {
  let first: SentFrame | undefined
  let previous: SentFrame | undefined
  for (const frame of lost) {
    if (!frame.measured) continue
    if (!previous || previous.order + 1 !== frame.order) first = frame
    if (first && frame.sentMs - first.sentMs > roundTrip.persistentMs) return true
    previous = frame
  }
  return false
}
