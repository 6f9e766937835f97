// Proves that the log may be played again, whole or in part, and leaves the same tables: what was stored once stays one row.
import { DELETE_TYPE, messageId, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import type { Database } from '../../services/store/src/database.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

const RECEIVERS = 6
const BLOCKS = 30

/** Everything that follows from the log, in a fixed order. */
async function dump(db: Database) {
  return {
    message: await db.selectFrom('message').selectAll().orderBy('id').execute(),
    removal: await db.selectFrom('removal').selectAll().orderBy('target').orderBy('author').execute(),
    state: await db.selectFrom('receiver_state').selectAll().orderBy('receiver').execute(),
    partition: await db.selectFrom('partition').select(['id', 'applied_seq', 'applied_hash']).orderBy('id').execute(),
  }
}

async function stored(bench: StoreBench): Promise<number> {
  const [row] = await bench.sql<{ total: number }>('SELECT count(*)::int AS total FROM message')
  return row?.total ?? 0
}

test('history played twice stores every message once and leaves the same tables', async () => {
  await using bench = await StoreBench.start({ partitions: 2 })
  // given a history with duplicates, deletes before and after their targets, topics and answers
  const receivers = Array.from({ length: RECEIVERS }, () => aKeyPair().publicKey)
  const author = aKeyPair()
  const ids = new Set<string>()
  for (let i = 0; i < BLOCKS; i++) {
    const receiver = receivers[i % RECEIVERS] ?? Buffer.of()
    const [first, second] = [
      aMessage(author, receiver, { text: `first ${i}` }),
      aMessage(author, receiver, { text: 'x' }, 'topic'),
    ]
    const removal = aMessage(author, receiver, { type: DELETE_TYPE, replyTo: messageId(i % 2 === 0 ? first : second) })
    const answer = aMessage(aKeyPair(), receiver, { text: 'answer', replyTo: messageId(second) })
    for (const block of [
      [first, removal],
      [second, first],
      [answer, answer],
    ]) {
      await bench.accept(block)
      for (const message of block) ids.add(toHex(messageId(message)))
    }
  }
  const first = await bench.store()
  await expect.poll(() => stored(bench)).toBe(ids.size)
  await first.drain()
  await first[Symbol.asyncDispose]()
  const before = await dump(bench.db)
  expect(before.state.some((row) => row.revision !== '0')).toBe(true)

  // when a store starts that believes to have applied nothing
  await bench.db.updateTable('partition').set({ applied_seq: '0', applied_hash: null }).execute()
  await bench.store()

  // then it comes to the same end
  await expect
    .poll(async () => (await dump(bench.db)).partition.map((row) => row.applied_seq))
    .toEqual(before.partition.map((row) => row.applied_seq))
  expect(await dump(bench.db)).toEqual(before)
})
