/**
 * `npm run bench:search`: how long the store takes to find a page of words in one feed, on a Postgres of its own that is filled by
 * SQL. The figures should not grow with the feed.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Postgres } from '@p2pmsg/local'
import { encodeContent, encodeMessage, saltOf, utf8 } from '@p2pmsg/protocol'
import { createLogger } from '@p2pmsg/runtime'
import { Pool } from 'pg'
import { type Database, openDatabase } from '../services/store/src/database.ts'
import { definePartitions } from '../services/store/src/lease.ts'
import { migrate } from '../services/store/src/migrate.ts'
import { answerFeed } from '../services/store/src/queries/feed.ts'
import { defineSearch, indexSome } from '../services/store/src/search/word-index.ts'
import { percentiles } from './load/percentiles.ts'
import { table } from './load/table.ts'

const HELP = `npm run bench:search -- [options]

--rows A,B,…  lengths of the feed, growing (100000,1000000)
--asks N      times that each question is asked (20)
`
const RECEIVER = Buffer.alloc(32, 2)
/** Positions between two messages of the feed: others' stand there. */
const GAP = 37
const TEXT_BYTES = 100
/** Each word stands in one message of so many. */
const WORDS = { common: 1, often: 20, some: 200, seldom: 1_000, rare: 20_000 }
/** In every second message of the older half, and in none of the newer. */
const OLD = { word: 'old', every: 2, share: 0.5 }
const SEARCHES = [
  undefined,
  ...Object.keys(WORDS),
  OLD.word,
  'old often',
  'absent',
  'often some',
  '"common often"',
  'common -often',
  'w7 or u8',
]

const NO_FILTER = { author: undefined, topic: undefined, replyTo: undefined }

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000,1000000' },
    asks: { type: 'string', default: '20' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) process.stdout.write(HELP)
else await main(values.rows.split(',').map(Number), Number(values.asks))

async function main(lengths: readonly number[], asks: number): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const server = await Postgres.start({ folder, settings: { shared_buffers: '512MB', max_wal_size: '4GB' } })
  stack.defer(async () => void (await server.stop()))
  const db = openDatabase({ url: server.url(), poolSize: 2, log: createLogger('store', 'silent') })
  stack.defer(() => db.destroy())
  const pool = new Pool({ connectionString: server.url(), max: 1 })
  stack.defer(() => pool.end())
  await migrate(db)
  await definePartitions(db, 1)
  await defineSearch(db, 1)

  let from = 0
  for (const length of lengths) {
    await fill(pool, from, length, lengths.at(-1) ?? length)
    const micros = await index(db)
    process.stdout.write(`\n${length} messages; ${micros.toFixed(0)} µs each to index\n`)
    const rows = []
    for (const search of SEARCHES) rows.push(await measure(db, search, asks))
    process.stdout.write(table(['search', 'rows', 'p50 ms', 'p95 ms', 'max ms'], rows))
    from = length
  }
}

/** Messages of one author, made from one that is valid by putting other words into it. */
/** @param newest how many there will be at the end */
async function fill(pool: Pool, from: number, to: number, newest: number): Promise<void> {
  const text = '.'.repeat(TEXT_BYTES)
  const author = Buffer.alloc(32, 1)
  const value = encodeContent({ text })
  const salt = saltOf(RECEIVER, utf8(''))
  const bytes = Buffer.from(encodeMessage({ key: author, salt, seq: 1n, signature: Buffer.alloc(64), value }))
  const at = bytes.indexOf(text)
  const words = Object.entries(WORDS).map(([word, every]) => `CASE WHEN i % ${every} = 0 THEN '${word} ' ELSE '' END`)
  words.push(`CASE WHEN i <= ${OLD.share * newest} AND i % ${OLD.every} = 0 THEN '${OLD.word} ' ELSE '' END`)
  await pool.query(
    `INSERT INTO message (id, receiver, position, author, topic, seq, received_ms, dialect, type, message)
    SELECT sha256(int8send(i)), $1::bytea, i * ${GAP}, $2::bytea, '', i, 0, 0, 'text/plain', $3::bytea || convert_to(rpad(
      ${words.join(' || ')} || 'w' || (random() * 5000)::int || ' v' || (random() * 50000)::int || ' u' || (random() * 500)::int,
      ${TEXT_BYTES}, ' z' || (i % 3000)), 'UTF8') || $4::bytea
    FROM generate_series($5::int8 + 1, $6::int8) AS i`,
    [RECEIVER, author, bytes.subarray(0, at), bytes.subarray(at + TEXT_BYTES), from, to],
  )
  await pool.query('UPDATE partition SET applied_seq = $1', [Math.ceil((to * GAP) / 256)])
}

/** @returns microseconds per message */
async function index(db: Database): Promise<number> {
  const begun = performance.now()
  let messages = 0
  for (let more = true; more; ) {
    const indexed = await indexSome(db, { partition: 0, partitions: 1, language: 'simple' })
    messages += indexed?.rows ?? 0
    more = indexed !== undefined
  }
  return ((performance.now() - begun) * 1_000) / messages
}

async function measure(db: Database, search: string | undefined, asks: number): Promise<(string | number)[]> {
  const times: number[] = []
  let found = 0
  for (let i = 0; i < asks; i++) {
    const begun = performance.now()
    const { rows } = await answerFeed(
      { db, partitions: 1, searches: true },
      { receiver: RECEIVER, before: undefined, after: undefined, limit: 50, search, ...NO_FILTER },
    )
    times.push(performance.now() - begun)
    found = rows.length
  }
  const { p50, p95, max } = percentiles(times)
  return [search ?? '(no words)', found, p50, p95, max]
}
