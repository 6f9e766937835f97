// Proves that the store never skips and never guesses: what it cannot apply stops a partition, what it has applied is trimmed.
import { startEpoch } from '@p2pmsg/admin'
import { EPOCH_SEQUENCES, MESSAGES_STREAM, messageId, partitionOf, streamSeqOf, toHex } from '@p2pmsg/protocol'
import { createLogger, streamInfo } from '@p2pmsg/runtime'
import { describe, expect, test } from 'vitest'
import { definePartitions } from '../../services/store/src/lease.ts'
import { migrate } from '../../services/store/src/migrate.ts'
import { PartitionOwner } from '../../services/store/src/partition-owner.ts'
import { trimLog } from '../../services/store/src/trimmer.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

const log = createLogger('store', 'silent')
const PATIENCE = { timeout: 30_000 }

/** A bench with one owner of everything, whose problems can be looked at. */
async function anOwner(partitions: number) {
  const bench = await StoreBench.start({ partitions })
  await migrate(bench.db)
  await definePartitions(bench.db, partitions)
  const deps = { db: bench.db, bus: await bench.bus('store'), log }
  const begin = async () => {
    const owner = new PartitionOwner(deps, partitions)
    owner.start()
    await expect.poll(() => owner.owned, PATIENCE).toBe(partitions)
    return owner
  }
  return { bench, deps, begin }
}

/** Two receivers whose messages go to different partitions of two. */
function twoReceivers(): [Uint8Array, Uint8Array] {
  const first = aKeyPair().publicKey
  for (;;) {
    const second = aKeyPair().publicKey
    if (partitionOf(second, 2) !== partitionOf(first, 2)) return [first, second]
  }
}

async function applied(bench: StoreBench, receiver: Uint8Array): Promise<number> {
  const rows = await bench.sql<{ seq: string }>('SELECT applied_seq AS seq FROM partition WHERE id = $1', [
    partitionOf(receiver, bench.partitions),
  ])
  return Number(rows[0]?.seq)
}

async function idsOf(bench: StoreBench, receiver: Uint8Array): Promise<string[]> {
  const rows = await bench.sql<{ id: Buffer }>('SELECT id FROM message WHERE receiver = $1 ORDER BY position', [
    receiver,
  ])
  return rows.map((row) => toHex(row.id))
}

const text = (receiver: Uint8Array, words: string) => aMessage(aKeyPair(), receiver, { text: words })

describe('a block that cannot be applied', () => {
  test.each([
    [
      'is no block',
      (_: StoreBench, receiver: Uint8Array) => [Buffer.from('no block'), partitionOf(receiver, 2)] as const,
    ],
    [
      'belongs to another partition',
      (bench: StoreBench, receiver: Uint8Array) =>
        [bench.block([text(receiver, 'astray')]), 1 - partitionOf(receiver, 2)] as const,
    ],
    [
      'holds a message that ingest would refuse',
      (bench: StoreBench, receiver: Uint8Array) =>
        [bench.block([aMessage(aKeyPair(), receiver, { body: Buffer.of(0xff) })]), partitionOf(receiver, 2)] as const,
    ],
  ])('because it %s stops its partition and is never passed over', async (_, make) => {
    const { bench, begin } = await anOwner(2)
    await using _bench = bench
    await using owner = await begin()
    const receivers = twoReceivers()
    const [bytes, partition] = make(bench, receivers[0])
    const [stopped, other] = partitionOf(receivers[0], 2) === partition ? receivers : receivers.toReversed()
    if (!stopped || !other) throw new Error('two receivers')
    // given a good block before it and a good one behind it, in both partitions
    const before = text(stopped, 'before')
    const position = await bench.accept([before])
    await bench.append(bytes, partition)
    await bench.accept([text(stopped, 'behind')])
    const elsewhere = text(other, 'elsewhere')
    await bench.accept([elsewhere])
    // then that partition stops right before it, and says so; the other goes on
    await expect.poll(() => owner.stopped, PATIENCE).toBe(1)
    await expect.poll(() => idsOf(bench, other)).toEqual([toHex(messageId(elsewhere))])
    expect(await idsOf(bench, stopped)).toEqual([toHex(messageId(before))])
    expect(await applied(bench, stopped)).toBe(streamSeqOf(position))
    expect(owner.problems).toEqual([expect.stringMatching(/record \d+ cannot be applied/)])
    await owner.drain()
  })
})

describe('a log that is not the one that was applied', () => {
  test('stops the store: another record at the same sequence, then a log that ends too early, until a new epoch begins', async () => {
    const { bench, begin } = await anOwner(1)
    await using _bench = bench
    const receiver = aKeyPair().publicKey
    const first = text(receiver, 'first')
    const position = await bench.accept([first])
    const one = await begin()
    await expect.poll(() => idsOf(bench, receiver)).toHaveLength(1)
    await one.drain()
    // given a database that applied something else there
    await bench.sql(`UPDATE partition SET applied_hash = sha256('something else')`)
    await bench.accept([text(receiver, 'not to be applied')])
    await using two = await begin()
    await expect.poll(() => two.problems).toEqual([expect.stringContaining('is not the one that was applied')])
    expect(two.problems[0]).toContain('p2pmsg admin epoch 2 --yes')
    expect(await idsOf(bench, receiver)).toHaveLength(1)
    await two.drain()
    // and one that has applied more than there is
    await bench.sql('UPDATE partition SET applied_seq = applied_seq + 100')
    await using three = await begin()
    await expect.poll(() => three.problems).toEqual([expect.stringContaining('the log ends at')])
    await three.drain()
    // when the operator does what it says
    await startEpoch(bench.admin, 2)
    await using four = await begin()
    const second = text(receiver, 'second')
    const next = await bench.accept([second])
    // then it goes on, and what is new stands behind all that was
    await expect.poll(() => idsOf(bench, receiver), PATIENCE).toEqual([first, second].map((m) => toHex(messageId(m))))
    expect(streamSeqOf(next)).toBe(2 * EPOCH_SEQUENCES)
    expect(next).toBeGreaterThan(position)
    expect(four.problems).toEqual([])
    await four.drain()
  })

  test('a log that was trimmed past what this database has applied stops it too', async () => {
    const { bench, deps, begin } = await anOwner(1)
    await using _bench = bench
    const receiver = aKeyPair().publicKey
    for (const words of ['one', 'two', 'three']) await bench.accept([text(receiver, words)])
    const one = await begin()
    await expect.poll(() => idsOf(bench, receiver)).toHaveLength(3)
    await one.drain()
    await trimLog(deps, 0)
    // given a database restored from a time before all that
    await bench.sql('DELETE FROM message')
    await bench.sql('UPDATE partition SET applied_seq = 0, applied_hash = NULL')
    await using two = await begin()
    await expect
      .poll(() => two.problems)
      .toEqual([expect.stringContaining('were trimmed and this database lacks them')])
    await two.drain()
  })
})

describe('trimming', () => {
  test('removes what every partition has applied and keeps the record whose hash the next take-over checks', async () => {
    const { bench, deps, begin } = await anOwner(2)
    await using _bench = bench
    const [busy, quiet] = twoReceivers()
    const owner = await begin()
    await bench.accept([text(quiet, 'one word')])
    const positions = []
    for (let i = 0; i < 20; i++) positions.push(await bench.accept([text(busy, `word ${i}`)]))
    const last = streamSeqOf(positions.at(-1) ?? 0n)
    await expect.poll(() => applied(bench, busy)).toBe(last)
    // given that retention has not passed
    await trimLog(deps, 3_600_000)
    expect((await streamInfo(bench.admin, MESSAGES_STREAM)).state.first_seq).toBe(EPOCH_SEQUENCES)
    // then nothing goes; and when it has, the quiet partition follows the log and does not hold it back
    await expect.poll(() => applied(bench, quiet), PATIENCE).toBe(last)
    await trimLog(deps, 0)
    expect((await streamInfo(bench.admin, MESSAGES_STREAM)).state).toMatchObject({ first_seq: last, messages: 1 })
    await owner.drain()
    await using next = await begin()
    const more = text(quiet, 'more')
    await bench.accept([more])
    await expect.poll(() => idsOf(bench, quiet)).toContain(toHex(messageId(more)))
    expect(next.problems).toEqual([])
    await next.drain()
  })

  test('never removes what is not applied', async () => {
    const { bench, deps } = await anOwner(1)
    await using _bench = bench
    const receiver = aKeyPair().publicKey
    for (const words of ['one', 'two', 'three']) await bench.accept([text(receiver, words)])
    await trimLog(deps, 0)
    expect((await streamInfo(bench.admin, MESSAGES_STREAM)).state.messages).toBe(3)
  })
})
