import type { Position } from '@p2pmsg/protocol'
import type { Entry } from '../feed/entry.ts'
import { type Filter, isOpen, passes } from './filter.ts'

/** A message as an event, made once for all who follow the feed. */
export type LiveEvent = Readonly<{ position: Position; entry: Entry; bytes: Buffer }>

/** The newest messages of a feed that are kept for readers who are a little behind. */
const EVENTS_MAX = 1_024
const BYTES_MAX = 1024 * 1024

/**
 * The end of one feed: every message in (floor, position], in order, with nothing missing. Who stands at or above the floor
 * reads from here; who stands below asks the store.
 */
export class Tail {
  readonly #events: LiveEvent[] = [] // bounded by EVENTS_MAX and BYTES_MAX
  #bytes = 0
  #floor: Position
  #position: Position
  /** What the last reader got who stood where most of them stand. */
  #shared: Readonly<{ from: Position; to: Position; bytes: Buffer }> | undefined

  /** @param position everything up to here is known to be in the store */
  constructor(position: Position) {
    this.#floor = position
    this.#position = position
  }

  get floor(): Position {
    return this.#floor
  }

  get position(): Position {
    return this.#position
  }

  /** @param events those of this feed in (position, upTo], in order; what is here already is left out */
  append(events: readonly LiveEvent[], upTo: Position): void {
    for (const event of events) {
      if (event.position <= this.#position) continue
      this.#events.push(event)
      this.#bytes += event.bytes.length
      this.#position = event.position
    }
    if (upTo > this.#position) this.#position = upTo
    while (this.#events.length > EVENTS_MAX || this.#bytes > BYTES_MAX) {
      const oldest = this.#events.shift()
      if (!oldest) break
      this.#bytes -= oldest.bytes.length
      this.#floor = oldest.position
    }
  }

  /** @returns what follows behind `from`, which must not be below the floor; empty = nothing that passes */
  since(from: Position, filter: Filter): Buffer {
    const open = isOpen(filter)
    if (open && this.#shared?.from === from && this.#shared.to === this.#position) return this.#shared.bytes
    const events = this.#events.slice(this.#firstAbove(from)).filter((event) => passes(filter, event.entry))
    const bytes = Buffer.concat(events.map((event) => event.bytes))
    if (open) this.#shared = { from, to: this.#position, bytes }
    return bytes
  }

  /** Readers stand near the end, so the search begins there. */
  #firstAbove(from: Position): number {
    let index = this.#events.length
    while (index > 0 && (this.#events[index - 1]?.position ?? from) > from) index--
    return index
  }
}
