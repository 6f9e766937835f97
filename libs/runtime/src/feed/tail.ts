import type { Position } from '@p2pmsg/protocol'

export type FeedTailOptions<T> = Readonly<{
  /** Most of them that are kept; beyond, the oldest go. */
  items: number
  bytes: number
  bytesOf: (item: T) => number
  /** What an item takes out of the feed: its author's wish that an earlier one be gone. Undefined = nothing. */
  removalOf: (item: T) => ((earlier: T) => boolean) | undefined
}>

/**
 * The end of one feed: every message in (floor, position], in order, with nothing missing. Who stands at or above the floor
 * reads from here; who stands below asks the store. Nothing that was removed is kept: the floor rises above it, and the store has
 * what is there now.
 */
export class FeedTail<T extends Readonly<{ position: Position }>> {
  readonly #options: FeedTailOptions<T>
  readonly #items: T[] = [] // BOUNDED by #options
  #bytes = 0
  #floor: Position
  #position: Position

  /** @param position everything up to here is known to be in the store */
  constructor(position: Position, options: FeedTailOptions<T>) {
    this.#floor = position
    this.#position = position
    this.#options = options
  }

  get floor(): Position {
    return this.#floor
  }

  get position(): Position {
    return this.#position
  }

  /** @param items those of this feed in (position, upTo], in order; what is here already is left out */
  append(items: readonly T[], upTo: Position): void {
    const { bytesOf, removalOf } = this.#options
    for (const item of items) {
      if (item.position <= this.#position) continue
      const isGone = removalOf(item)
      if (isGone) this.#forget(this.#items.findLastIndex(isGone) + 1)
      this.#items.push(item)
      this.#bytes += bytesOf(item)
      this.#position = item.position
    }
    if (upTo > this.#position) this.#position = upTo
    while (this.#items.length > this.#options.items || this.#bytes > this.#options.bytes) this.#forget(1)
  }

  /** @param count of the oldest */
  #forget(count: number): void {
    for (const oldest of this.#items.splice(0, count)) {
      this.#bytes -= this.#options.bytesOf(oldest)
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
