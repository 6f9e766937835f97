import { PAGE_ROWS_MAX, type Position, type Row, type ServerPipe, type Tap } from '@p2pmsg/protocol'
import { type AskFeed, rowsAfter, type Turns } from '@p2pmsg/runtime'
import { passes, type TapTail } from './tap-item.ts'

/** The store is asked for no fewer rows than this, but once a second: listeners acknowledge one by one. */
const ROWS_AT_ONCE_MIN = 64

export type TapFollowerOptions = Readonly<{
  pipe: Pick<ServerPipe, 'room' | 'deliver'>
  tap: Tap
  tail: TapTail
  feed: AskFeed
  /** Shared by all taps of the router. */
  turns: Turns
  /** Unix milliseconds. */
  now: () => number
  /** Something was said to the pipe outside of a call of its machine's. */
  onTold: () => void
}>

/**
 * One tap of one pipe. It has a position and no queue: what the client has no room for yet stands in the tail, or in the store.
 * The one way forward is by position, so that nothing comes twice where the store's pages and the tail overlap.
 */
export class TapFollower {
  readonly #options: TapFollowerOptions
  #position: Position
  #filling = false
  /** Something has changed since the store was asked. */
  #woken = false
  #wasFull = false
  #ended = false

  constructor(options: TapFollowerOptions) {
    this.#options = options
    this.#position = options.tap.after
  }

  /** There may be more to send, or room for it. @param patiently false: however little room there is */
  advance(patiently = true): void {
    this.#woken = true
    if (this.#ended || this.#filling) return
    if (this.#position < this.#options.tail.floor || !this.#takeFromTail()) void this.#fill(patiently)
  }

  end(): void {
    this.#ended = true
  }

  /** @returns false where only the store can tell what is to be sent next */
  #takeFromTail(): boolean {
    const { tail, tap, now } = this.#options
    for (const item of tail.since(this.#position)) {
      const chosen = passes(tap, item, now())
      if (chosen === undefined) return false
      if (chosen && !this.#deliver(item.row)) return true
      this.#position = item.position
    }
    if (tail.position > this.#position) this.#position = tail.position
    return true
  }

  /** The store's pages from here to where the tail begins, one at a time, as fast as the client keeps them. */
  async #fill(patiently: boolean): Promise<void> {
    const { tail } = this.#options
    this.#filling = true
    let goesOn = true
    try {
      do {
        this.#woken = false
        goesOn = await this.#takePage(patiently)
      } while (goesOn && this.#position < tail.floor)
    } catch {
      // The store does not answer: it is asked again a second later, and the client loses nothing meanwhile.
      goesOn = false
    }
    this.#filling = false
    if (!goesOn && !this.#woken) return
    this.advance()
    this.#options.onTold() // or what the tail had would wait for the pipe's next datagram
  }

  /** @returns false where that leads no further for now */
  async #takePage(patiently: boolean): Promise<boolean> {
    const { feed, tap, turns, onTold } = this.#options
    const { receiver, author, topic } = tap
    const limit = this.#roomForPage(patiently)
    if (limit === 0 || turns.full) return false
    using _turn = await turns.take()
    if (this.#ended) return false
    const { rows, upTo } = await rowsAfter(feed, { receiver, author, topic, after: this.#position, limit })
    const before = this.#position
    if (this.#ended || !this.#deliverAll(rows)) return false
    if (upTo > this.#position) this.#position = upTo
    onTold()
    return this.#position > before // else a read replica is behind
  }

  #deliverAll(rows: readonly Row[]): boolean {
    for (const row of rows) {
      if (!this.#deliver(row)) {
        this.#options.onTold()
        return false
      }
      this.#position = row.position
    }
    return true
  }

  #deliver(row: Row): boolean {
    if (this.#room() === 0) return false
    this.#options.pipe.deliver(this.#options.tap.tap, row)
    return true
  }

  #roomForPage(patiently: boolean): number {
    const room = this.#room()
    if (room === 0) this.#wasFull = true
    else if (!this.#wasFull || room >= ROWS_AT_ONCE_MIN || !patiently) this.#wasFull = false
    return this.#wasFull ? 0 : Math.min(room, PAGE_ROWS_MAX)
  }

  #room(): number {
    const { pipe, tap, tail, now } = this.#options
    return pipe.room(tap.tap, tail.position, now())
  }
}
