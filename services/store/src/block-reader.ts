import { BusUnavailable, type OrderedReader, type StreamRecord } from '@p2pmsg/runtime'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, type ReadBlock, readBlock } from './batch.ts'
import { Wake } from './wake.ts'

/** Rows and bytes that are read and wait for the writer: the next batch and one more. */
const AHEAD_ROWS_MAX = 2 * BATCH_ROWS_MAX
const AHEAD_BYTES_MAX = 2 * BATCH_BYTES_MAX
/** How long a batch that is not full waits for more, milliseconds: fewer commits for a little latency. */
const LINGER_MS = 3
/** How often a full reader looks whether there is room, milliseconds; it is woken when there is. */
const ROOM_MS = 1_000

/** Reads a partition of the log ahead of its writer, within bounds, and hands it over in batches. */
export class BlockReader implements Disposable {
  readonly #source: OrderedReader
  readonly #partition: number
  readonly #arrived = new Wake()
  readonly #taken = new Wake()
  #blocks: ReadBlock[] = []
  #rows = 0
  #bytes = 0
  #ended: Error | undefined

  constructor(source: OrderedReader, partition: number) {
    this.#source = source
    this.#partition = partition
    void this.#pump()
  }

  async #pump(): Promise<void> {
    try {
      for await (const record of this.#source) {
        this.#push(record)
        while (!this.#ended && (this.#rows >= AHEAD_ROWS_MAX || this.#bytes >= AHEAD_BYTES_MAX)) {
          await this.#taken.wait(ROOM_MS)
        }
        if (this.#ended) return
      }
      this.interrupt(new BusUnavailable('the reader of the log has ended'))
    } catch (cause) {
      this.interrupt(new BusUnavailable('the reader of the log broke', { cause }))
    }
  }

  #push(record: StreamRecord): void {
    const block = readBlock(record, this.#partition)
    this.#blocks.push(block)
    this.#rows += block.rows.length
    this.#bytes += record.data.length
    this.#arrived.now()
  }

  /** Ends the reading; whoever waits in {@link take}, or asks next, gets the reason. */
  interrupt(why: Error): void {
    this.#ended ??= why
    this.#arrived.now()
    this.#taken.now()
  }

  /**
   * The next batch: what has been read, up to the bounds of a batch, and never what follows a block with a fault.
   * @param idleMs how long to wait for the first block @returns none when it did not come
   * @throws the reason of an interruption
   */
  async take(idleMs: number): Promise<ReadBlock[]> {
    if (this.#blocks.length === 0 && !this.#ended) await this.#arrived.wait(idleMs)
    const until = performance.now() + LINGER_MS
    while (this.#blocks.length > 0 && !this.#full && !this.#ended) {
      const left = until - performance.now()
      if (left <= 0) break
      await this.#arrived.wait(left)
    }
    if (this.#ended) throw this.#ended
    return this.#batch()
  }

  get #full(): boolean {
    return this.#rows >= BATCH_ROWS_MAX || this.#bytes >= BATCH_BYTES_MAX
  }

  #batch(): ReadBlock[] {
    let [count, rows, bytes] = [0, 0, 0]
    for (const block of this.#blocks) {
      if (block.fault && count > 0) break
      count++
      rows += block.rows.length
      bytes += block.record.data.length
      if (block.fault || rows >= BATCH_ROWS_MAX || bytes >= BATCH_BYTES_MAX) break
    }
    this.#rows -= rows
    this.#bytes -= bytes
    this.#taken.now()
    return this.#blocks.splice(0, count)
  }

  [Symbol.dispose](): void {
    this.interrupt(new BusUnavailable('stopped'))
    this.#source[Symbol.dispose]()
  }
}
