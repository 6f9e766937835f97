// Proves that a listener hands on what proves itself, acknowledges what was taken, and goes on where it was.
import { formatAddress, keyPairFromSeed, type RefusalCode, type Row, type ServerPipe, type Tap } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { type Heard, Listener, type ListenerOptions } from '../../src/index.ts'
import { aRow, FeedOfRows } from '../support/heard-rows.ts'
import { Peer } from '../support/peer.ts'
import { PipePeer } from '../support/pipe-peer.ts'

const RECEIVER = new Peer().receiverKeys.publicKey
const text = (position: number, topic?: string) => aRow(position, { text: `number ${position}` }, RECEIVER, topic)

/** A cluster of one peer with the record and one with the pipe. */
async function aCluster(events: Parameters<typeof PipePeer.start>[0], topic = '') {
  await using started = new AsyncDisposableStack()
  const peer = started.use(await Peer.start())
  const pipes = started.use(await PipePeer.start(events))
  peer.pipePort = pipes.port
  const address = formatAddress({ receiver: RECEIVER, endpoint: { host: '127.0.0.1', port: peer.port }, topic })
  const running = started.move()
  return {
    listen: (options: Partial<ListenerOptions> = {}) => Listener.start({ address, ...options }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function take(listener: Listener, count: number): Promise<Heard[]> {
  const taken: Heard[] = []
  for await (const message of listener) if (taken.push(message) === count) break
  return taken
}

test('messages come in order, as feeds show them; one is acknowledged when the next is asked for', async () => {
  const feed = new FeedOfRows()
  feed.rows = [text(3), aRow(5, { type: 'p2pmsg/profile', name: 'Ada', about: '' }, RECEIVER), text(9, 'news')]
  await using cluster = await aCluster(feed.events)
  await using listener = await cluster.listen({ from: 2n })
  const taken: Heard[] = []
  const positions: bigint[] = []
  for await (const message of listener) {
    taken.push(message)
    positions.push(listener.position)
    if (taken.length === 3) break
  }
  expect(taken.map(({ position, text, topic, authorName }) => ({ position, text, topic, authorName }))).toEqual([
    { position: '3', text: 'number 3', topic: '', authorName: null },
    { position: '5', text: undefined, topic: '', authorName: 'Ada' },
    { position: '9', text: 'number 9', topic: 'news', authorName: 'Ada' },
  ])
  expect(positions).toEqual([2n, 3n, 5n])
  expect(listener.position).toBe(5n)
  await expect.poll(() => feed.delivered.at(-1)).toBe(5n)
})

test('what does not prove itself is left out and told, and the rest goes on', async () => {
  const feed = new FeedOfRows()
  const tampered = { ...text(2), message: Buffer.from(text(2).message) }
  tampered.message[tampered.message.length - 3] = 'X'.charCodeAt(0)
  const elsewhere = aRow(4, { text: 'for another' }, keyPairFromSeed(Buffer.alloc(32, 77)).publicKey)
  const removed: Row = { ...text(6), message: new Uint8Array(0) }
  feed.rows = [
    text(1),
    tampered,
    { ...text(3), id: Buffer.alloc(32) },
    elsewhere,
    text(5, 'other'),
    removed,
    text(7, 'news'),
  ]
  await using cluster = await aCluster(feed.events)
  const faults: [string, bigint][] = []
  await using listener = await cluster.listen({ onFault: (fault, position) => faults.push([fault, position]) })
  expect((await take(listener, 4)).map(({ position, removed }) => [position, removed])).toEqual([
    ['1', undefined],
    ['5', undefined],
    ['6', true],
    ['7', undefined],
  ])
  expect(faults).toEqual([
    ['forged', 2n],
    ['forged', 3n],
    ['not-asked-for', 4n],
  ])
})

test('the topic of the address is asked for, and another one is not believed', async () => {
  const feed = new FeedOfRows()
  feed.rows = [text(1), text(2, 'news')]
  await using cluster = await aCluster(feed.events, 'news')
  await using listener = await cluster.listen()
  expect((await take(listener, 1)).map(({ text }) => text)).toEqual(['number 2'])
  expect(feed.asked.map(({ topic }) => topic)).toEqual(['news'])
})

/** Sends rows and then ends the tap. */
function ending(feed: FeedOfRows, codes: RefusalCode[]) {
  const onTap = (pipe: ServerPipe, tap: Tap) => {
    feed.events.onTap(pipe, tap)
    const code = codes.shift()
    if (code) pipe.endTap(tap.tap, code)
  }
  return { ...feed.events, onTap }
}

test('routers that cannot follow the feed now are asked again, behind the last row', async () => {
  const feed = new FeedOfRows()
  feed.rows = [text(1), text(2)]
  await using cluster = await aCluster(ending(feed, ['unavailable']))
  const pauses: string[] = []
  await using listener = await cluster.listen({
    onPause: (code) => {
      pauses.push(code)
      feed.rows.push(text(3))
    },
  })
  expect((await take(listener, 3)).map(({ position }) => position)).toEqual(['1', '2', '3'])
  expect(feed.asked.map(({ after }) => after)).toEqual([0n, 2n])
  expect(pauses).toEqual(['unavailable'])
})

test('a feed that the cluster does not have ends the listener', async () => {
  await using cluster = await aCluster(ending(new FeedOfRows(), ['unknown-receiver']))
  await using listener = await cluster.listen()
  await expect(take(listener, 1)).rejects.toMatchObject({ name: 'Refused', code: 'unknown-receiver' })
})

test('it ends with its signal, or by being disposed', async () => {
  await using cluster = await aCluster(new FeedOfRows().events)
  const controller = new AbortController()
  await using listener = await cluster.listen({ signal: controller.signal })
  const taking = take(listener, 1)
  controller.abort(new Error('enough'))
  await expect(taking).rejects.toThrow('enough')
  const other = await cluster.listen()
  const none = take(other, 1)
  await other[Symbol.asyncDispose]()
  expect(await none).toEqual([])
})

test('a consumer that takes nothing while router after router dies keeps a bounded number of rows, and loses none', async () => {
  const feed = new FeedOfRows()
  feed.rows = Array.from({ length: 1_500 }, (_, i) => text(i + 1))
  // Each time it is asked again it sends another window, and goes.
  await using cluster = await aCluster(ending(feed, Array(6).fill('unavailable')))
  await using listener = await cluster.listen()
  await expect.poll(() => feed.asked.length, { timeout: 20_000 }).toBe(5)
  expect((await take(listener, 1_500)).map(({ position }) => Number(position))).toEqual(feed.rows.map((_, i) => i + 1))
})
