// Proves that a search of a feed that is longer than one page may look at finds each match once, in order, both ways, and ends.
import { encodeContent, encodeMessage, type FeedQuestion, saltOf, utf8 } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { definePartitions } from '../../services/store/src/lease.ts'
import { migrate } from '../../services/store/src/migrate.ts'
import { answerFeed } from '../../services/store/src/queries/feed.ts'
import { defineSearch, indexSome } from '../../services/store/src/search/word-index.ts'
import { aKeyPair } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

/** More than is walked through and than the blocks of one page hold. */
const ROWS = 24_000
/** Positions between two messages: others' stand there. */
const GAP = 37n
const TEXT_BYTES = 60
const receiver = aKeyPair().publicKey
const EVERYTHING = { before: undefined, after: undefined, author: undefined, topic: undefined, replyTo: undefined }
let bench: StoreBench

beforeAll(async () => {
  bench = await StoreBench.start({ partitions: 1 })
  await migrate(bench.db)
  await definePartitions(bench.db, 1)
  await defineSearch(bench.db, 1)
  await fill()
  const work = { partition: 0, partitions: 1, language: 'simple' }
  while (await indexSome(bench.db, work)) continue
})
afterAll(() => bench[Symbol.asyncDispose]())

/** Messages made from one that is valid by putting other words into it. */
async function fill(): Promise<void> {
  const author = Buffer.from(aKeyPair().publicKey)
  const text = '.'.repeat(TEXT_BYTES)
  const value = encodeContent({ text })
  const item = { key: author, salt: saltOf(receiver, utf8('')), seq: 1n, signature: Buffer.alloc(64), value }
  const bytes = Buffer.from(encodeMessage(item))
  const at = bytes.indexOf(text)
  await bench.sql(
    `INSERT INTO message (id, receiver, position, author, topic, seq, received_ms, dialect, type, message)
    SELECT sha256(int8send(i)), $1::bytea, i * ${GAP}, $2::bytea, '', i, 0, 0, 'text/plain', $3::bytea || convert_to(rpad(
      CASE WHEN i <= 3000 AND i % 2 = 0 THEN 'old ' ELSE '' END || CASE WHEN i % 2 = 0 THEN 'even ' ELSE 'odd ' END ||
      CASE WHEN i % 1000 = 1 THEN 'seldom ' ELSE '' END || CASE WHEN i = 77 THEN 'lonely ' ELSE '' END || 'n' || i, ${TEXT_BYTES}, ' z'
    ), 'UTF8') || $4::bytea
    FROM generate_series(1, ${ROWS}::int8) AS i`,
    [Buffer.from(receiver), author, bytes.subarray(0, at), bytes.subarray(at + TEXT_BYTES)],
  )
  await bench.sql('UPDATE partition SET applied_seq = $1', [Math.ceil((ROWS * Number(GAP)) / 256)])
}

type Walk = { numbers: number[]; pages: number; empty: number }

/** Every match from page to page. */
async function every(search: string, direction: 'before' | 'after'): Promise<Walk> {
  const source = { db: bench.db, partitions: 1, searches: true }
  const walk: Walk = { numbers: [], pages: 0, empty: 0 }
  let cursor: Partial<FeedQuestion> = direction === 'after' ? { after: 0n } : {}
  for (;;) {
    const { rows, more, reached } = await answerFeed(source, { ...EVERYTHING, receiver, search, limit: 100, ...cursor })
    walk.numbers.push(...rows.map(({ position }) => Number(position / GAP)))
    walk.pages++
    if (rows.length === 0) walk.empty++
    if (!more) return walk
    const end = reached ?? rows.at(-1)?.position
    if (end === undefined) throw new Error('a page that goes on says from where')
    cursor = { [direction]: end }
  }
}

const numbers = (matches: (i: number) => boolean) => Array.from({ length: ROWS }, (_, i) => i + 1).filter(matches)

test.each([
  ['old', (i: number) => i <= 3000 && i % 2 === 0],
  ['seldom', (i: number) => i % 1000 === 1],
  ['lonely', (i: number) => i === 77],
  ['seldom -odd', () => false],
  ['old or lonely', (i: number) => (i <= 3000 && i % 2 === 0) || i === 77],
  ['"odd seldom"', (i: number) => i % 1000 === 1],
  ['-even -n23999 seldom', (i: number) => i % 1000 === 1],
])('%s', async (search, matches) => {
  const expected = numbers(matches)
  expect((await every(search, 'after')).numbers).toEqual(expected)
  expect((await every(search, 'before')).numbers).toEqual(expected.toReversed())
})

test('words that stand side by side and never together end a page that is not full, from which the next one goes on', async () => {
  for (const direction of ['before', 'after'] as const) {
    const { numbers: found, pages, empty } = await every('odd even', direction)
    expect(found).toEqual([])
    expect(pages).toBeGreaterThan(1)
    expect(pages).toBeLessThan(4)
    expect(empty).toBe(pages)
  }
})
