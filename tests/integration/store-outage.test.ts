// Proves that the store outlives what it stands on: Postgres and NATS are killed in the middle of the work and come back.
// Tests with servers of their own mostly wait, so they run side by side.
import { feedQuery, messageId, messageQuery, type Row, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { aPostgres } from '../support/servers.ts'
import { StoreBench } from '../support/store-bench.ts'

const PATIENCE = { timeout: 40_000 }
const ROUNDS = 30
const BLOCK = 8

/** Puts blocks into the log, tells what was put, and goes on until all is said. */
async function writing(
  bench: StoreBench,
  receiver: Uint8Array,
  onRound: (round: number) => Promise<void>,
): Promise<string[]> {
  const sent: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const messages = Array.from({ length: BLOCK }, () => aMessage(aKeyPair(), receiver, { text: 'through' }))
    await bench.accept(messages)
    sent.push(...messages.map((message) => toHex(messageId(message))))
    await onRound(round)
  }
  return sent
}

async function whole(bench: StoreBench, receiver: Uint8Array): Promise<string[]> {
  const rows: Row[] = []
  for (let after = 0n; ; ) {
    const page = await bench.feed(receiver, { after })
    rows.push(...page.rows)
    after = page.rows.at(-1)?.position ?? after
    if (!page.more) return rows.map((row) => toHex(row.id))
  }
}

test.concurrent('Postgres killed in the middle: questions hear so, nothing is lost and nothing comes twice', async ({
  expect,
}) => {
  await using postgres = await aPostgres()
  const url = await postgres.server.database('outage')
  await using bench = await StoreBench.start({ partitions: 1 }, { url, [Symbol.asyncDispose]: async () => undefined })
  const store = await bench.store()
  const receiver = aKeyPair().publicKey
  let codes: unknown[] = []
  const sent = await writing(bench, receiver, async (round) => {
    if (round === ROUNDS / 3) {
      await postgres.server.kill()
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => bench.reader.request(messageQuery, Buffer.alloc(32), 10_000)),
      )
      codes = [...new Set(answers.map((reply) => (reply.ok ? 'answered' : reply.code)))]
    }
    if (round === (ROUNDS / 3) * 2) await postgres.server.start()
  })
  expect(codes).toEqual(['unavailable'])
  await expect.poll(() => whole(bench, receiver), PATIENCE).toEqual(sent)
  await store.drain()
  await bench[Symbol.asyncDispose]() // before its Postgres goes
})

test.concurrent('a store that starts while Postgres is away waits for it; one that is not let in says so', async ({
  expect,
}) => {
  await using postgres = await aPostgres()
  const url = await postgres.server.database('late')
  const elsewhere = { url: url.replace(/late$/, 'nowhere'), [Symbol.asyncDispose]: async () => undefined }
  await using lost = await StoreBench.start({ partitions: 1 }, elsewhere)
  await expect(lost.store()).rejects.toMatchObject({ code: 'DATABASE_UNFIT' })
  await using bench = await StoreBench.start({ partitions: 1 }, { url, [Symbol.asyncDispose]: async () => undefined })
  await postgres.server.kill()
  const starting = bench.store()
  const receiver = aKeyPair().publicKey
  await bench.accept([aMessage(aKeyPair(), receiver, { text: 'before the store' })])
  await postgres.server.start()
  const store = await starting
  await expect.poll(() => whole(bench, receiver), PATIENCE).toHaveLength(1)
  await store.drain()
  await bench[Symbol.asyncDispose]() // before its Postgres goes
})

test.concurrent('a connection that breaks between two statements of a transaction ends that transaction and nothing else', async ({
  expect,
}) => {
  await using bench = await StoreBench.start({ partitions: 1 })
  await bench.store()
  const transaction = bench.db.transaction().execute(async (db) => {
    const row = await db.selectFrom('partition').select('id').executeTakeFirstOrThrow()
    await bench.sql(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = $1 AND datname = current_database()',
      ['idle in transaction'],
    )
    await expect.poll(async () => (await idleInTransaction(bench)).length).toBe(0)
    return await db.selectFrom('partition').select('id').where('id', '=', row.id).execute()
  })
  await expect(transaction).rejects.toThrow()
  expect(await bench.db.selectFrom('partition').select('id').execute()).toHaveLength(1)
})

function idleInTransaction(bench: StoreBench) {
  return bench.sql<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE state = $1 AND datname = current_database()',
    ['idle in transaction'],
  )
}

test.concurrent('NATS killed in the middle: the store goes on where it was', async ({ expect }) => {
  await using bench = await StoreBench.start({ partitions: 2 })
  await bench.store()
  const receiver = aKeyPair().publicKey
  const sent = await writing(bench, receiver, async (round) => {
    if (round !== ROUNDS / 2 || !bench.nats.server) return
    await bench.nats.server.kill()
    await bench.nats.server.start()
    await expect.poll(() => bench.ingestConnected, PATIENCE).toBe(true)
  })
  await expect.poll(() => whole(bench, receiver), PATIENCE).toEqual(sent)
})

test('a question that is not one is refused as such, and more than can wait hear that it is busy', async () => {
  await using bench = await StoreBench.start({ partitions: 1 })
  await bench.store()
  const answer = await bench.reader.nc.request(feedQuery.name, Buffer.from('?'), { timeout: 5_000 })
  expect(feedQuery.parseReply(answer.data)).toEqual({ ok: true, value: { ok: false, code: 'malformed' } })
  const receiver = aKeyPair().publicKey
  const replies = await Promise.all(
    Array.from({ length: 2_000 }, () => bench.reader.request(messageQuery, receiver, 20_000)),
  )
  const codes = new Set(replies.map((reply) => (reply.ok ? 'answered' : reply.code)))
  expect([...codes].filter((code) => code !== 'answered' && code !== 'busy')).toEqual([])
  expect(codes).toContain('answered')
  expect(codes).toContain('busy')
})
