/** Frames of one pipe that bring no new message, a second and at once. Honest ones answer what the router sent; the rest are few. */
const FRAMES_PER_SECOND = 100
export const FRAMES_AT_ONCE = 1000

/**
 * What a router spends on the frames of a pipe that bring no new message, which nothing else limits: so many a second, and one
 * for each frame of its own that wanted an answer.
 */
export class FrameAllowance {
  #held = FRAMES_AT_ONCE
  #filledMs: number
  #asked = 0

  constructor(nowMs: number) {
    this.#filledMs = nowMs
  }

  /** @param asked frames of the router's that wanted an answer, since the pipe was opened */
  take(asked: number, nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#filledMs)
    const filled = (passedMs * FRAMES_PER_SECOND) / 1000 + (asked - this.#asked)
    this.#held = Math.min(FRAMES_AT_ONCE, this.#held + filled)
    this.#filledMs = nowMs
    this.#asked = asked
    if (this.#held < 1) return false
    this.#held--
    return true
  }
}
