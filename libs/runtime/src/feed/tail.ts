import type { Position } from '@p2pmsg/protocol'

export type FeedTailLimits = Readonly<{ items: number; bytes: number }>

/**
 * The end of one feed: every message in (floor, position], in order, with nothing missing. Who stands at or above the floor
 * reads from here; who stands below asks the store.
 */
export class FeedTail<T extends Readonly<{ position: Position }>> {
  readonly #limits: FeedTailLimits
  readonly #bytesOf: (item: T) => number
  readonly #items: T[] = [] // BOUNDED by #limits
  #bytes = 0
  #floor: Position
  #position: Position

  /** @param position everything up to here is known to be in the store */
  constructor(position: Position, limits: FeedTailLimits, bytesOf: (item: T) => number) {
    this.#floor = position
    this.#position = position
    this.#limits = limits
    this.#bytesOf = bytesOf
  }

  get floor(): Position {
    return this.#floor
  }

  get position(): Position {
    return this.#position
  }

  /** @param items those of this feed in (position, upTo], in order; what is here already is left out */
  append(items: readonly T[], upTo: Position): void {
    for (const item of items) {
      if (item.position <= this.#position) continue
      this.#items.push(item)
      this.#bytes += this.#bytesOf(item)
      this.#position = item.position
    }
    if (upTo > this.#position) this.#position = upTo
    while (this.#items.length > this.#limits.items || this.#bytes > this.#limits.bytes) {
      const oldest = this.#items.shift()
      if (!oldest) break
      this.#bytes -= this.#bytesOf(oldest)
      this.#floor = oldest.position
    }
  }

  /** @returns what follows behind `from`, which must not be below the floor */
  since(from: Position): readonly T[] {
    // Readers stand near the end, so the search begins there.
    let index = this.#items.length
    while (index > 0 && (this.#items[index - 1]?.position ?? from) > from) index--
    return this.#items.slice(index)
  }
}
