/**
 * A bounded map that forgets what was not used for longest, roughly: in two generations, of which the older is dropped when the
 * younger is full. Between one and two times the limit are held; nothing is ever searched for room.
 */
export class Generations<V> {
  readonly #max: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  /** @param max entries of one generation */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old === undefined) return undefined
    this.#old.delete(key)
    this.set(key, old)
    return old
  }

  /** What stands under the key in the older generation is out of sight from now on, and goes with it. */
  set(key: string, value: V): void {
    if (this.#young.size >= this.#max) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
