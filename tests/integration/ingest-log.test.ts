// Proves what ingest does when the log is not as one would wish: it has the block already, it is full, it is away.
// Each test has servers of its own and mostly waits, so they run side by side.
import { jetstreamManager } from '@nats-io/jetstream'
import {
  type Block,
  blockPublishId,
  DUPLICATE_WINDOW_MS,
  EDGE_STREAM,
  encodeBlock,
  MESSAGES_STREAM,
  type Message,
  messageId,
  messages,
  type Pack,
  REFUSED_STREAM,
  toHex,
  verifyReceipt,
} from '@p2pmsg/protocol'
import { AckPublisher, type PubAck } from '@p2pmsg/runtime'
import { test } from 'vitest'
import { acceptedIn, codesOf, IngestBench, receiptIn } from '../support/ingest-bench.ts'
import { aKeyPair, aMessage, forged } from '../support/messages.ts'

test.concurrent('verdicts of a pack that an earlier judge finished come from the block that is stored', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1 })
  const receiver = await bench.receiver()
  const author = aKeyPair()
  const [kept, blocked, extra] = ['kept', 'blocked', 'extra'].map((text) =>
    aMessage(author, receiver.publicKey, { text }),
  )
  if (!kept || !blocked || !extra) throw new Error('three were made')
  // given a block of this pack that a judge with another policy published before it died: it saw the second message as blocked
  // and the third not at all
  const pack = bench.pack([kept, blocked, extra])
  const [envelope] = pack.envelopes
  if (!envelope) throw new Error('the pack has three')
  const block: Block = {
    packId: pack.id,
    partition: 0,
    accepted: [{ packIndex: 0, id: messageId(kept), envelope }],
    refused: [{ packIndex: 1, code: 'blocked' }],
  }
  const earlier = new AckPublisher(await bench.bus('ingest'), { inFlightMax: 1, timeoutMs: 5_000 })
  const first = await earlier.publish(messages.of(0).name, encodeBlock(block), { msgId: blockPublishId(pack.id, 0) })
  await earlier[Symbol.asyncDispose]()
  // when the pack is judged again, and all three would pass
  await bench.ingest()
  await bench.send(pack)
  const told = await bench.verdictsOf(pack)
  // then the stored block's verdicts stand, and what has no place in it may come again
  expect(acceptedIn(told)).toEqual([0])
  expect(codesOf(told)).toEqual([
    [1, 'blocked'],
    [2, 'unavailable'],
  ])
  const receipt = receiptIn(told.accepted[0])
  expect(receipt.statement).toMatchObject({ streamSeq: first.seq, treeSize: 1 })
  expect(verifyReceipt(receipt, receiver.publicKey, messageId(kept))).toMatchObject({ ok: true })
  expect(await bench.count(MESSAGES_STREAM)).toBe(1)
})

/** A block as an earlier judge of the pack left it in the log, before it died without a word. */
async function publishedBefore(bench: IngestBench, pack: Pack, accepted: readonly Message[]): Promise<PubAck> {
  const block: Block = {
    packId: pack.id,
    partition: 0,
    accepted: pack.envelopes.flatMap((envelope, packIndex) => {
      const message = accepted[packIndex]
      return message ? [{ packIndex, id: messageId(message), envelope }] : []
    }),
    refused: [],
  }
  await using earlier = new AckPublisher(await bench.bus('ingest'), { inFlightMax: 1, timeoutMs: 5_000 })
  return earlier.publish(messages.of(0).name, encodeBlock(block), { msgId: blockPublishId(pack.id, 0) })
}

test.concurrent('of a pack that comes again nothing is refused that an earlier judge accepted, whatever the policy says by now', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1 })
  const author = aKeyPair()
  const receiver = await bench.receiver({ policy: { allow: null, block: new Set([toHex(author.publicKey)]) } })
  const message = aMessage(author, receiver.publicKey, { text: 'accepted before the author was blocked' })
  const pack = bench.pack([message])
  const first = await publishedBefore(bench, pack, [message])
  await bench.abandon(pack, 1)
  await bench.ingest()
  const told = await bench.verdictsOf(pack)
  expect(codesOf(told)).toEqual([])
  expect(receiptIn(told.accepted[0]).statement).toMatchObject({ streamSeq: first.seq, treeSize: 1 })
  expect(await bench.count(MESSAGES_STREAM)).toBe(1)
  expect(await bench.count(REFUSED_STREAM)).toBe(0)
})

test.concurrent('a message of a receiver that is hosted no more, accepted by an earlier judge, is unavailable and not refused for ever', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1 })
  const message = aMessage(aKeyPair(), aKeyPair().publicKey, { text: 'hosted when it came' })
  const pack = bench.pack([message])
  await publishedBefore(bench, pack, [message])
  await bench.abandon(pack, 1)
  await bench.ingest()
  expect(codesOf(await bench.verdictsOf(pack))).toEqual([[0, 'unavailable']])
})

test.concurrent('a pack that comes again and was in no log is refused, and a judge that was only slow can append nothing after that', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1 })
  const author = aKeyPair()
  const receiver = await bench.receiver({ policy: { allow: null, block: new Set([toHex(author.publicKey)]) } })
  const message = aMessage(author, receiver.publicKey, { text: 'late' })
  const again = bench.pack([message, aMessage(author, aKeyPair().publicKey, { text: 'nobody hosts this one' })])
  await bench.abandon(again, 1)
  await bench.ingest()
  expect(codesOf(await bench.verdictsOf(again))).toEqual([
    [0, 'blocked'],
    [1, 'unknown-receiver'],
  ])
  const late = await publishedBefore(bench, again, [message])
  expect(late.duplicate).toBe(true)
  expect(await bench.stored(late.seq)).toMatchObject({ ok: true, value: { accepted: [], refused: { length: 2 } } })
  // a first delivery has no earlier judge, and leaves nothing in the log; nor does what no judge could have accepted
  expect(codesOf(await bench.judge([message]))).toEqual([[0, 'blocked']])
  expect(await bench.count(MESSAGES_STREAM)).toBe(1)
})

test.concurrent('a pack that comes again when its publish id may be forgotten is refused for now only', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1 })
  const message = aMessage(aKeyPair(), aKeyPair().publicKey, { text: 'old' })
  const old = bench.pack([message, forged(message)], { receivedMs: Date.now() - DUPLICATE_WINDOW_MS })
  const junk = bench.pack([Buffer.from('nonsense')], { receivedMs: Date.now() - DUPLICATE_WINDOW_MS })
  await bench.abandon(old, 1)
  await bench.abandon(junk, 1)
  await bench.ingest()
  expect(codesOf(await bench.verdictsOf(old))).toEqual([
    [0, 'unavailable'],
    [1, 'unavailable'],
  ])
  expect(codesOf(await bench.verdictsOf(junk))).toEqual([[0, 'malformed']])
})

test.concurrent('a block that the log says it has and has no more makes its messages unavailable, not accepted', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1 })
  const receiver = await bench.receiver()
  const pack = bench.pack([aMessage(aKeyPair(), receiver.publicKey, { text: 'gone' })])
  await using earlier = new AckPublisher(await bench.bus('ingest'), { inFlightMax: 1, timeoutMs: 5_000 })
  const { seq } = await earlier.publish(messages.of(0).name, Buffer.from('a block'), {
    msgId: blockPublishId(pack.id, 0),
  })
  const manager = await jetstreamManager(bench.admin.nc)
  await manager.streams.deleteMessage(MESSAGES_STREAM, seq)
  await bench.ingest()
  await bench.send(pack)
  expect(codesOf(await bench.verdictsOf(pack))).toEqual([[0, 'unavailable']])
})

test.concurrent('while the log is full nothing is acknowledged or pulled; when there is room again every message is accepted', async ({
  expect,
}) => {
  const packBytes = 32 * 1024
  await using bench = await IngestBench.start({ partitions: 1, messagesBytesMax: 2 * packBytes })
  const receiver = await bench.receiver()
  const author = aKeyPair()
  await bench.ingest()
  // given more packs than fit
  const packs = Array.from({ length: 12 }, () =>
    bench.pack(Array.from({ length: 16 }, () => aMessage(author, receiver.publicKey, { text: 'x'.repeat(800) }))),
  )
  for (const pack of packs) await bench.send(pack)
  await expect.poll(async () => bench.packsTold).toBeGreaterThan(0)
  await expect.poll(() => bench.count(EDGE_STREAM)).toBeLessThan(packs.length)
  const waiting = await bench.count(EDGE_STREAM)
  expect(waiting).toBeGreaterThan(0)
  // when the store trims the log again and again
  const manager = await jetstreamManager(bench.admin.nc)
  const trimming = (async () => {
    while (bench.packsTold < packs.length) await manager.streams.purge(MESSAGES_STREAM)
  })()
  const told = await Promise.all(packs.map((pack) => bench.verdictsOf(pack)))
  await trimming
  // then each message has one receipt and none was refused
  expect(told.flatMap(({ refused }) => refused)).toEqual([])
  expect(told.flatMap(({ accepted }) => accepted)).toHaveLength(12 * 16)
  await expect.poll(() => bench.count(EDGE_STREAM)).toBe(0)
})

test.concurrent('a drain while the log is full gives the packs back, and another ingest finishes them', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 1, messagesBytesMax: 1024 })
  const receiver = await bench.receiver()
  const pack = bench.pack([aMessage(aKeyPair(), receiver.publicKey, { text: 'x'.repeat(890) })])
  const first = await bench.ingest()
  await bench.send(pack)
  await expect.poll(() => bench.unacknowledged()).toBe(1)
  await first.drain()
  expect(bench.told(pack)).toEqual({ accepted: [], refused: [] })
  const manager = await jetstreamManager(bench.admin.nc)
  const { config } = await manager.streams.info(MESSAGES_STREAM)
  await manager.streams.update(MESSAGES_STREAM, { ...config, max_bytes: 1024 * 1024 })
  await bench.ingest()
  const told = await bench.verdictsOf(pack)
  expect(codesOf(told)).toEqual([])
  expect(acceptedIn(told)).toEqual([0])
})

test.concurrent('packs outlive the death of the server: what was sent before is judged after, each once', async ({
  expect,
}) => {
  await using bench = await IngestBench.start({ partitions: 2 }, { ownProcess: true })
  const { server } = bench.nats
  if (!server) throw new Error('a process of our own was asked for')
  const receiver = await bench.receiver()
  await bench.ingest()
  const author = aKeyPair()
  const packs = Array.from({ length: 20 }, (_, i) =>
    bench.pack([
      aMessage(author, receiver.publicKey, { text: `${i}` }),
      forged(aMessage(author, receiver.publicKey, { text: `${i}` })),
    ]),
  )
  for (const pack of packs) await bench.send(pack)
  await server.kill()
  await server.restart()
  // Verdicts go over core NATS and may be lost with the server; the log and the queue are not.
  await expect.poll(() => bench.count(EDGE_STREAM), { timeout: 30_000 }).toBe(0)
  expect(await bench.count(MESSAGES_STREAM)).toBe(packs.length)
})
