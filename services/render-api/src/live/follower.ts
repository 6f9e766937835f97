import type { ServerResponse } from 'node:http'
import { epochOf, type Position, streamSeqOf } from '@p2pmsg/protocol'
import type { EventPage } from './encode.ts'
import type { Filter } from './filter.ts'
import { type Ending, endingEvent, gapEvent, HEARTBEAT, opening } from './sse.ts'
import type { Tail } from './tail.ts'

/** A reader that takes nothing for this long is let go, milliseconds. */
export const SLOW_MS_MAX = 30_000
/** Before every position. */
const OLDEST: Position = 0n
/** Time for the last event to leave, milliseconds. */
const LINGER_MS = 5_000
export type FollowerOptions = Readonly<{
  response: ServerResponse
  tail: Tail
  filter: Filter
  /** Where the reader stopped; undefined = from now on. */
  from: Position | undefined
  /** What the store has behind a position and passes the filter. */
  backfill: (after: Position) => Promise<EventPage>
  /** Unix milliseconds. */
  now: () => number
}>

/**
 * One reader of a live feed. It has a position and no queue: what it has not taken yet stands in the tail, or in the store. The
 * one way forward is by position, so that nothing comes twice where the store's pages and the tail overlap.
 */
export class Follower {
  readonly #options: FollowerOptions
  #position: Position
  #blockedMs: number | undefined
  #filling = false
  #caughtUp = false
  #ended = false

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#position = options.from ?? options.tail.position
    options.response.on('drain', () => {
      this.#blockedMs = undefined
      this.advance()
    })
    if (isOfLaterLog(this.#position, options.tail.position)) {
      this.#position = OLDEST
      this.#write(gapEvent(OLDEST))
    }
    this.#write(opening(this.#position))
    this.advance()
  }

  get position(): Position {
    return this.#position
  }

  /** The tail may have grown. */
  advance(): void {
    if (this.#ended || this.#filling || this.#blockedMs !== undefined) return
    const { tail, filter, now } = this.#options
    if (this.#position >= tail.floor) {
      this.#caughtUp = true
      if (this.#position >= tail.position) return
      const bytes = tail.since(this.#position, filter, now())
      this.#position = tail.position
      if (bytes.length > 0) this.#write(bytes)
    } else if (this.#caughtUp) this.end('slow')
    else void this.#fill()
  }

  /** The store's pages from here to where the tail begins, one at a time, as fast as the reader takes them. */
  async #fill(): Promise<void> {
    const { backfill, tail } = this.#options
    this.#filling = true
    try {
      while (!this.#ended && this.#position < tail.floor && this.#blockedMs === undefined) {
        const { events, upTo } = await backfill(this.#position)
        if (upTo <= this.#position) break // a read replica is behind; the next announcement or heartbeat tries again
        this.#position = upTo
        if (events.length > 0) this.#write(Buffer.concat(events.map((event) => event.bytes)))
      }
    } catch {
      // The store does not answer: the heartbeat tries again, and the reader loses nothing meanwhile.
    }
    this.#filling = false
    if (this.#position >= tail.floor) this.advance()
  }

  /** Called every few seconds. */
  beat(): void {
    if (this.#ended) return
    if (this.#blockedMs !== undefined) {
      if (this.#options.now() - this.#blockedMs > SLOW_MS_MAX) this.end('slow')
      return
    }
    this.#write(HEARTBEAT)
    this.advance()
  }

  end(ending: Ending): void {
    if (this.#ended) return
    this.#ended = true
    const { response } = this.#options
    response.end(endingEvent(ending, this.#position))
    setTimeout(() => response.destroy(), LINGER_MS).unref()
  }

  #write(bytes: Buffer): void {
    if (this.#ended || this.#options.response.destroyed) return
    if (!this.#options.response.write(bytes)) this.#blockedMs ??= this.#options.now()
  }
}

/**
 * A cursor of a later epoch than the log has reached comes from elsewhere. Within an epoch it is only ahead of us: a database
 * that failed over applies the log anew, and then the reader goes on where it was.
 */
function isOfLaterLog(cursor: Position, log: Position): boolean {
  return epochOf(streamSeqOf(cursor)) > epochOf(streamSeqOf(log))
}
