import { backoffMs, type Logger, sleep } from '@p2pmsg/runtime'
import type { Database } from '../database.ts'
import * as events from '../events.ts'
import { indexSome } from './word-index.ts'

/** Between two looks when all was indexed, milliseconds: so far a search is behind the feed. */
const LOOK_MS = 250
/** Longest wait between two tries, milliseconds. */
const RETRY_LAST_MS = 5_000

export type WordIndexerOptions = Readonly<{
  db: Database
  log: Logger
  partitions: number
  language: string
  /** Whether this replica writes a partition, and so indexes it. */
  owns: (partition: number) => boolean
}>

/** Keeps the index of words behind the writers of this replica. One statement at a time: writers need their connections. */
export class WordIndexer implements AsyncDisposable {
  readonly #options: WordIndexerOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(options: WordIndexerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; ) {
      try {
        const more = await this.#turn()
        attempt = 0
        if (!more) await sleep(LOOK_MS, this.#stop.signal)
      } catch (thrown) {
        events.choreFailed(this.#options.log, 'search index', thrown)
        await sleep(backoffMs(attempt++, RETRY_LAST_MS), this.#stop.signal)
      }
    }
  }

  /** A batch of each partition, so that none waits for another's past. @returns whether one may have more */
  async #turn(): Promise<boolean> {
    const { db, partitions, language, owns } = this.#options
    let more = false
    for (let partition = 0; partition < partitions; partition++) {
      if (!owns(partition) || this.#stop.signal.aborted) continue
      const begun = performance.now()
      const indexed = await indexSome(db, { partition, partitions, language })
      if (!indexed) continue
      more ||= indexed.more
      events.indexed(indexed.rows, (performance.now() - begun) / 1000)
    }
    return more
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
