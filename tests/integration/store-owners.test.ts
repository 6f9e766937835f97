// Proves that each partition has one writer at a time: replicas share, take over in order, and a stale one writes nothing.
import { lastPositionOf, messageId, partitionOf, streamSeqOf, toHex } from '@p2pmsg/protocol'
import { createLogger } from '@p2pmsg/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyBatch } from '../../services/store/src/apply-batch.ts'
import { readBlock, toBatch } from '../../services/store/src/batch.ts'
import { definePartitions, releaseLeases, renewLeases, takeLeases } from '../../services/store/src/lease.ts'
import { migrate } from '../../services/store/src/migrate.ts'
import { PartitionOwner } from '../../services/store/src/partition-owner.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

const PARTITIONS = 4
const log = createLogger('store', 'silent')
/** A lease runs out after five seconds, and the others look each second. */
const TAKE_OVER = { timeout: 30_000 }

let bench: StoreBench

beforeAll(async () => {
  bench = await StoreBench.start({ partitions: PARTITIONS })
  await migrate(bench.db)
  await definePartitions(bench.db, PARTITIONS)
})

afterAll(() => bench[Symbol.asyncDispose]())

async function anOwner(): Promise<PartitionOwner> {
  const bus = await bench.bus('store')
  const owner = new PartitionOwner({ db: bench.db, bus, log }, PARTITIONS)
  owner.start()
  return owner
}

/** Ids of a feed, oldest first. */
async function feedOf(receiver: Uint8Array): Promise<string[]> {
  const rows = await bench.db
    .selectFrom('message')
    .select('id')
    .where('receiver', '=', receiver)
    .orderBy('position')
    .execute()
  return rows.map((row) => toHex(row.id))
}

describe('a writer whose lease was taken', () => {
  test('writes nothing, and the new owner goes on from where it was', async () => {
    // given a writer that stopped for longer than its lease, with a batch in hand
    const receiver = aKeyPair().publicKey
    const partition = partitionOf(receiver, PARTITIONS)
    const batchOf = (text: string, seq: number) => {
      const data = bench.block([aMessage(aKeyPair(), receiver, { text })])
      return toBatch([readBlock({ seq, subject: `messages.v1.${partition}`, data }, partition)])
    }
    const old = (await takeLeases(bench.db, 'old', PARTITIONS)).find((lease) => lease.partition === partition)
    if (!old) throw new Error('no lease')
    expect(await applyBatch(bench.db, { ...old, appliedSeq: 0 }, batchOf('first', 10))).toBeDefined()
    await bench.sql(`UPDATE lease SET expires = clock_timestamp() - interval '1 second'`)
    const taken = (await takeLeases(bench.db, 'new', PARTITIONS)).find((lease) => lease.partition === partition)
    if (!taken) throw new Error('no lease')
    expect(taken.fence).toBe(old.fence + 1n)
    const before = await feedOf(receiver)
    // when it goes on, it has no lease to renew and its batch is turned away
    expect(await renewLeases(bench.db, 'old')).toEqual([])
    expect(await applyBatch(bench.db, { ...old, appliedSeq: 10 }, batchOf('stale', 11))).toBeUndefined()
    expect(await feedOf(receiver)).toEqual(before)
    // and the new owner writes, but never over a gap
    expect(await applyBatch(bench.db, { ...taken, appliedSeq: 9 }, batchOf('gap', 11))).toBeUndefined()
    expect(await applyBatch(bench.db, { ...taken, appliedSeq: 10 }, batchOf('second', 11))).toBeDefined()
    expect(await feedOf(receiver)).toHaveLength(2)
    // and what the stale one hands back stays with its new owner
    await releaseLeases(bench.db, [old])
    expect((await renewLeases(bench.db, 'new')).map((lease) => lease.partition)).toContain(partition)
    await releaseLeases(bench.db, await renewLeases(bench.db, 'new'))
    await bench.db.updateTable('partition').set({ applied_seq: '0', applied_hash: null }).execute()
    await bench.db.deleteFrom('message').execute()
  })

  test('stands down while it runs, and a sibling finishes what it did not begin', async () => {
    const receiver = aKeyPair().publicKey
    await using owner = await anOwner()
    await expect.poll(() => owner.owned, TAKE_OVER).toBe(PARTITIONS)
    const first = aMessage(aKeyPair(), receiver, { text: 'by the first' })
    await bench.accept([first])
    await expect.poll(() => feedOf(receiver)).toEqual([toHex(messageId(first))])
    // when somebody else takes its fences behind its back, as after a pause of the whole process
    await bench.sql(`UPDATE lease SET expires = clock_timestamp() - interval '1 second'`)
    const stolen = await takeLeases(bench.db, 'thief', PARTITIONS)
    expect(stolen.length).toBeGreaterThan(0)
    const second = aMessage(aKeyPair(), receiver, { text: 'while nobody reads' })
    await bench.accept([second])
    await expect.poll(() => owner.owned, TAKE_OVER).toBe(PARTITIONS - stolen.length)
    expect(await feedOf(receiver)).toEqual([toHex(messageId(first))])
    // then the thief's leases run out and it takes them again, in order
    await expect.poll(() => feedOf(receiver), TAKE_OVER).toEqual([first, second].map((m) => toHex(messageId(m))))
    await owner.drain()
  })
})

describe('two replicas', () => {
  test('share the partitions; when one drains, the other goes on at once; when one dies, after its lease', async () => {
    const receivers = Array.from({ length: 8 }, () => aKeyPair().publicKey)
    const sent = receivers.map((): string[] => [])
    const write = async () => {
      for (const [i, receiver] of receivers.entries()) {
        const messages = ['a', 'b'].map((text) => aMessage(aKeyPair(), receiver, { text }))
        await bench.accept(messages)
        sent[i]?.push(...messages.map((message) => toHex(messageId(message))))
      }
    }
    const complete = () => Promise.all(receivers.map(feedOf))
    // given one that has everything, and a second that joins
    const first = await anOwner()
    await expect.poll(() => first.owned, TAKE_OVER).toBe(PARTITIONS)
    await write()
    const second = await anOwner()
    await expect.poll(() => [first.owned, second.owned], TAKE_OVER).toEqual([2, 2])
    await write()
    await expect.poll(complete).toEqual(sent)
    // when the first drains
    await first.drain()
    await write()
    await expect.poll(() => second.owned, TAKE_OVER).toBe(PARTITIONS)
    await expect.poll(complete, TAKE_OVER).toEqual(sent)
    // and when the second ends without a word
    const third = await anOwner()
    await expect.poll(() => [second.owned, third.owned], TAKE_OVER).toEqual([2, 2])
    await second[Symbol.asyncDispose]()
    await write()
    await expect.poll(() => third.owned, TAKE_OVER).toBe(PARTITIONS)
    await expect.poll(complete, TAKE_OVER).toEqual(sent)
    await third.drain()
    await first[Symbol.asyncDispose]()
    await third[Symbol.asyncDispose]()
  })

  test('announce one unbroken line, whoever writes', async () => {
    const receiver = aKeyPair().publicKey
    const heard = await bench.announcements(receiver)
    const first = await anOwner()
    await expect.poll(() => first.owned, TAKE_OVER).toBe(PARTITIONS)
    await bench.accept([aMessage(aKeyPair(), receiver, { text: 'one' })])
    await expect.poll(() => feedOf(receiver)).toHaveLength(1)
    await first.drain()
    await using second = await anOwner()
    await expect.poll(() => second.owned, TAKE_OVER).toBe(PARTITIONS)
    const position = await bench.accept([aMessage(aKeyPair(), receiver, { text: 'two' })])
    await expect.poll(() => heard.at(-1)?.last).toBe(lastPositionOf(streamSeqOf(position)))
    for (const [i, { prev }] of heard.entries()) if (i > 0) expect(prev).toBe(heard[i - 1]?.last)
    expect(heard.flatMap(({ rows }) => rows ?? []).map((row) => toHex(row.id))).toEqual(await feedOf(receiver))
    await second.drain()
  })
})
