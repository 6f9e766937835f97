import { type Announcement, equalBytes, type Position, type Row } from '@p2pmsg/protocol'
import { backoffMs, type Logger, sleep } from '@p2pmsg/runtime'
import { type Entry, entryOf } from '../feed/entry.ts'
import type { Reader } from '../store-reader.ts'
import { type Encode, eventsAfter, NO_FILTER } from './encode.ts'
import { Tail } from './tail.ts'

/** Announcements that wait to be worked off; beyond, the store is asked for what they told. */
const WAITING_MAX = 64
/** Between two questions while a read replica is behind the announcement, milliseconds. */
const BEHIND_MS_MAX = 1_000

export type ChannelOptions = Readonly<{
  receiver: Uint8Array
  reader: Pick<Reader, 'feed'>
  encode: Encode
  log: Logger
  /** Unix milliseconds. */
  now: () => number
  /** The tail has grown. */
  onGrown: () => void
}>

/** Keeps the tail of one feed for as long as somebody follows it: from announcements while they join up, else from the store. */
export class Channel implements AsyncDisposable {
  readonly #options: ChannelOptions
  readonly #stopped = new AbortController()
  #waiting: Announcement[] = [] // at most WAITING_MAX
  #missedUpTo: Position = 0n
  #work: Promise<void> | undefined
  #working = false
  #tail: Tail | undefined

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** The tail, once the store has said where it begins. @throws {BusUnavailable} */
  async open(): Promise<Tail> {
    if (this.#tail) return this.#tail
    const { reader, receiver } = this.#options
    const { applied } = await reader.feed({ ...NO_FILTER, receiver, limit: 1 })
    this.#tail ??= new Tail(applied)
    this.#wake()
    return this.#tail
  }

  heard(announcement: Announcement): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(announcement)
    else {
      this.#waiting = []
      this.#missedUpTo = announcement.last
    }
    this.#wake()
  }

  #wake(): void {
    if (this.#working || !this.#tail || this.#stopped.signal.aborted) return
    this.#working = true
    this.#work = this.#workOff(this.#tail)
  }

  async #workOff(tail: Tail): Promise<void> {
    for (;;) {
      const next = this.#waiting.shift()
      if (this.#stopped.signal.aborted || (!next && this.#missedUpTo <= tail.position)) break
      const before = tail.position
      if (this.#missedUpTo > before) await this.#catchUp(tail, this.#missedUpTo)
      if (next && next.last > tail.position) await this.#take(tail, next)
      if (tail.position > before) this.#options.onGrown()
    }
    this.#working = false
  }

  async #take(tail: Tail, { prev, last, rows }: Announcement): Promise<void> {
    if (prev > tail.position || !rows) return await this.#catchUp(tail, last)
    const mine = this.#mine(rows)
    if (mine) tail.append(await this.#options.encode(mine), last)
    else await this.#catchUp(tail, last)
  }

  /** @returns undefined where a row does not say whose it is: a tombstone */
  #mine(rows: readonly Row[]): Entry[] | undefined {
    const entries: Entry[] = []
    for (const row of rows) {
      const entry = entryOf(row, this.#options.now())
      if (!entry.message) return undefined
      if (equalBytes(entry.message.receiver, this.#options.receiver)) entries.push(entry)
    }
    return entries
  }

  /** Asks the store until it has what was announced; a read replica may be behind. */
  async #catchUp(tail: Tail, target: Position): Promise<void> {
    const { receiver, onGrown, log } = this.#options
    for (let attempt = 0; tail.position < target && !this.#stopped.signal.aborted; ) {
      const before = tail.position
      try {
        const { events, upTo } = await eventsAfter(this.#options, { ...NO_FILTER, receiver, after: before })
        tail.append(events, upTo)
      } catch (err) {
        if (attempt === 0) log.warn({ err }, 'a live feed waits for the store')
      }
      if (tail.position > before) {
        attempt = 0
        onGrown()
      } else await sleep(backoffMs(attempt++, BEHIND_MS_MAX), this.#stopped.signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort()
    await this.#work
  }
}
