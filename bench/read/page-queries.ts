import { createHash, randomBytes, randomInt } from 'node:crypto'
import type { Stack } from '@p2pmsg/local'
import { encodeMessage, type FeedQuestion, feedQuery } from '@p2pmsg/protocol'
import { connectBus, createLogger } from '@p2pmsg/runtime'
import { Client } from 'pg'
import { percentiles } from '../load/percentiles.ts'
import { signMessages } from '../load/signed-messages.ts'

export type PageQueries = Readonly<{
  rows: number
  fillSeconds: number
  /** Milliseconds from question to answer over the bus, by kind of question. */
  ms: Readonly<Record<string, ReturnType<typeof percentiles>>>
}>

const PAGE_ROWS = 50
const AUTHORS = 100
const TOPICS = 50
/** One row in so many has a topic. */
const TOPIC_EVERY = 10
/** Questions of each kind that come first and do not count. */
const WARM_UP = 50
const QUESTION_MS_MAX = 10_000
/** Above every position of the stack's own log, so that the index of words never comes to these rows. */
const BASE = 2n ** 55n
/** Rows of one statement of the filling. */
const FILL_ROWS = 100_000

/** Fills the table to each size in turn and asks the store for pages of it, one question at a time. */
export async function pageQueries(stack: Stack, sizes: readonly number[], questions: number): Promise<PageQueries[]> {
  await using bus = await connectBus({
    url: stack.natsUrl('render-api'),
    service: 'render-api',
    log: createLogger('render-api', 'fatal'),
  })
  const database = new Client({ connectionString: stack.postgresUrl })
  await database.connect()
  try {
    const receiver = randomBytes(32)
    const results: PageQueries[] = []
    let filled = 0
    for (const rows of sizes.toSorted((a, b) => a - b)) {
      const started = performance.now()
      await fill(database, receiver, filled + 1, rows)
      filled = rows
      const fillSeconds = (performance.now() - started) / 1000
      const ms: Record<string, ReturnType<typeof percentiles>> = {}
      for (const [kind, question] of Object.entries(kinds(rows))) {
        const taken: number[] = []
        for (let i = 0; i < WARM_UP + questions; i++) {
          const begun = performance.now()
          const reply = await bus.request(feedQuery, { ...NOTHING, receiver, ...question() }, QUESTION_MS_MAX)
          if (!reply.ok) throw new Error(`the store says ${reply.code}`)
          if (reply.answer.rows.length === 0) throw new Error(`no rows for a page by ${kind}`)
          if (i >= WARM_UP) taken.push(performance.now() - begun)
        }
        ms[kind] = percentiles(taken)
      }
      results.push({ rows, fillSeconds, ms })
    }
    return results
  } finally {
    await database.end()
  }
}

const NOTHING = {
  before: undefined,
  after: undefined,
  author: undefined,
  topic: undefined,
  replyTo: undefined,
  search: undefined,
  limit: PAGE_ROWS,
}

/** Pages as readers turn them, anywhere in a feed of so many rows. */
function kinds(rows: number): Readonly<Record<string, () => Partial<FeedQuestion>>> {
  const anywhere = () => BASE + BigInt(PAGE_ROWS + randomInt(Math.max(1, rows - 2 * PAGE_ROWS)))
  return {
    newest: () => ({}),
    before: () => ({ before: anywhere() }),
    after: () => ({ after: anywhere() }),
    author: () => ({ author: authorOf(randomInt(AUTHORS)) }),
    topic: () => ({ topic: `topic ${randomInt(TOPICS)}` }),
  }
}

/** As the statement below makes it. */
function authorOf(number: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  return createHash('sha256').update(bytes).digest()
}

/** Rows as the store's writer makes them, but for the signature: nobody reads these messages. */
async function fill(database: Client, receiver: Uint8Array, from: number, to: number): Promise<void> {
  const [message] = signMessages(receiver, 1)
  const bytes = message && Buffer.from(encodeMessage(message))
  for (let first = from; first <= to; first += FILL_ROWS) {
    const last = Math.min(to, first + FILL_ROWS - 1)
    await database.query(
      `INSERT INTO message (id, receiver, position, author, topic, seq, received_ms, dialect, type, message)
      SELECT sha256(int8send(i) || $1::bytea), $1, ${BASE} + i, sha256(int8send(i % ${AUTHORS})),
        CASE WHEN i % ${TOPIC_EVERY} = 0 THEN 'topic ' || (i / ${TOPIC_EVERY} % ${TOPICS}) ELSE '' END,
        i, i, 0, 'text/plain', $2
      FROM generate_series($3::bigint, $4::bigint) AS i`,
      [receiver, bytes, first, last],
    )
  }
  await database.query('ANALYZE message')
}
