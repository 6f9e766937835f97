type Held<V> = Readonly<{ value: V; weight: number }>

/**
 * A bounded map that forgets what was not used for longest, roughly: in two generations, of which the older is dropped when the
 * younger is full. Between one and two times the limits are held; nothing is ever searched for room.
 */
export class Generations<V> {
  readonly #max: number
  readonly #weightMax: number
  #young = new Map<string, Held<V>>()
  #old = new Map<string, Held<V>>()
  #youngWeight = 0

  /** @param max entries of one generation @param weightMax what their weights may sum up to */
  constructor(max: number, weightMax = Number.POSITIVE_INFINITY) {
    this.#max = max
    this.#weightMax = weightMax
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young) return young.value
    const old = this.#old.get(key)
    if (!old) return undefined
    this.#old.delete(key)
    this.#add(key, old)
    return old.value
  }

  set(key: string, value: V, weight = 0): void {
    // What stands under the key in the older generation is out of sight from now on, and goes with it.
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0
    this.#add(key, { value, weight })
  }

  #add(key: string, held: Held<V>): void {
    if (this.#young.size >= this.#max || this.#youngWeight + held.weight > this.#weightMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngWeight = 0
    }
    this.#young.set(key, held)
    this.#youngWeight += held.weight
  }
}
