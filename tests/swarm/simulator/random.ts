/** A seeded source of numbers (sfc32, from PractRand): the same seed gives the same world. */
export class Random {
  #a: number
  #b: number
  #c: number
  #d = 1

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = 0x9e3779b9
    this.#c = 0x243f6a88
    for (let i = 0; i < 15; i++) this.uint32() // the first numbers of near seeds are alike
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** 0 ≤ x < 1 */
  float(): number {
    return this.uint32() / 2 ** 32
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability
  }

  /** Whole, 0 ≤ x < below. */
  below(below: number): number {
    return Math.floor(this.float() * below)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  readonly bytes = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count)
    for (let i = 0; i < count; i += 4) {
      const word = this.uint32()
      for (let j = i; j < Math.min(i + 4, count); j++) bytes[j] = (word >>> ((j - i) * 8)) & 255
    }
    return bytes
  }
}
