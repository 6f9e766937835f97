import type { Ack } from '../ack.ts'
import type { QueuedPart } from '../part-queue.ts'
import { isPersistent, LossDetection } from './loss-detection.ts'
import { NewReno } from './new-reno.ts'
import { Pacer } from './pacer.ts'
import { RoundTrip } from './round-trip.ts'
import type { SentFrame } from './sent-frame.ts'

/** RFC 9002 §6.2.4: frames that a probe timeout may send, whatever the window says. */
const PROBE_FRAMES = 2

/** Loss detection and congestion control of one direction of a pipe: RFC 9002, one packet number space, no ECN. */
export class Recovery {
  #roundTrip = new RoundTrip()
  #reno = new NewReno()
  #pacer = new Pacer()
  readonly #loss = new LossDetection()
  #probes = 0
  /** Frames lost, probe timeouts and times of persistent congestion. */
  readonly counts = { lost: 0, probes: 0, persistent: 0 }

  get inFlightBytes(): number {
    return this.#loss.inFlightBytes
  }

  get windowBytes(): number {
    return this.#reno.windowBytes
  }

  get probeTimeoutMs(): number {
    return this.#roundTrip.probeTimeoutMs
  }

  get roundTripMs(): number {
    return this.#roundTrip.smoothedMs
  }

  get oldest(): SentFrame | undefined {
    return this.#loss.oldest
  }

  /** The handshake is a sample too (RFC 9002 §5.1), where it was sent once. */
  measured(ms: number): void {
    this.#roundTrip.measured(ms, 0)
  }

  /** A probe timeout wants a frame that asks for an acknowledgement. */
  get wantsProbe(): boolean {
    return this.#probes > 0
  }

  /** Whether a frame of so many bytes may leave now. */
  maySend(bytes: number, nowMs: number): boolean {
    if (this.#probes > 0) return true
    if (this.#loss.inFlightBytes + bytes > this.#reno.windowBytes) return false
    return this.#pacer.mayLeave(this.#reno.windowBytes, this.#roundTrip.smoothedMs, nowMs)
  }

  /** When a frame that may not leave now may do so, if it is not the window that holds it. */
  paceMs(bytes: number): number | undefined {
    if (this.#loss.inFlightBytes + bytes > this.#reno.windowBytes) return undefined
    return this.#pacer.nextMs(this.#reno.windowBytes, this.#roundTrip.smoothedMs)
  }

  sent(counter: number, parts: readonly QueuedPart[], bytes: number, nowMs: number): void {
    if (this.#probes > 0) this.#probes--
    this.#loss.sent({ counter, sentMs: nowMs, bytes, parts, measured: this.#roundTrip.isMeasured })
    this.#pacer.left(bytes)
  }

  /** @returns the parts to be sent again */
  acknowledged(ack: Ack, nowMs: number): readonly QueuedPart[] {
    const inFlight = this.#loss.inFlightBytes
    for (const frame of this.#loss.acknowledged(ack, this.#roundTrip, nowMs)) {
      for (const part of frame.parts) part.done = true
      this.#reno.acknowledged(frame.bytes, frame.sentMs, inFlight)
      this.#probes = 0
    }
    return this.#lose(nowMs)
  }

  get deadline(): number | undefined {
    return this.#loss.deadline(this.#roundTrip)
  }

  /** @returns the parts to be sent again: of lost frames, or of the oldest one when an acknowledgement is overdue */
  tick(nowMs: number): readonly QueuedPart[] {
    if (this.#loss.isLossDue(nowMs)) return this.#lose(nowMs)
    const dueMs = this.#loss.probeDueMs(this.#roundTrip)
    if (dueMs === undefined || dueMs > nowMs) return []
    this.#loss.probed()
    this.counts.probes++
    this.#probes = PROBE_FRAMES
    return this.#loss.oldest?.parts ?? []
  }

  /** Another path (RFC 9000 §9.4): nothing is known of it. @returns the parts to be sent again */
  restart(): readonly QueuedPart[] {
    this.#roundTrip = new RoundTrip()
    this.#reno = new NewReno()
    this.#pacer = new Pacer()
    return this.#loss.takeAll().flatMap(({ parts }) => parts)
  }

  #lose(nowMs: number): readonly QueuedPart[] {
    const lost = this.#loss.takeLost(this.#roundTrip, nowMs)
    const last = lost.at(-1)
    if (!last) return []
    this.counts.lost += lost.length
    this.#reno.lost(last.sentMs, nowMs)
    if (isPersistent(lost, this.#roundTrip)) {
      this.counts.persistent++
      this.#reno.persistentCongestion()
    }
    return lost.flatMap(({ parts }) => parts)
  }
}
