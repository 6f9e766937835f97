/** A part on its way to the other end. */
export type QueuedPart = {
  bytes: Uint8Array
  /** Sent again when its frame is lost. */
  readonly reliable: boolean
  /** Acknowledged, or no longer of use to anybody: not sent (again). */
  done: boolean
  /** In the queue, not in a frame. */
  waits: boolean
}

export function queuedPart(bytes: Uint8Array, reliable: boolean): QueuedPart {
  return { bytes, reliable, done: false, waits: false }
}

const NOTHING = new Uint8Array(0)

/** It is of no use to anybody any more, wherever it is: what it holds is let go at once. */
export function callOff(part: QueuedPart): void {
  part.done = true
  part.bytes = NOTHING
}

/** Parts sent before the list of new ones is cut: cutting it at each would cost its length. */
const TIDY_AT = 1024

/** Parts that wait for a frame: first those to be sent again, then new ones, each in their order. Its owner bounds what it enters. */
export class PartQueue {
  readonly #again: QueuedPart[] = []
  #fresh: QueuedPart[] = []
  #at = 0

  /** Parts that wait, those that are of no use any more included until they are met. */
  get size(): number {
    return this.#again.length + this.#fresh.length - this.#at
  }

  push(part: QueuedPart): void {
    part.waits = true
    this.#fresh.push(part)
  }

  /** Before all others. @param instead of this one, if it still waits */
  first(part: QueuedPart, instead?: QueuedPart): void {
    part.waits = true
    const at = instead?.waits ? this.#again.indexOf(instead) : -1
    if (at >= 0) this.#again.splice(at, 1)
    this.#again.unshift(part)
  }

  /** Of frames that are lost, or seem so; and new ones that are more urgent than others. */
  again(parts: readonly QueuedPart[]): void {
    for (const part of parts) {
      if (!part.reliable || part.done || part.waits) continue
      part.waits = true
      this.#again.push(part)
    }
  }

  peek(): QueuedPart | undefined {
    while (this.#again[0]?.done) this.#again.shift()
    if (this.#again[0]) return this.#again[0]
    while (this.#fresh[this.#at]?.done) this.#at++
    if (this.#at === this.#fresh.length || this.#at >= TIDY_AT) {
      this.#fresh = this.#fresh.slice(this.#at)
      this.#at = 0
    }
    return this.#fresh[this.#at]
  }

  /** Takes out what {@link peek} gave. */
  shift(): void {
    const part = this.#again.length > 0 ? this.#again.shift() : this.#fresh[this.#at++]
    if (part) part.waits = false
  }
}
