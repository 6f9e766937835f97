import type { PipeSendKey } from './client-options.ts'
import type { ClientPipe } from './client-pipe.ts'
import { Deadlines, type Timed } from './deadlines.ts'
import type { QueuedPart } from './part-queue.ts'

/** Messages without a final answer, at most. */
const OUTBOX_MAX = 65_536
/** A message that has arrived and is not answered is sent again after this, milliseconds, doubling up to the second. */
const ASK_AGAIN_MS = 10_000
const ASK_AGAIN_MS_MAX = 60_000
/** Messages that a router was too busy for wait for at least this, milliseconds, doubling up to the second. */
const BUSY_MS = 500
const BUSY_MS_MAX = 30_000
/** Each wait is drawn from ±20 %, so that those which failed together do not come back together. */
const SPREAD = 0.2
/** Random bytes drawn at a time: one for each message would cost more than to seal it. */
const RANDOM_BYTES = 256

/** A message on its way. */
export type Entry = Timed & {
  readonly key: PipeSendKey
  readonly message: Uint8Array
  /** The pipe that it was sent over, the number that it has there, and its part. */
  sent: { pipe: ClientPipe; send: number; part: QueuedPart } | undefined
  asked: number
  busy: number
}

/** All messages that have no final answer: waiting for room in a pipe, sent, or put off. */
export class Outbox {
  readonly #random: (bytes: number) => Uint8Array
  readonly #entries = new Map<PipeSendKey, Entry>() // BOUNDED by OUTBOX_MAX
  #waiting = new Set<Entry>() // BOUNDED by OUTBOX_MAX; in the order of sending
  readonly #due = new Deadlines<Entry>()
  #nextKey: PipeSendKey = 1
  #drawn: Uint8Array = new Uint8Array(0)
  #used = 0

  constructor(random: (bytes: number) => Uint8Array) {
    this.#random = random
  }

  get size(): number {
    return this.#entries.size
  }

  get deadline(): number | undefined {
    return this.#due.nextMs
  }

  /** @returns undefined when it is full */
  add(message: Uint8Array): PipeSendKey | undefined {
    if (this.#entries.size >= OUTBOX_MAX) return undefined
    const entry: Entry = { slot: -1, dueMs: 0, key: this.#nextKey++, message, sent: undefined, asked: 0, busy: 0 }
    this.#entries.set(entry.key, entry)
    this.#waiting.add(entry)
    return entry.key
  }

  get(key: PipeSendKey): Entry | undefined {
    return this.#entries.get(key)
  }

  /** It has its final answer, or nobody wants one any more. */
  delete(entry: Entry): void {
    this.#release(entry)
    this.#entries.delete(entry.key)
    this.#waiting.delete(entry)
    this.#due.delete(entry)
  }

  /** Who has waited longest for room. */
  get next(): Entry | undefined {
    for (const entry of this.#waiting) return entry
    return undefined
  }

  sent(entry: Entry, sent: NonNullable<Entry['sent']>, nowMs: number): void {
    this.#waiting.delete(entry)
    entry.sent = sent
    this.#due.set(
      entry,
      nowMs + this.#spread(Math.min(ASK_AGAIN_MS * 2 ** Math.min(entry.asked++, 16), ASK_AGAIN_MS_MAX)),
    )
  }

  /** The router has not taken it. @returns how long it waits, milliseconds */
  putOff(entry: Entry, retryAfterMs: number, nowMs: number): number {
    this.#release(entry)
    const own = Math.min(BUSY_MS * 2 ** Math.min(entry.busy++, 16), BUSY_MS_MAX)
    const waitMs = retryAfterMs > 0 ? retryAfterMs * (1 + SPREAD * this.#fraction()) : this.#spread(own)
    this.#due.set(entry, nowMs + waitMs)
    return waitMs
  }

  /** Those whose time has come go back among the waiting. */
  tick(nowMs: number): void {
    for (const entry of this.#due.takeDue(nowMs)) {
      if (entry.sent && !entry.sent.part.done) {
        this.#due.set(entry, nowMs + ASK_AGAIN_MS) // still on its way: loss detection sees to it
        continue
      }
      this.#release(entry)
      this.#waiting.add(entry)
    }
  }

  /** Their pipe is gone: they wait again, before those that were never sent. */
  takeBack(entries: Iterable<Entry>): void {
    const back = new Set<Entry>()
    for (const entry of entries) {
      entry.sent = undefined
      this.#due.delete(entry)
      back.add(entry)
    }
    for (const entry of this.#waiting) back.add(entry)
    this.#waiting = back
  }

  #release(entry: Entry): void {
    if (!entry.sent) return
    entry.sent.part.done = true
    entry.sent.pipe.forget(entry.sent.send)
    entry.sent = undefined
  }

  #spread(ms: number): number {
    return ms * (1 + SPREAD * (2 * this.#fraction() - 1))
  }

  /** 0–1 */
  #fraction(): number {
    if (this.#used === this.#drawn.length) {
      this.#drawn = this.#random(RANDOM_BYTES)
      this.#used = 0
    }
    return (this.#drawn[this.#used++] as number) / 255
  }
}
