import type { PackInFlight } from './pack-in-flight.ts'

/**
 * Packs in the order in which they were opened, found by number too. Numbers grow by one, so the first pack that is left is
 * found by counting up from the last that went, each number once.
 */
export class PackQueue {
  readonly #packs = new Map<number, PackInFlight>() // BOUNDED by who adds: one entry for each pack in hand
  #first = 0
  #end = 0

  get(counter: number): PackInFlight | undefined {
    return this.#packs.get(counter)
  }

  /** @param pack with a higher number than any before */
  add(pack: PackInFlight): void {
    this.#packs.set(pack.counter, pack)
    if (this.#packs.size === 1) this.#first = pack.counter
    this.#end = pack.counter + 1
  }

  remove(pack: PackInFlight): void {
    this.#packs.delete(pack.counter)
  }

  get first(): PackInFlight | undefined {
    for (; this.#first < this.#end; this.#first++) {
      const pack = this.#packs.get(this.#first)
      if (pack) return pack
    }
    return undefined
  }
}
