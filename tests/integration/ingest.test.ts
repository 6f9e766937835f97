// Proves that a pack becomes blocks in the log and verdicts that senders can verify, by two ingests as by one, whatever is sent.
import { jetstreamManager } from '@nats-io/jetstream'
import { removeReceiver } from '@p2pmsg/admin'
import {
  EDGE_STREAM,
  encodeMessage,
  MESSAGES_STREAM,
  messageDigest,
  messageId,
  parseRefusals,
  REFUSED_STREAM,
  refused,
  toHex,
  verifyReceipt,
} from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acceptedIn, codesOf, IngestBench, receiptIn } from '../support/ingest-bench.ts'
import { aKeyPair, aMessage, forged } from '../support/messages.ts'

let bench: IngestBench

beforeAll(async () => {
  bench = await IngestBench.start({ partitions: 3 })
  await bench.ingest()
})

afterAll(() => bench[Symbol.asyncDispose]())

describe('a pack of messages', () => {
  test('gets a receipt for each that verifies with the receiver alone and names its place in the log', async () => {
    // given messages of many authors to two receivers
    const receivers = [await bench.receiver(), await bench.receiver()]
    const sent = Array.from({ length: 24 }, (_, i) => {
      const receiver = receivers[i % 2]
      return { receiver, message: aMessage(aKeyPair(), receiver?.publicKey ?? Buffer.of(), { text: `message ${i}` }) }
    })
    // when they come in one pack
    const pack = bench.pack(sent.map(({ message }) => message))
    await bench.send(pack)
    const told = await bench.verdictsOf(pack)
    // then each has a receipt
    expect(told.refused).toEqual([])
    expect(acceptedIn(told)).toEqual(sent.map((_, i) => i))
    for (const verdict of told.accepted) {
      const { receiver, message } = sent[verdict.packIndex] ?? {}
      if (!receiver || !message) throw new Error('a verdict for nothing that was sent')
      const receipt = receiptIn(verdict)
      expect(verifyReceipt(receipt, receiver.publicKey, messageId(message))).toMatchObject({ ok: true })
      expect(receipt.statement.durability).toBe('synced')
      // and the log has it in that very place
      const block = await bench.stored(receipt.statement.streamSeq)
      if (!block.ok) throw new Error(block.fault)
      const stored = block.value.accepted[receipt.index]
      expect(stored && toHex(stored.id)).toBe(toHex(messageId(message)))
      expect(stored && toHex(stored.envelope.payload)).toBe(toHex(encodeMessage(message)))
    }
  })

  test('is acknowledged to the queue when it is through', async () => {
    const receiver = await bench.receiver()
    await bench.judge([aMessage(aKeyPair(), receiver.publicKey, { text: 'once' })])
    await expect.poll(() => bench.count(EDGE_STREAM)).toBe(0)
  })

  test('is judged message by message: a forged copy, strangers and nonsense do not touch the genuine ones', async () => {
    const receiver = await bench.receiver()
    const genuine = aMessage(aKeyPair(), receiver.publicKey, { text: 'genuine' })
    const told = await bench.judge([
      forged(genuine),
      Buffer.from('no bencode'),
      aMessage(aKeyPair(), aKeyPair().publicKey, { text: 'to nobody here' }),
      genuine,
      aMessage(aKeyPair(), receiver.publicKey, { text: 'x'.repeat(900) }),
    ])
    expect(codesOf(told)).toEqual([
      [0, 'bad-signature'],
      [1, 'malformed'],
      [2, 'unknown-receiver'],
      [4, 'too-large'],
    ])
    expect(acceptedIn(told)).toEqual([3])
    // and the block keeps the refusals of its partition for whoever judges the pack again
    const block = await bench.stored(receiptIn(told.accepted[0]).statement.streamSeq)
    expect(block).toMatchObject({
      ok: true,
      value: {
        refused: [
          { packIndex: 0, code: 'bad-signature' },
          { packIndex: 4, code: 'too-large' },
        ],
      },
    })
  })

  test('of refusals alone makes no block', async () => {
    const receiver = await bench.receiver()
    const before = await bench.count(MESSAGES_STREAM)
    const told = await bench.judge([forged(aMessage(aKeyPair(), receiver.publicKey, { text: 'forged' }))])
    expect(codesOf(told)).toEqual([[0, 'bad-signature']])
    expect(await bench.count(MESSAGES_STREAM)).toBe(before)
  })

  test('that does not parse is thrown away, and the next one is judged', async () => {
    const receiver = await bench.receiver()
    await bench.sendBytes(Buffer.from('not a pack'))
    const told = await bench.judge([aMessage(aKeyPair(), receiver.publicKey, { text: 'after it' })])
    expect(told.accepted).toHaveLength(1)
    await expect.poll(() => bench.count(EDGE_STREAM)).toBe(0)
  })
})

describe('a receiver', () => {
  test('that was just added is known, and one that was removed is not', async () => {
    const receiver = await bench.receiver()
    const send = () => bench.judge([aMessage(aKeyPair(), receiver.publicKey, { text: 'hello' })])
    await expect.poll(async () => (await send()).accepted.length).toBe(1)
    await removeReceiver(bench.admin, receiver.publicKey)
    await expect.poll(async () => codesOf(await send())).toEqual([[0, 'unknown-receiver']])
  })

  test('is asked for its policy', async () => {
    const [friend, foe] = [aKeyPair(), aKeyPair()]
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    const closed = await bench.receiver({ policy: { allow: new Set([hex(friend.publicKey)]), block: new Set() } })
    const choosy = await bench.receiver({ policy: { allow: null, block: new Set([hex(foe.publicKey)]) } })
    const told = await bench.judge([
      aMessage(friend, closed.publicKey, { text: 'a' }),
      aMessage(foe, closed.publicKey, { text: 'b' }),
      aMessage(foe, choosy.publicKey, { text: 'c' }),
      aMessage(friend, choosy.publicKey, { text: 'd' }),
    ])
    expect(acceptedIn(told)).toEqual([0, 3])
    expect(codesOf(told)).toEqual([
      [1, 'not-allowed'],
      [2, 'blocked'],
    ])
  })

  test('whose record names another receipt key, or another time, is unavailable and nothing of it is in the log', async () => {
    const other = await bench.receiver({ receiptKey: aKeyPair().publicKey })
    const lapsed = await bench.receiver({ period: { from: 1_000, until: 2_000 } })
    const before = await bench.count(MESSAGES_STREAM)
    const told = await bench.judge([
      aMessage(aKeyPair(), other.publicKey, { text: 'a' }),
      aMessage(aKeyPair(), lapsed.publicKey, { text: 'b' }),
    ])
    expect(codesOf(told)).toEqual([
      [0, 'unavailable'],
      [1, 'unavailable'],
    ])
    expect(await bench.count(MESSAGES_STREAM)).toBe(before)
  })
})

describe('the time that counts is when the router received a message', () => {
  const DAY_MS = 24 * 3600 * 1000
  test.each([
    ['now', 0, undefined],
    ['a year ago', -365 * DAY_MS, undefined],
    ['in a year', 365 * DAY_MS, undefined],
  ])('a message that was received %s and sent then is accepted', async (_, shiftMs) => {
    const receiver = await bench.receiver()
    const receivedMs = Date.now() + shiftMs
    const message = aMessage(aKeyPair(), receiver.publicKey, { text: 'then' }, '', BigInt(receivedMs) * 1000n)
    const told = await bench.judge([message], { receivedMs })
    expect(codesOf(told)).toEqual([])
  })
})

test('two ingests share the packs and each pack is judged once', async () => {
  const receiver = await bench.receiver()
  await using second = await bench.ingest()
  const author = aKeyPair()
  const packs = Array.from({ length: 60 }, (_, i) =>
    bench.pack([aMessage(author, receiver.publicKey, { text: `pack ${i}` })]),
  )
  await Promise.all(packs.map((pack) => bench.send(pack)))
  const told = await Promise.all(packs.map((pack) => bench.verdictsOf(pack)))
  expect(told.flatMap(({ accepted }) => accepted)).toHaveLength(60)
  expect(new Set(told.map(({ accepted }) => receiptIn(accepted[0]).statement.streamSeq)).size).toBe(60)
  await second.drain()
})

test('every refusal is logged with its code, its digest and, where it can be read, its id', async () => {
  const receiver = await bench.receiver()
  const message = forged(aMessage(aKeyPair(), receiver.publicKey, { text: 'for the log' }))
  await bench.judge([message])
  const manager = await jetstreamManager(bench.admin.nc)
  await expect
    .poll(async () => {
      const last = await manager.streams.getMessage(REFUSED_STREAM, { last_by_subj: refused.name })
      const lines = last ? parseRefusals(last.data) : undefined
      return lines?.ok
        ? lines.value.map(({ code, digest, id }) => [code, digest && toHex(digest), id && toHex(id)])
        : []
    })
    .toEqual([['bad-signature', toHex(messageDigest(encodeMessage(message))), toHex(messageId(message))]])
})
