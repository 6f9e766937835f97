import { type Position, type Row, toHex } from '@p2pmsg/protocol'
import { backoffMs, sleep } from '../backoff.ts'
import type { Logger } from '../log.ts'
import type { HeardCommit } from './announcements.ts'
import { type AskFeed, NO_FILTER, rowsAfter } from './rows-after.ts'

/** Announcements that wait to be worked off; beyond, the store is asked for what they told. */
const WAITING_MAX = 64
/** Between two questions while a read replica is behind the announcement, milliseconds. */
const BEHIND_MS_MAX = 1_000

/** Where a feed's newest messages are kept for those who follow it. */
export type Tail<T> = Readonly<{
  position: Position
  /** @param items those of the feed in (position, upTo], in order */
  append: (items: readonly T[], upTo: Position) => void
}>

export type FeedChannelOptions<T, K extends Tail<T>> = Readonly<{
  receiver: Uint8Array
  feed: AskFeed
  /** What the tail keeps of rows. */
  itemsOf: (rows: readonly Row[]) => Promise<readonly T[]> | readonly T[]
  /** An empty tail: everything up to there is known to be in the store. */
  tailAt: (position: Position) => K
  log: Logger
  /** The tail has grown. */
  onGrown: () => void
}>

/** Keeps the tail of one feed for as long as somebody follows it: from announcements while they join up, else from the store. */
export class FeedChannel<T, K extends Tail<T>> implements AsyncDisposable {
  readonly #options: FeedChannelOptions<T, K>
  readonly #receiver: string
  readonly #stopped = new AbortController()
  #waiting: HeardCommit[] = [] // BOUNDED by WAITING_MAX
  #missedUpTo: Position = 0n
  #work: Promise<void> | undefined
  #working = false
  #tail: K | undefined

  constructor(options: FeedChannelOptions<T, K>) {
    this.#options = options
    this.#receiver = toHex(options.receiver)
  }

  /** The tail, once the store has said where it begins. @throws {BusUnavailable} */
  async open(): Promise<K> {
    if (this.#tail) return this.#tail
    const { feed, receiver, tailAt } = this.#options
    const { applied } = await feed({ ...NO_FILTER, receiver, limit: 1 })
    this.#tail ??= tailAt(applied)
    this.#wake()
    return this.#tail
  }

  heard(commit: HeardCommit): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(commit)
    else {
      this.#waiting = []
      this.#missedUpTo = commit.last
    }
    this.#wake()
  }

  #wake(): void {
    if (this.#working || !this.#tail || this.#stopped.signal.aborted) return
    this.#working = true
    this.#work = this.#workOff(this.#tail)
  }

  async #workOff(tail: K): Promise<void> {
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

  async #take(tail: K, commit: HeardCommit): Promise<void> {
    const rows = commit.prev > tail.position ? undefined : commit.rowsOf(this.#receiver)
    if (rows) tail.append(await this.#options.itemsOf(rows), commit.last)
    else await this.#catchUp(tail, commit.last)
  }

  /** Asks the store until it has what was announced; a read replica may be behind. */
  async #catchUp(tail: K, target: Position): Promise<void> {
    const { receiver, feed, itemsOf, onGrown, log } = this.#options
    for (let attempt = 0; tail.position < target && !this.#stopped.signal.aborted; ) {
      const before = tail.position
      try {
        const { rows, upTo } = await rowsAfter(feed, { receiver, after: before })
        tail.append(await itemsOf(rows), upTo)
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
