// Proves that what stands in the log becomes rows, announcements and answers: each message once, in the order of the log.
import {
  encodeBlock,
  encodeMessage,
  lastPositionOf,
  messageId,
  messageQuery,
  partitionOf,
  receiverOf,
  statsQuery,
  streamSeqOf,
  toHex,
  traceQuery,
} from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

let bench: StoreBench

beforeAll(async () => {
  bench = await StoreBench.start()
  await bench.store()
})

afterAll(() => bench[Symbol.asyncDispose]())

describe('a block of the log', () => {
  test('becomes rows of its feed, in order, as they were signed', async () => {
    // given three messages that ingest accepted
    const receiver = aKeyPair().publicKey
    const sent = ['one', 'two', 'three'].map((text) => aMessage(aKeyPair(), receiver, { text }))
    // when they stand in the log
    const first = await bench.accept(sent)
    await expect.poll(async () => (await bench.feed(receiver)).rows.length).toBe(3)
    // then the feed has them oldest first, and newest first without a cursor
    const { rows, more, applied, revision } = await bench.feed(receiver, { after: 0n })
    expect(rows.map((row) => toHex(row.message))).toEqual(sent.map((message) => toHex(encodeMessage(message))))
    expect(rows.map((row) => row.position)).toEqual([first, first + 1n, first + 2n])
    expect(rows.map((row) => toHex(row.id))).toEqual(sent.map((message) => toHex(messageId(message))))
    expect({ more, revision }).toEqual({ more: false, revision: 0n })
    expect(applied).toBeGreaterThanOrEqual(lastPositionOf(streamSeqOf(first)))
    const newest = await bench.feed(receiver)
    expect(newest.rows).toEqual(rows.toReversed())
  })

  test('may hold no message at all, as a second judge leaves it, and is passed over', async () => {
    const message = aMessage(aKeyPair(), aKeyPair().publicKey, { text: 'behind an empty block' })
    const partition = partitionOf(receiverOf(message), bench.partitions)
    const packId = { incarnation: Buffer.alloc(8, 1), counter: 1 }
    const refused = [{ packIndex: 0, code: 'blocked' as const }]
    await bench.append(encodeBlock({ packId, partition, accepted: [], refused }), partition)
    await bench.accept([message])
    await expect.poll(async () => (await bench.feed(receiverOf(message))).rows.length).toBe(1)
  })

  test('is announced after its commit, once, with what was before', async () => {
    const receiver = aKeyPair().publicKey
    const heard = await bench.announcements(receiver)
    const message = aMessage(aKeyPair(), receiver, { text: 'heard' })
    const first = await bench.accept([message])
    await expect.poll(() => heard.filter(({ rows }) => rows && rows.length > 0).length).toBe(1)
    const said = heard.find(({ rows }) => rows && rows.length > 0)
    expect(said?.last).toBe(lastPositionOf(streamSeqOf(first)))
    expect(said?.prev).toBeLessThan(said?.last ?? 0n)
    expect(said?.rows).toEqual((await bench.feed(receiver)).rows)
    // and heartbeats go on from there
    await expect.poll(() => heard.at(-1)).toMatchObject({ prev: said?.last, last: said?.last, rows: [] })
    for (const [i, { prev }] of heard.entries()) if (i > 0) expect(prev).toBe(heard[i - 1]?.last)
  })

  test('is found by id, by trace and in the numbers', async () => {
    const receiver = aKeyPair().publicKey
    const message = aMessage(aKeyPair(), receiver, { text: 'found' })
    const position = await bench.accept([message])
    await expect.poll(async () => (await bench.ask(statsQuery, receiver)).messages).toBe(1)
    const answer = await bench.ask(messageQuery, messageId(message))
    expect(answer.row && toHex(answer.row.message)).toBe(toHex(encodeMessage(message)))
    expect(answer.receiver && toHex(answer.receiver)).toBe(toHex(receiver))
    expect(await bench.ask(traceQuery, messageId(message))).toMatchObject({
      stored: { position, acceptedMs: expect.any(Number), removed: false },
      refused: undefined,
    })
    const stats = await bench.ask(statsQuery, receiver)
    expect(stats).toMatchObject({ messages: 1, lastPosition: position })
    expect(stats.partitions.map(({ partition }) => partition)).toEqual([0, 1])
  })
})
