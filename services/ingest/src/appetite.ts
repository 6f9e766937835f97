/** Packs in hand at first, at least and at most. */
const FIRST = 8
const MIN = 1
const MAX = 256
/** A pack should be through in this time; the rule is one second, and the rest is for the packs that come late, milliseconds. */
const TARGET_MS = 500
const SHRINK = 0.75

/**
 * How many packs to have in hand: no more than are judged in a second, measured by how long each stays (packs in hand =
 * rate × stay, Little 1961). It grows by one with each pack that was quick although all places were taken, and shrinks by a
 * quarter with one that was slow, once for each turn-over.
 */
export class Appetite {
  #limit = FIRST
  #sinceShrunk = 0

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** A pack is through. @param stayMs since it was pulled @param inHand packs then in hand, this one included */
  through(stayMs: number, inHand: number): void {
    this.#sinceShrunk++
    if (stayMs > TARGET_MS) {
      if (this.#sinceShrunk < this.#limit) return // these were pulled before the last cut
      this.#limit = Math.max(MIN, this.#limit * SHRINK)
      this.#sinceShrunk = 0
    } else if (inHand >= this.limit) {
      this.#limit = Math.min(MAX, this.#limit + 1)
    }
  }
}
