import type { OrderedReader, StreamRecord } from '@p2pmsg/runtime'
import { describe, expect, test } from 'vitest'
import { BATCH_ROWS_MAX } from '../src/batch.ts'
import { BlockReader } from '../src/block-reader.ts'
import { aMessage, aRecord } from './logged.ts'

/** Gives records as fast as they are asked for, and counts them. */
class Source implements OrderedReader {
  given = 0
  disposed = false
  readonly #records: readonly StreamRecord[]
  constructor(records: readonly StreamRecord[]) {
    this.#records = records
  }
  async *[Symbol.asyncIterator]() {
    for (const record of this.#records) {
      this.given++
      yield record
    }
    await new Promise(() => undefined) // an ordered consumer never ends by itself
  }
  [Symbol.dispose]() {
    this.disposed = true
  }
}

const ROWS = 50
const messages = Array.from({ length: ROWS }, (_, i) => aMessage({ text: `${i}` }))
const records = (count: number) => Array.from({ length: count }, (_, i) => aRecord(i + 1, messages))

describe('a reader of blocks', () => {
  test('hands over batches in order, each within its bounds, and reads ahead no further than that', async () => {
    const total = 200
    const source = new Source(records(total))
    using reader = new BlockReader(source, 0)
    const seen: number[] = []
    while (seen.length < total) {
      const blocks = await reader.take(1_000)
      const rows = blocks.reduce((sum, block) => sum + block.rows.length, 0)
      expect(rows).toBeLessThan(BATCH_ROWS_MAX + ROWS)
      seen.push(...blocks.map((block) => block.record.seq))
      expect((source.given - seen.length) * ROWS).toBeLessThanOrEqual(2 * BATCH_ROWS_MAX + ROWS)
    }
    expect(seen).toEqual(Array.from({ length: total }, (_, i) => i + 1))
  })

  test('gives what is before a damaged block, then the damaged block alone', async () => {
    const damaged = { ...aRecord(3, []), data: Buffer.from('damaged') }
    using reader = new BlockReader(new Source([...records(2), damaged, aRecord(4, messages)]), 0)
    const batches = [await reader.take(1_000), await reader.take(1_000), await reader.take(1_000)]
    expect(batches.map((blocks) => blocks.map((block) => block.record.seq))).toEqual([[1, 2], [3], [4]])
  })

  test('says when nothing comes, and why it ended', async () => {
    const source = new Source([])
    const reader = new BlockReader(source, 0)
    expect(await reader.take(1)).toEqual([])
    const waiting = reader.take(60_000)
    reader.interrupt(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(reader.take(1)).rejects.toThrow('enough')
    reader[Symbol.dispose]()
    expect(source.disposed).toBe(true)
  })
})
